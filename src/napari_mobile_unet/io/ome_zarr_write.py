"""Stacks to OME-Zarr (NGFF 0.4 and 0.5), plane by plane, as pyramids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.images.units import PIXEL
from napari_mobile_unet.images.windows import iter_windows
from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.io.notes import put_note
from napari_mobile_unet.io.ome_zarr import CHUNK, ngff_attributes
from napari_mobile_unet.later import zarr

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.images.grid import Grid
    from napari_mobile_unet.types import Plane

ZarrFormat = Literal[2, 3]
TYPES = {
    "T": "time",
    "C": "channel",
    "P": "position",
    "Z": "space",
    "Y": "space",
    "X": "space",
}
"""Axes in the order that NGFF asks for, and what they are to it."""


def write_zarr(
    path: Path,
    stack: Stack,
    zarr_format: ZarrFormat = 3,
    *,
    labels: bool = False,
    note: str = "",
) -> None:
    """Write a stack as OME-Zarr: NGFF 0.5, or 0.4 in Zarr format 2.

    Planes longer than a chunk are followed by coarser levels, each half as fine as the
    one before: means of 2 × 2 pixels; of labels, one id of each 2 × 2. What is not a
    NumPy array is read and written chunk by chunk.

    Parameters
    ----------
    path : Path
        Of the folder.
    stack : Stack
        The image, or labels.
    zarr_format : {3, 2}
        Of the arrays.
    labels : bool
        Whether these are labels.
    note : str
        What is kept among the attributes.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If NGFF has no axes for it.
    """
    stack = _for_zarr(stack)
    axes = "".join(axis for axis in TYPES if axis in stack.axes)
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    array = _create(
        group, "0", axes, tuple(stack.sizes[axis] for axis in axes), stack.data.dtype
    )
    if isinstance(stack.data, np.ndarray):
        array[...] = stack.data.transpose([stack.axes.index(axis) for axis in axes])
    else:
        _fill(array, axes, stack)
    grids = [stack.grid.select(axes)]
    while max(array.shape[-2:]) > CHUNK:
        array = _halve(group, str(len(grids)), axes, array, labels)
        grids.append(grids[-1].resized({"Y": 2, "X": 2}))
    attributes: dict[str, Any] = {"multiscales": [_multiscale(stack.name, grids)]}
    put_attributes(group, attributes | ({"image-label": {}} if labels else {}))
    put_note(group, note)


def write_zarr_labels(image: Path, name: str, labels: Stack, note: str = "") -> None:
    """Write labels as ``labels/<name>`` of an OME-Zarr image, whole or not at all."""
    zarr_format: ZarrFormat = zarr.open_group(image, mode="r").metadata.zarr_format
    group = zarr.open_group(image / "labels", mode="a", zarr_format=zarr_format)
    with atomic_path(image / "labels" / name) as beside:
        write_zarr(beside, labels, zarr_format, labels=True, note=note)
        source = {"source": {"image": "../../"}}
        put_attributes(zarr.open_group(beside, mode="a"), {"image-label": source})
    others = [o for o in ngff_attributes(group).get("labels", []) if o != name]
    put_attributes(group, {"labels": [*others, name]})


def put_attributes(group: Any, content: dict[str, Any]) -> None:
    """Add NGFF metadata to a group, where the version of its Zarr format has them."""
    if group.metadata.zarr_format == 3:
        known = group.attrs.asdict().get("ome", {})
        group.attrs["ome"] = {**known, "version": "0.5", **content}
        return
    for image in content.get("multiscales", ()):
        image["version"] = "0.4"
    group.attrs.update(content)


def _for_zarr(stack: Stack) -> Stack:
    """Return a stack with its RGB samples as channels."""
    if "S" not in stack.axes:
        return stack
    if "C" in stack.axes:
        raise ValueError(
            f"OME-Zarr has one axis for channels and RGB samples; received axes "
            f"{stack.axes}; take one channel, or write .tif"
        )
    grid = stack.grid.renamed(stack.axes.replace("S", "C"))
    return Stack(stack.data, grid, stack.name)


def _create(
    group: Any, name: str, axes: str, shape: tuple[int, ...], dtype: Any
) -> Any:
    """Return a new array for a level, each chunk of which is in one plane."""
    chunks = [
        min(size, CHUNK) if axis in "YX" else 1
        for axis, size in zip(axes, shape, strict=True)
    ]
    three = group.metadata.zarr_format == 3
    return group.create_array(
        name,
        shape=shape,
        # Zarr knows types by their code, of which some platforms have two for one.
        dtype=np.dtype(np.dtype(dtype).str),
        chunks=tuple(chunks),
        dimension_names=list(axes.lower()) if three else None,
        chunk_key_encoding=None if three else {"name": "v2", "separator": "/"},
    )


def _fill(array: Any, axes: str, stack: Stack) -> None:
    """Write labels, which have no channels, into an array on ``axes``."""
    for number in range(stack.n_planes):
        place: dict[str, Any] = dict(
            zip(stack.batch_axes, stack.index(number), strict=True)
        )
        for window in iter_windows(stack.plane_shape, CHUNK):
            place["Y"], place["X"] = window
            array[tuple(place[axis] for axis in axes)] = stack.plane(number, window)


def _halve(group: Any, name: str, axes: str, fine: Any, labels: bool) -> Any:
    """Return a new array with half as many rows and columns, rounded up."""
    height, width = (-(-length // 2) for length in fine.shape[-2:])
    coarse = _create(group, name, axes, (*fine.shape[:-2], height, width), fine.dtype)
    for plane in np.ndindex(*fine.shape[:-2]):
        for window in iter_windows((height, width), CHUNK):
            twice = (slice(2 * side.start, 2 * side.stop) for side in window)
            block = np.asarray(fine[(*plane, *twice)])
            coarse[(*plane, *window)] = block[::2, ::2] if labels else _means(block)
    return coarse


def _means(block: Plane) -> Plane:
    """Return the means of 2 × 2 pixels (Y, X), in the type of the pixels."""
    odd = [(0, length % 2) for length in block.shape]
    height, width = (-(-length // 2) for length in block.shape)
    squares = np.pad(block, odd, mode="edge").reshape(height, 2, width, 2)
    means = squares.mean((1, 3), dtype=np.float64)
    rounded = means if block.dtype.kind == "f" else np.rint(means)
    coarse: Plane = rounded.astype(block.dtype)
    return coarse


def _multiscale(name: str, grids: list[Grid]) -> dict[str, Any]:
    """Return what NGFF notes of an image: its axes, and where each level lies."""
    return {
        "name": name,
        "axes": [
            {"name": axis.lower(), "type": TYPES[axis]}
            | ({} if unit == PIXEL else {"unit": unit})
            for axis, unit in zip(grids[0].axes, grids[0].units, strict=True)
        ],
        "datasets": [
            {"path": str(level), "coordinateTransformations": _transformations(grid)}
            for level, grid in enumerate(grids)
        ],
    }


def _transformations(grid: Grid) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": list(grid.scale)}]
    if any(grid.translate):
        translation = list(grid.translate)
        steps.append({"type": "translation", "translation": translation})
    return steps
