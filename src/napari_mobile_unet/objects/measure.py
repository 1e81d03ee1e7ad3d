"""Labels to a table of objects: place, size, shape and grey values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.axes import guess_axes, without
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.calibration import calibration_of
from napari_mobile_unet.objects.columns import (
    SHAPE,
    USUAL,
    channel_suffixes,
    names_in,
)
from napari_mobile_unet.objects.measurement import Measurement, channels_of
from napari_mobile_unet.objects.regions import Regions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.types import AnyLabels


def measure(
    labels: Any,
    image: Any = None,
    *,
    axes: str | None = None,
    scale: Sequence[float] | None = None,
    units: Sequence[str] | None = None,
    shape: bool = False,
    groups: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return a table of objects, one row for each id; over time, one in each frame.

    Parameters
    ----------
    labels : Stack or array of int
        NumPy, Dask or Zarr, 0 is background. An id is one object wherever it
        occurs in a plane or Z-stack; the frames of a time-lapse are read and
        measured one by one.
    image : Stack or array, optional
        Grey values, of the labels' shape or with an axis more: channels or RGB.
    axes : str, optional
        Axes of the image, of the labels where there is none: a letter of "PTCZYXS"
        for each dimension; the labels have them without C and S. Guessed for 2-D
        and 3-D (Z) labels if left out.
    scale, units : sequence, optional
        Size of a pixel along each axis of the labels, and its unit; both or none. By
        default those of the labels, or where these have none of the image, if it is
        a Stack.
    shape : bool
        Whether to measure the shape in full, which takes thirty times as long: about a
        second for a thousand objects.
    groups : collection of str, optional
        Of "place", "size", "shape", "hull", "intensity" and "background": the columns
        of these, and channels under their names; see docs/measuring.md.

    Returns
    -------
    pandas.DataFrame
        ``label``; ``t``, the frame, where there is a T axis; ``centroid_z``,
        ``_y``, ``_x`` in pixels; ``area`` in pixels (``volume`` in voxels where
        there is a Z axis); ``equivalent_diameter``, of a circle or sphere of that
        size; ``bbox_z_min`` … ``bbox_x_max``, pixels, the end not included;
        ``eccentricity`` (2-D) of the ellipse with the same second moments, 0 for
        a circle; ``mean_``, ``min_`` and ``max_intensity`` over finite values, NaN
        where there is none, with ``_0``, ``_1``, … for each of several channels.
        With ``shape``, under scikit-image's names, in 2-D also ``perimeter``,
        ``feret_diameter_max``, ``axis_major_length``, ``axis_minor_length``,
        ``solidity`` and ``orientation`` (of the major axis to the Y axis, radians); in
        3-D both axis lengths and ``extent``. Calibrated columns carry the unit:
        ``area_micrometer2``, ``volume_micrometer3``,
        ``equivalent_diameter_micrometer``, ``perimeter_micrometer``, or ``unit`` for
        a scale in pixels other than 1. Without objects, no rows but the same columns.

    Raises
    ------
    ValueError
        If the labels are not whole numbers ≥ 0, if image, axes, scale or units do
        not fit them, or if the axes cannot be guessed.

    Examples
    --------
    >>> labels = np.array([[1, 1, 0], [1, 1, 2]])
    >>> table = measure(labels, labels * 10, scale=(0.5, 0.5), units=("mm", "mm"))
    >>> table[["label", "area", "area_mm2", "mean_intensity"]].values.tolist()
    [[1.0, 4.0, 1.0, 10.0], [2.0, 1.0, 0.25, 20.0]]
    """
    found, seen = _as_stacks(labels, image, axes)
    if "P" in found.axes:
        raise ValueError(
            f"objects are measured in one position at a time, got axes {found.axes}; "
            f"give one of the {found.sizes['P']} positions"
        )
    names = USUAL | SHAPE[3 if "Z" in found.axes else 2] if shape else USUAL
    channels = [] if seen is None else channels_of(seen)
    suffixes = [f"_{number}" for number in range(len(channels))]
    if groups is not None:
        names = names_in(groups)
        suffixes = channel_suffixes([name for name, _ in channels])
    elif seen is None or not {"C", "S"} & set(seen.axes):
        suffixes = [""] * len(channels)
    measurement = Measurement(
        found,
        calibration_of(found, seen, scale, units),
        {s: channel for s, (_, channel) in zip(suffixes, channels, strict=True)},
        names,
    )
    return pd.concat(measurement.iter_tables(), ignore_index=True)


