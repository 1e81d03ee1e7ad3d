"""The letters of an image's axes: checked, guessed, and sorted into planes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


AXES = "PTCZYXS"
"""Position (or well), time, channel, depth, height, width, and the samples of an RGB
pixel."""


def guess_axes(shape: Sequence[int], rgb: bool | None = None) -> str:
    """Return the axes of an image of this shape, unless they are ambiguous.

    Parameters
    ----------
    shape : sequence of int
        Two dimensions are YX, three ZYX. A last dimension of 3 or 4 behind two
        of more than 4 holds RGB samples: YXS, ZYXS.
    rgb : bool, optional
        Whether the last dimension holds RGB samples, where that is known.

    Raises
    ------
    ValueError
        If the axes are ambiguous: four dimensions or more, RGB not counted.
    """
    if not 2 <= len(shape) - _is_rgb(shape, rgb) <= 3:
        raise ValueError(
            f"axes of a {len(shape)}-D image {tuple(shape)} cannot be guessed; "
            f"name them, for example axes={suggest_axes(shape, rgb)!r}"
        )
    return suggest_axes(shape, rgb)


def suggest_axes(shape: Sequence[int], rgb: bool | None = None) -> str:
    """Return the most likely axes of an image, for a person to confirm.

    Parameters
    ----------
    shape, rgb
        As for ``guess_axes``; four dimensions are TZYX, five TCZYX.

    Raises
    ------
    ValueError
        If the shape has fewer than two dimensions or more than there are axes.
    """
    samples = _is_rgb(shape, rgb)
    usual = {2: "YX", 3: "ZYX", 4: "TZYX", 5: "TCZYX"}
    if len(shape) - samples not in usual:
        raise ValueError(
            f"an image must have 2 to 5 dimensions, besides RGB samples; received "
            f"shape {tuple(shape)}; select a part of it"
        )
    return usual[len(shape) - samples] + "S" * samples


def flatten(array: NDArray[Any], axes: str) -> NDArray[Any]:
    """Return an array as planes.

    Parameters
    ----------
    array : ndarray
        Of any type.
    axes : str
        One letter of "PTCZYXS" for each of its dimensions, in any order.

    Returns
    -------
    ndarray
        (N, Y, X, channels): N over all other axes in their order, channels over
        C and then S, alpha too; 1 where an axis is missing. A view if possible.
    """
    check_axes(axes, array.shape)
    sizes = dict(zip(axes, array.shape, strict=True))
    channels = sizes.get("C", 1) * sizes.get("S", 1)
    order = [axes.index(axis) for axis in _plane_order(axes)]
    return array.transpose(order).reshape(-1, sizes["Y"], sizes["X"], channels)


def check_letters(axes: str) -> None:
    """Refuse letters that cannot name axes.

    Raises
    ------
    ValueError
        If a letter is unknown or doubled.
    """
    if unknown := set(axes) - set(AXES):
        _refuse(f"be letters of {AXES!r}", f"{''.join(sorted(unknown))!r} in {axes!r}")
    if len(set(axes)) < len(axes):
        _refuse("differ", repr(axes))


def check_axes(axes: str, shape: Sequence[int]) -> None:
    """Refuse axes that do not fit a shape.

    Raises
    ------
    ValueError
        If a letter is unknown or doubled, Y or X is missing, or an axis is empty.
    """
    check_letters(axes)
    if not {"Y", "X"} <= set(axes):
        _refuse("include Y and X", repr(axes))
    if len(axes) != len(shape):
        dimensions = f"{len(shape)} dimensions {tuple(shape)}"
        _refuse(
            "name each dimension", f"{axes!r} for {dimensions}", "TZCYX"[-len(shape) :]
        )
    if "S" in axes and shape[axes.index("S")] not in (3, 4):
        _refuse("have 3 or 4 samples on S", f"{axes!r} for shape {tuple(shape)}")
    if not all(size > 0 for size in shape):
        raise ValueError(
            f"an image must have a pixel on each axis; received shape {tuple(shape)}; "
            "choose one that is not empty"
        )


def _refuse(rule: str, received: str, example: str = "ZYX") -> NoReturn:
    raise ValueError(
        f"axes must {rule}; received {received}; name them, for example "
        f"axes={example!r}"
    )


def _is_rgb(shape: Sequence[int], rgb: bool | None) -> bool:
    """Return whether the last dimension holds RGB samples."""
    samples = len(shape) > 2 and shape[-1] in (3, 4)
    if rgb and not samples:
        raise ValueError(
            f"an RGB image must have 3 or 4 samples on its last axis; received shape "
            f"{tuple(shape)}; pass rgb=False"
        )
    return samples and (rgb is True or (rgb is None and min(shape[-3:-1]) > 4))


def _plane_order(axes: str) -> str:
    """Return the axes sorted into planes: batch axes as they are, then Y, X, C, S."""
    return without(axes, "YXCS") + "YX" + "".join(a for a in "CS" if a in axes)


def without(axes: str, letters: str) -> str:
    """Return the axes less some letters."""
    return "".join(axis for axis in axes if axis not in letters)
