"""Label files, read and checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.lazy import as_lazy
from napari_mobile_unet.images.parts import at_position
from napari_mobile_unet.io.read import read_stack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack


def read_labels(
    path: Path,
    axes: str | None = None,
    beside: Stack | None = None,
    position: int | None = None,
) -> Stack:
    """Return a label file, without axes of length one.

    Parameters
    ----------
    path : Path
        Of the file. Whole numbers may be stored as floats, or as colours of a palette.
    axes : str, optional
        Of the labels; metadata with the same letters in another order is kept.
    beside : Stack, optional
        The image, or other labels of it: its axes count where the file names none and
        they cannot be guessed, and ``axes`` only where their number fits. Outlines
        have its size.
    position : int, optional
        As for ``read_at``.

    Returns
    -------
    Stack
        Of whole numbers, lazy where the file is.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it holds colours, channels, or numbers that are no ids.
    """
    stack = _read(path, axes, beside, position).squeeze()
    if found := "".join(axis for axis in "CS" if axis in stack.axes):
        raise ValueError(
            f"labels have one id in each pixel; {path} has "
            f"{'colours' if 'S' in found else 'channels'} (axes {stack.axes}, shape "
            f"{stack.data.shape}); save the ids as one channel, or name its axes "
            "(--axes)"
        )
    return replace(stack, data=_ids(stack.data))


def _read(
    path: Path, axes: str | None, beside: Stack | None, position: int | None
) -> Stack:
    sizes = None
    if beside is not None and "P" not in beside.axes:
        sizes = {axis: beside.sizes[axis] for axis in beside.batch_axes + "YX"}

    def read(named: str | None) -> Stack:
        return read_at(path, named, position, as_labels=True, sizes=sizes)

    try:
        stack = read(None)
    except ValueError:  # perhaps since its axes cannot be guessed
        known = axes or (beside.labels_axes if beside else None)
        if known is None:
            raise
        return read(known)
    named = stack.axes_source == "metadata"
    if not axes or (named and set(stack.axes) == set(axes.upper())):
        return stack
    if beside and len(axes) != stack.data.ndim:
        return stack
    return read(axes)


def read_at(
    path: Path,
    axes: str | None = None,
    position: int | None = None,
    *,
    as_labels: bool = False,
    sizes: Mapping[str, int] | None = None,
) -> Stack:
    """Return one of the images in a file, or one position along its axis P.

    Parameters
    ----------
    path, axes, as_labels, sizes
        As for ``read_stack``.
    position : int, optional
        From 0; by default all that ``read_stack`` reads.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, or there is no such position.
    """
    if position is None:
        return read_stack(path, axes, as_labels=as_labels, sizes=sizes)
    try:
        stack = read_stack(
            path, axes, position=position, as_labels=as_labels, sizes=sizes
        )
    except ValueError:
        stack = read_stack(path, axes, as_labels=as_labels, sizes=sizes)
        if "P" not in stack.axes:
            raise
    return at_position(stack, position) if "P" in stack.axes else stack


def _ids(data: Any) -> Any:
    """Return labels as whole numbers; what is not read yet is checked as it is read."""
    if data.dtype.kind != "f" and data.dtype != np.uint64:
        return data
    if isinstance(data, np.ndarray):
        return ids_of(data)
    import dask.array as da  # half a second that few need

    return da.asarray(as_lazy(data)).map_blocks(
        ids_of, dtype=np.int64, meta=np.empty(0, int)
    )


def ids_of(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return ids that are stored as floats, or as unsigned numbers of 64 bits.

    Raises
    ------
    ValueError
        If one is not whole, or so large that its type does not tell it from its
        neighbours or that 64 bits with a sign do not hold it.
    """
    largest = np.iinfo(np.int64).max
    if values.dtype.kind == "f":
        whole = np.isfinite(values) & (values == np.rint(values))
        if not whole.all():
            raise ValueError(
                "labels are whole numbers, 0 for background; received "
                f"{values[~whole][0]:g}; give each object an id of its own "
                "(skimage.measure.label)"
            )
        largest = min(largest, 2 ** (np.finfo(values.dtype).nmant + 1))
    if values.size and int(values.max()) > largest:
        raise ValueError(
            f"ids of labels stored as {values.dtype} are at most {largest}; received "
            f"{int(values.max())}; renumber the objects from 1"
        )
    return values.astype(np.int64)
