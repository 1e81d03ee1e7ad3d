"""Planes put together: labels on the axes of their image, and images made from one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.lazy import as_lazy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import DTypeLike

    from napari_mobile_unet.images.grid import Grid
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import AnyLabels, Plane


def assemble_labels(
    stack: Stack, planes: Iterable[AnyLabels], dtype: DTypeLike | None = None
) -> AnyLabels:
    """Return label planes put back onto the axes of their image.

    Parameters
    ----------
    stack : Stack
        The image.
    planes : iterable of ndarray
        ``stack.n_planes`` of (Y, X) in order: an array (N, Y, X), or a generator.
    dtype : dtype, optional
        Of the result; that of the first plane if left out.

    Returns
    -------
    ndarray
        On ``stack.labels_axes``.

    Raises
    ------
    ValueError
        If number or shape of the planes differ from the stack's.
    """
    labels: AnyLabels | None = None
    count = 0
    for count, plane in enumerate(planes, start=1):
        if plane.shape != stack.plane_shape or count > stack.n_planes:
            raise ValueError(
                f"labels need {stack.n_planes} planes of {stack.plane_shape}; "
                f"received {plane.shape} as plane {count}; resize or drop it"
            )
        if labels is None:
            labels = np.empty(stack.labels_shape, dtype or plane.dtype)
        stack.write_plane(labels, count - 1, plane)
    if labels is None or count < stack.n_planes:
        raise ValueError(
            f"labels need {stack.n_planes} planes; received {count}; "
            "add the missing ones, empty if need be"
        )
    return labels


def join_planes(stack: Stack, planes: Iterable[Plane]) -> tuple[Any, Grid]:
    """Return planes that were made from a stack's as one array, and where it lies.

    Parameters
    ----------
    stack : Stack
        The image that they were made from.
    planes : iterable of ndarray
        ``stack.n_planes`` of (Y, X) or (Y, X, channels), all of one shape; where it
        is not the stack's, they are taken to show the same field of view. One array
        of them all may be lazy, and stays so.

    Returns
    -------
    array : array
        On the batch axes, Y, X, and C or S if the planes have channels.
    grid : Grid
        Its axes and the place of its pixels.
    """
    array = as_lazy(planes) if hasattr(planes, "shape") else np.stack(list(planes))
    colour = ("C" if "C" in stack.axes else "S") if array.ndim == 4 else ""
    grid = stack.grid.select(stack.batch_axes + "YX" + colour)
    height, width = stack.plane_shape
    ratios = {"Y": height / array.shape[1], "X": width / array.shape[2]}
    return array.reshape(stack.batch_shape + array.shape[1:]), grid.resized(ratios)
