"""Between napari's layers and stacks, with nothing lost on the way."""

from __future__ import annotations

import math
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import zarr
from napari.layers import Image, Labels
from platformdirs import user_cache_path

from napari_mobile_unet.images.axes import suggest_axes
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.ome_zarr import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Layer
    from numpy.typing import NDArray

WORDS = {
    "position": "P",
    "time": "T",
    "channel": "C",
    "depth": "Z",
    "row": "Y",
    "column": "X",
}
"""Axis labels that mean a letter."""

PREVIEW = "mobile_unet_preview"
"""Key that marks a layer that only shows what a step would do."""

SHARE = 0.5
"""Share of the free memory that labels may take."""

METADATA = "mobile_unet"
"""Key under which a result layer records where it comes from."""


def stack_of(layer: Image | Labels, axes: str | None = None) -> Stack:
    """Return a layer's data as a stack, with its scale, translation and units.

    Parameters
    ----------
    layer : Image or Labels
        Of a multiscale layer the finest level is taken.
    axes : str, optional
        Given by the person; else the layer's axis labels, if they are known
        letters or words, else the likeliest for its shape.

    Raises
    ------
    ValueError
        If the axes do not fit.
    """
    data = layer.data[0] if layer.multiscale else layer.data
    rgb = bool(getattr(layer, "rgb", False))
    named = _named_axes(layer, rgb)
    return Stack.from_array(
        data,
        axes or named or suggest_axes(data.shape, rgb),
        scale=tuple(layer.scale),
        translate=tuple(layer.translate),
        units=tuple(str(unit) for unit in layer.units),
        name=layer.name,
        axes_source="given" if axes else "metadata" if named else "shape",
    )


def _named_axes(layer: Layer, rgb: bool) -> str | None:
    """Return the axes that a layer's labels name, if they all mean something."""
    labels = [str(label).strip() for label in layer.axis_labels]
    letters = [WORDS.get(label.lower(), label.upper()) for label in labels]
    known = all(letter in tuple("PTCZYX") for letter in letters)
    if not known or len(set(letters)) < len(letters):
        return None
    return "".join(letters) + "S" * rgb


def image_layers(stack: Stack) -> list[Image]:
    """Return a stack as layers, one for each channel, with all its coordinates."""
    if "C" in stack.axes:
        return [
            layer
            for number in range(stack.sizes["C"])
            for layer in image_layers(stack.channel(number))
        ]
    name = stack.name
    data, axes = stack.data, stack.axes
    if "S" in axes and axes[-1] != "S":
        data, axes = np.moveaxis(data, axes.index("S"), -1), axes.replace("S", "") + "S"
    if axes.endswith("S") and data.dtype == np.uint16:
        # napari shows colour of 8 bits, or of floats from 0 to 1.
        data = data.astype(np.float32) / np.float32(65535)
    return [Image(data, name=name, rgb="S" in axes, **coordinates(stack))]


def coordinates(stack: Stack) -> dict[str, Any]:
    """Return the keywords that put a layer of this stack's labels where it lies."""
    return {
        "scale": stack.labels_scale,
        "translate": stack.labels_translate,
        "units": stack.labels_units,
        "axis_labels": tuple(stack.labels_axes.lower()),
    }


def result_axes(stack: Stack) -> str:
    """Return the axes of a result layer: those of labels, as a rule.

    napari lays the last axes of layers over each other. Where channels come behind
    another axis, a result needs an axis C in their place; it is one long.
    """
    channels_first = "C" not in stack.axes or stack.axes.startswith("C")
    return stack.labels_axes if channels_first else stack.axes.replace("S", "")


def result_shape(stack: Stack) -> tuple[int, ...]:
    """Return the shape of a result layer's data."""
    return tuple(1 if a == "C" else stack.sizes[a] for a in result_axes(stack))


def result_index(stack: Stack, number: int) -> tuple[int | slice, ...]:
    """Return where a plane lies in the data of a result layer."""
    index = list(stack.where(number))
    if "C" in result_axes(stack):
        index.insert(stack.axes.index("C"), 0)
    return tuple(index)


def placed_like(source: Layer, stack: Stack, axes: str) -> dict[str, Any]:
    """Return the keywords that put a result on some of a layer's axes over it.

    An axis C of one lies over all channels. Where the result lacks dimensions of the
    layer, rotation, shear and affine are taken over as far as they leave these alone.
    """
    spatial = stack.axes.replace("S", "")
    keep = [spatial.index(axis) for axis in axes]
    scale, translate = np.array(source.scale), np.array(source.translate)
    whole = len(keep) == source.ndim
    if whole and "C" in axes:
        channels, count = spatial.index("C"), stack.sizes["C"]
        translate[channels] += scale[channels] * (count - 1) / 2
        scale[channels] *= count
    place: dict[str, Any] = {
        "scale": tuple(scale[keep].tolist()),
        "translate": tuple(translate[keep].tolist()),
        "units": tuple(source.units[i] for i in keep),
        "axis_labels": tuple(axis.lower() for axis in axes),
    }
    if not whole:
        return place | {"affine": _affine_of(source, keep)}
    place |= {
        "rotate": source.rotate,
        "shear": source.shear,
        "affine": source.affine.affine_matrix,
    }
    if stack.axes_source == "metadata":
        place["axis_labels"] = tuple(source.axis_labels)
    return place