def measure_plane(labels: AnyLabels, plane: NDArray[Any] | None = None) -> pd.DataFrame:
    """Return the short table of one plane's objects, in the order of their ids.

    Parameters
    ----------
    labels : ndarray of int
        (Y, X), 0 is background.
    plane : ndarray, optional
        (Y, X) or (Y, X, channels) grey values.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``area``, ``centroid_y``, ``centroid_x`` and, with a plane,
        ``mean_intensity``, as in ``measure``.

    Raises
    ------
    ValueError
        If the labels are not whole numbers ≥ 0, or the plane has another size.
    """
    regions = Regions.of(labels)
    columns: dict[str, NDArray[Any]] = {"label": regions.label, "area": regions.size}
    for axis, centroid in zip(regions.axes, regions.centroid, strict=True):
        columns[f"centroid_{axis}"] = centroid
    if plane is None:
        return pd.DataFrame(columns)
    if plane.shape[:2] != labels.shape:
        raise ValueError(
            "labels and plane must have the same height and width, got "
            f"{labels.shape} and {plane.shape[:2]}; crop or resize one of them"
        )
    channels = {"": plane}
    if plane.ndim > labels.ndim:
        channels = {f"_{n}": plane[..., n] for n in range(plane.shape[-1])}
    for suffix, values in channels.items():
        pixels = values.reshape(-1).take(regions.pixel)
        columns[f"mean_intensity{suffix}"] = regions.mean(pixels)
    return pd.DataFrame(columns)


def _as_stacks(labels: Any, image: Any, axes: str | None) -> tuple[Stack, Stack | None]:
    """Return labels and image, with axes that fit each other."""
    found = labels if isinstance(labels, Stack) else None
    data = labels if found is None else found.data
    data = data if hasattr(data, "shape") else np.asarray(data)
    own = None if found is None else found.axes
    if image is None:
        own = own or axes or guess_axes(data.shape, rgb=False)
        return found or Stack.from_array(data, without(own.upper(), "CS")), None
    seen = image if isinstance(image, Stack) else _image_stack(image, data, axes, own)
    needed = seen.labels_axes, seen.labels_shape
    received = own or needed[0], tuple(data.shape)
    if received != needed:
        raise ValueError(
            f"labels of an image with axes {seen.axes} must have axes {needed[0]} and "
            f"shape {needed[1]}, got {received[0]} and {received[1]}; name the image's "
            "axes, or crop or resize one of them"
        )
    return found or Stack.from_array(data, seen.labels_axes), seen


def _image_stack(image: Any, labels: Any, axes: str | None, own: str | None) -> Stack:
    image = image if hasattr(image, "shape") else np.asarray(image)
    if axes is None:
        axes = _image_axes(tuple(labels.shape), tuple(image.shape), own)
    return Stack.from_array(image, axes)


def _image_axes(
    labels: tuple[int, ...], image: tuple[int, ...], own: str | None
) -> str:
    """Return the axes of an image that has the labels' shape but for its channels."""
    axes = own or guess_axes(labels, rgb=False)
    if image == labels:
        return axes
    fits = [
        axis for axis in range(len(image)) if image[:axis] + image[axis + 1 :] == labels
    ]
    if len(fits) != 1:
        raise ValueError(
            "an image must have the shape of its labels, and at most one more axis, of "
            f"channels; got {image} and {labels}; name its axes, such as axes='C{axes}'"
        )
    return f"{axes[: fits[0]]}C{axes[fits[0] :]}"
