"""The size of a pixel of labels, and its unit."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.images.stack import Stack

PIXEL = "pixel"
"""Unit of an axis that was not calibrated."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calibration:
    """How large the pixels of labels are.

    Parameters
    ----------
    steps : tuple of float
        Distance between pixels along each spatial axis, Y and X last, in ``unit``.
    unit : str, optional
        Of length; None where it is not known that a pixel is anything but a pixel.
    """

    steps: tuple[float, ...]
    unit: str | None = None

    @property
    def size(self) -> float:
        """Area or volume of a pixel, in the unit squared or cubed."""
        return math.prod(self.steps)

    @property
    def isotropic(self) -> bool:
        """Whether pixels are squares or cubes."""
        return len(set(self.steps)) == 1


def calibration_of(
    labels: Stack,
    image: Stack | None,
    scale: Sequence[float] | None,
    units: Sequence[str] | None,
) -> Calibration:
    """Return the calibration of labels: that given, or else their own or the image's.

    Parameters
    ----------
    labels, image : Stack
        The image lends its calibration to labels that have none.
    scale, units : sequence, optional
        One value for each axis of the labels; both or none.

    Raises
    ------
    ValueError
        If one is given without the other, or they do not fit the axes.
    """
    axes = labels.axes
    spatial = [axis for axis in "ZYX" if axis in axes]
    if scale is None and units is None:
        known = _along(labels, spatial)
        if image is not None and not _is_known(known):
            known = _along(image, spatial)
        return _named(known)
    if scale is None or units is None:
        raise ValueError(
            f"scale and units must be given together, got scale={scale} and "
            f"units={units}; give both, or a Stack that has them"
        )
    for name, values in (("scale", scale), ("units", units)):
        if len(values) != len(axes):
            raise ValueError(
                f"{name} must hold one value for each axis of the labels, {axes}, got "
                f"{tuple(values)}; leave channels out"
            )
    places = [axes.index(axis) for axis in spatial]
    return _named([(float(scale[place]), str(units[place])) for place in places])


def _along(stack: Stack, axes: list[str]) -> list[tuple[float, str]]:
    """Return scale and unit along some axes."""
    named = stack.axes.replace("S", "")
    known = dict(zip(named, zip(stack.scale, stack.units, strict=True), strict=True))
    return [known[axis] for axis in axes]


def _is_known(values: list[tuple[float, str]]) -> bool:
    return any(value != (1, PIXEL) for value in values)


def _named(values: list[tuple[float, str]]) -> Calibration:
    """Return the calibration, none where the axes have several units."""
    steps = tuple(step for step, _ in values)
    units = {unit for _, unit in values}
    if len(units) > 1:
        _log.warning(
            "no calibrated columns: all spatial axes must have one unit, got %s",
            ", ".join(unit for _, unit in values),
        )
        return Calibration((1.0,) * len(steps))
    if not _is_known(values):
        return Calibration(steps)
    (unit,) = units
    return Calibration(steps, "unit" if unit == PIXEL else unit)