def _affine_of(source: Layer, keep: list[int]) -> NDArray[Any]:
    """Return what follows scale and translation on some of a layer's dimensions.

    The identity where these and the others depend on each other.
    """
    origin = np.asarray(source.data_to_world(np.zeros(source.ndim)))
    ways = np.array(
        [np.asarray(source.data_to_world(one)) - origin for one in np.eye(source.ndim)]
    ).T
    others = [i for i in range(source.ndim) if i not in keep]
    affine = np.eye(len(keep) + 1)
    between = np.stack([ways[np.ix_(keep, others)], ways[np.ix_(others, keep)].T])
    if np.abs(between).max(initial=0) <= 1e-9 * np.abs(ways).max():
        linear = ways[np.ix_(keep, keep)] / np.asarray(source.scale)[keep]
        affine[:-1, :-1] = linear
        affine[:-1, -1] = origin[keep] - linear @ np.asarray(source.translate)[keep]
    return affine


def prepared_like(source: Layer, stack: Stack, prepared: Stack) -> dict[str, Any]:
    """Return the keywords that put prepared planes, resized or not, over a layer.

    Parameters
    ----------
    source : Layer
        The image.
    stack : Stack
        Of the image, with all its channels.
    prepared : Stack
        All planes, as `prepared_data` lays them, or one of them.
    """
    single = len(prepared.labels_axes) < len(stack.labels_axes)
    axes = prepared.labels_axes if single else result_axes(stack)
    place = placed_like(source, stack, axes)
    spatial = stack.axes.replace("S", "")
    # A new grid shifts the first pixel before the layer is turned, not after.
    place["affine"] = _affine_of(source, [spatial.index(axis) for axis in axes])
    place.pop("rotate", None)
    place.pop("shear", None)
    own = prepared.labels_axes
    for name in ("scale", "translate"):
        known = dict(zip(axes, place[name], strict=True))
        known |= zip(own, getattr(prepared, f"labels_{name}"), strict=True)
        place[name] = tuple(known.values())
    return place


def prepared_data(stack: Stack, prepared: Stack) -> NDArray[Any]:
    """Return prepared planes as a result layer's data, with samples last."""
    axes = result_axes(stack)
    order = [prepared.axes.index(axis) for axis in axes if axis != "C"]
    order += [prepared.axes.index("S")] if "S" in prepared.axes else []
    data = np.asarray(prepared.data).transpose(order)
    return np.expand_dims(data, axes.index("C")) if "C" in axes else data


def single_plane(stack: Stack, plane: NDArray[Any]) -> Stack:
    """Return one prepared plane as a stack that lies where this stack's planes do."""
    return stack.on_axes(np.zeros(stack.plane_shape, bool), "YX").with_planes([plane])


def empty_labels(stack: Stack) -> tuple[Any, str]:
    """Return labels for a result layer, all 0, and where they are if not in memory.

    Labels that would take more than ``SHARE`` of the memory that is free go to a
    Zarr array in the person's cache folder.
    """
    axes, shape = result_axes(stack), result_shape(stack)
    size = math.prod(shape) * np.dtype(np.int32).itemsize
    if size <= SHARE * psutil.virtual_memory().available:
        return np.zeros(shape, np.int32), ""
    path = _labels_folder() / f"{uuid.uuid4().hex}.zarr"
    array = zarr.create_array(
        path,
        shape=shape,
        chunks=tuple(
            min(length, CHUNK) if axis in "YX" else 1
            for axis, length in zip(axes, shape, strict=True)
        ),
        dtype="int32",
    )
    return array, f"Labels need {size / 2**30:.1f} GiB, too much for memory: {path}"


def forget(labels: Any, others: Iterable[Any]) -> None:
    """Delete labels that `empty_labels` put into the cache folder.

    Unless one of the others is a copy, which lies in the same place.
    """
    folder = _store_of(labels)
    used = {_store_of(other) for other in others}
    if folder.parent == _labels_folder() and folder not in used:
        shutil.rmtree(folder, ignore_errors=True)


def _store_of(labels: Any) -> Path:
    return Path(str(getattr(getattr(labels, "store", None), "root", "")))


def _labels_folder() -> Path:
    return user_cache_path("napari-mobile-unet", ensure_exists=True) / "labels"
