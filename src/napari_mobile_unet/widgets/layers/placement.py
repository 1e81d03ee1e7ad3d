"""Where a result lies over its image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack


def coordinates(stack: Stack) -> dict[str, Any]:
    """Return the keywords that put a layer of this stack's labels where it lies."""
    grid = stack.labels_grid
    return {
        "scale": grid.scale,
        "translate": grid.translate,
        "units": grid.units,
        "axis_labels": tuple(grid.axes.lower()),
    }


def result_axes(stack: Stack) -> str:
    """Return the axes of a result layer: those of labels, as a rule.

    napari lays the last axes of layers over each other. Where channels come behind
    another axis, a result needs an axis C in their place; it is one long.
    """
    channels_first = "C" not in stack.axes or stack.axes.startswith("C")
    return stack.labels_axes if channels_first else stack.grid.world_axes


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
    world = stack.grid.world_axes
    keep = [world.index(axis) for axis in axes]
    scale, translate = np.array(source.scale), np.array(source.translate)
    whole = len(keep) == source.ndim
    if whole and "C" in axes:
        channels, count = world.index("C"), stack.sizes["C"]
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
    world = stack.grid.world_axes
    # A new grid shifts the first pixel before the layer is turned, not after.
    place["affine"] = _affine_of(source, [world.index(axis) for axis in axes])
    place.pop("rotate", None)
    place.pop("shear", None)
    own = prepared.labels_grid
    for name in ("scale", "translate"):
        known = dict(zip(axes, place[name], strict=True))
        known |= zip(own.axes, getattr(own, name), strict=True)
        place[name] = tuple(known.values())
    return place
