"""The letters of an image's axes: checked, guessed, and sorted into planes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


AXES = "PTCZYXS"
"""Position (or well), time, channel, depth, height, width, and the samples of an RGB
pixel."""


def guess_axes(shape: Sequence[int], rgb: bool | None = None) -> str:
    """Return the axes of an image from its shape, where they are beyond doubt.

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
    """Return the likeliest axes of an image, for a person to confirm.

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
    likeliest = {2: "YX", 3: "ZYX", 4: "TZYX", 5: "TCZYX"}
    if len(shape) - samples not in likeliest:
        raise ValueError(
            f"an image has 2 to 5 dimensions, and RGB samples; received shape "
            f"{tuple(shape)}; take a part of it"
        )
    return likeliest[len(shape) - samples] + "S" * samples


def flatten(array: NDArray[Any], axes: str) -> NDArray[Any]:
    """Return an array as planes; ``unflatten`` is its inverse.

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


def unflatten(planes: NDArray[Any], axes: str, shape: Sequence[int]) -> NDArray[Any]:
    """Return planes as the array that they were flattened from.

    Parameters
    ----------
    planes : ndarray
        (N, Y, X, channels).
    axes : str
        Axes of the array.
    shape : sequence of int
        Its shape.
    """
    check_axes(axes, shape)
    sizes = dict(zip(axes, shape, strict=True))
    order = _plane_order(axes)
    array = planes.reshape([sizes[axis] for axis in order])
    return array.transpose([order.index(axis) for axis in axes])


def check_axes(axes: str, shape: Sequence[int]) -> None:
    """Refuse axes that do not fit a shape.

    Raises
    ------
    ValueError
        If a letter is unknown or doubled, Y or X is missing, or an axis is empty.
    """
    sizes = dict(zip(axes, shape, strict=False))
    if unknown := set(axes) - set(AXES):
        fault = f"received {''.join(sorted(unknown))!r} in {axes!r}"
    elif len(set(axes)) < len(axes):
        fault = f"received {axes!r}, with one more than once"
    elif not {"Y", "X"} <= set(axes):
        fault = f"Y and X among them; received {axes!r}"
    elif len(axes) != len(shape):
        fault = f"received {axes!r} for {len(shape)} dimensions {tuple(shape)}"
    elif sizes.get("S", 3) not in (3, 4):
        fault = f"S of 3 or 4 samples; received {axes!r} for shape {tuple(shape)}"
    elif not all(size > 0 for size in shape):
        raise ValueError(
            f"an image needs a pixel on each axis; received shape {tuple(shape)}; "
            "take one that is not empty"
        )
    else:
        return
    raise ValueError(
        f"axes name each dimension once by a letter of {AXES!r}: {fault}; "
        f"name them, for example axes='ZYX'"
    )


def _is_rgb(shape: Sequence[int], rgb: bool | None) -> bool:
    """Return whether the last dimension holds RGB samples."""
    samples = len(shape) > 2 and shape[-1] in (3, 4)
    if rgb and not samples:
        raise ValueError(
            f"an RGB image has 3 or 4 samples on its last axis; received shape "
            f"{tuple(shape)}; say that it is not RGB"
        )
    return samples and (rgb is True or (rgb is None and min(shape[-3:-1]) > 4))


def _plane_order(axes: str) -> str:
    """Return the axes sorted into planes: batch axes as they are, then Y, X, C, S."""
    return without(axes, "YXCS") + "YX" + "".join(a for a in "CS" if a in axes)


def without(axes: str, letters: str) -> str:
    """Return the axes less some letters."""
    return "".join(axis for axis in axes if axis not in letters)
