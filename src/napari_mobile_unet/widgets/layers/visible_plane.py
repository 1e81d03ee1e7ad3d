"""Which plane of a layer napari shows, what of it, and where sliders stand for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import napari
    from napari.components import Dims
    from napari.layers import Layer

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.types import Reals


def visible_plane(dims: Dims, layer: Layer, stack: Stack) -> int:
    """Return the number of the plane that is shown, or the nearest one.

    Parameters
    ----------
    dims : Dims
        The viewer's sliders.
    layer : Layer
        An image.
    stack : Stack
        Of the image, with all its channels.
    """
    shown = dict(zip(_sliders(stack), _indices(dims, layer, stack), strict=True))
    number = 0
    for axis, size in zip(stack.batch_axes, stack.batch_shape, strict=True):
        number = number * size + min(max(round(float(shown[axis])), 0), size - 1)
    return number


def show_plane(dims: Dims, layer: Layer, stack: Stack, number: int) -> None:
    """Move the sliders to a plane; those of other axes stay.

    Parameters
    ----------
    dims, layer, stack
        As for `visible_plane`.
    number : int
        Of the plane.
    """
    sliders = _sliders(stack)
    wanted = dict(zip(sliders, _indices(dims, layer, stack), strict=True))
    wanted |= zip(stack.batch_axes, stack.index(number), strict=True)
    first = _index_at(layer, stack, np.zeros(len(sliders)))
    steps = [_index_at(layer, stack, one) - first for one in np.eye(len(sliders))]
    target = np.array([wanted[axis] for axis in sliders])
    world = np.linalg.solve(np.reshape(steps, (len(sliders),) * 2).T, target - first)
    dims.set_point(_world_axes_of_sliders(dims, layer, stack), world)


def _sliders(stack: Stack) -> str:
    """Return the axes of an image that have a slider while its planes are shown."""
    return stack.grid.without("YX").world_axes


def _world_axes_of_sliders(dims: Dims, layer: Layer, stack: Stack) -> list[int]:
    axes = stack.grid.world_axes
    first = dims.ndim - layer.ndim  # layers are aligned by their last axes
    return [first + axes.index(axis) for axis in _sliders(stack)]


def _indices(dims: Dims, layer: Layer, stack: Stack) -> Reals:
    """Return where the sliders stand, in pixels of the layer."""
    at = _world_axes_of_sliders(dims, layer, stack)
    return _index_at(layer, stack, np.array(dims.point)[at])


def _index_at(layer: Layer, stack: Stack, world: Reals) -> Reals:
    """Return the indices that napari shows where sliders stand somewhere.

    It ignores how far the image is turned or sheared across its planes, and so what
    the place within a plane would add.
    """
    axes = stack.grid.world_axes
    at = [axes.index(axis) for axis in _sliders(stack)]
    point = np.zeros(layer.ndim)
    point[at] = world
    return np.asarray(layer.world_to_data(point), float)[at]


def window_in_view(
    viewer: napari.Viewer, layer: Layer, stack: Stack, size: int
) -> Window:
    """Return the part of a plane around the middle of the view.

    Parameters
    ----------
    viewer : napari.Viewer
        What is looked at.
    layer : Layer
        An image.
    stack : Stack
        Of the image, with all its channels.
    size : int
        Height and width of the part in pixels; a side that is no longer is whole. It
        moves with the view in steps of a quarter of this.
    """
    world = np.array(viewer.dims.point, float)
    shown = list(viewer.dims.displayed)
    world[shown] = viewer.scene.camera.center[-len(shown) :]
    axes = stack.grid.world_axes
    middle = np.asarray(layer.world_to_data(world[-layer.ndim :]), float)
    step, sides = size // 4, []
    for axis, length in zip("YX", stack.plane_shape, strict=True):
        start = round((middle[axes.index(axis)] - size / 2) / step) * step
        start = min(max(start, 0), max(0, length - size))
        sides.append(slice(start, min(start + size, length)))
    return sides[0], sides[1]
