"""The axes of labels and of the image that they belong to, matched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import AxesSource


AUTHORITY = {"shape": 0, "metadata": 1, "labels": 1, "image": 1, "given": 2}
"""Which source of axes counts more where labels and image name different ones."""


def match_axes(labels: Stack, image: Stack) -> tuple[Stack, Stack]:
    """Return labels and what they belong to with the same axes, each in its own order.

    Both keep the axes that they have where these fit. Otherwise axes that were
    guessed yield to those of metadata, and both to those that the caller gave. Axes
    of length one are dropped.

    Parameters
    ----------
    labels : Stack
        The labels, without C and S.
    image : Stack
        Their image, or other labels of it.

    Returns
    -------
    labels : Stack
        On the axes ``image.labels_axes`` in any order: see ``reordered``.
    image : Stack
        As it was, or on the axes that the labels name.

    Raises
    ------
    ValueError
        If the two name different axes with the same right, or differ in size.
    """
    labels, image = labels.squeeze(), image.squeeze()
    if not _fit(labels, image):
        first, second = AUTHORITY[labels.axes_source], AUTHORITY[image.axes_source]
        if first > second or first == second == AUTHORITY["shape"]:
            image = _renamed(image, _with_channels(labels, image), "labels")
        elif first < second and labels.data.shape == image.labels_shape:
            labels = _renamed(labels, image.labels_axes, "image")
    if set(labels.axes) != set(image.labels_axes):
        raise ValueError(
            "labels and their image need the same axes, apart from C and S; "
            f"{labels.name} has {labels.axes}, {image.name} has {image.axes}; "
            "name the axes (--axes)"
        )
    if not _fit(labels, image):
        raise ValueError(
            f"labels and their image need the same size; {labels.name} has "
            f"{_sizes(labels)}, {image.name} has {_sizes(image)}; crop or resize one, "
            "or name the axes (--axes)"
        )
    return labels, image


def _fit(labels: Stack, image: Stack) -> bool:
    """Return whether both have the same axes, in any order, of the same lengths."""
    return {axis: image.sizes[axis] for axis in image.labels_axes} == labels.sizes


def _with_channels(labels: Stack, image: Stack) -> str:
    """Return the labels' axes and, where the image has one more, its channels.

    The image's own axes, if neither fits, or more than one axis could be the channels.
    """
    shape, samples = tuple(image.data.shape), "S" * ("S" in image.axes)
    if shape == labels.data.shape:
        return labels.axes
    if samples and shape[:-1] == labels.data.shape:
        return labels.axes + samples
    places = [
        place
        for place in range(len(shape))
        if shape[:place] + shape[place + 1 :] == labels.data.shape
    ]
    if len(places) != 1:
        return image.axes
    return f"{labels.axes[: places[0]]}C{labels.axes[places[0] :]}"


def _renamed(stack: Stack, axes: str, source: AxesSource) -> Stack:
    """Return a stack with other axes; those of the same name keep their pixel size."""
    if axes == stack.axes:
        return stack
    return replace(stack, grid=stack.grid.renamed(axes), axes_source=source)


def _sizes(stack: Stack) -> str:
    return " × ".join(f"{axis} {size}" for axis, size in stack.sizes.items())
