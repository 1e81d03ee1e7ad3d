"""Parts of a stack, and its axes in another order; nothing is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.images.axes import without
from napari_mobile_unet.images.lazy import as_lazy

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack


def reordered(stack: Stack, axes: str) -> Stack:
    """Return a stack with the same axes in another order."""
    if axes == stack.axes:
        return stack
    order = [stack.axes.index(axis) for axis in axes]
    return stack.on_axes(as_lazy(stack.data).transpose(order), axes)


def at_position(stack: Stack, number: int) -> Stack:
    """Return one position of a stack, without the axis P.

    Raises
    ------
    ValueError
        If the position does not exist.
    """
    count = stack.sizes.get("P", 1)
    if not 0 <= number < count:
        has = f"{count} positions, 0 to {count - 1}" if count > 1 else "one, 0"
        raise ValueError(
            f"position {number} does not exist: {stack.name} has {has}; choose another"
        )
    if "P" not in stack.axes:
        return stack
    where = tuple(number if axis == "P" else slice(None) for axis in stack.axes)
    return stack.on_axes(as_lazy(stack.data)[where], without(stack.axes, "P"))
