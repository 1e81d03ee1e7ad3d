"""The shape of objects by scikit-image: a second a thousand, so only if asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.objects.calibration import Calibration
    from napari_mobile_unet.objects.regions import Regions

LENGTHS = {
    2: ("perimeter", "feret_diameter_max", "axis_major_length", "axis_minor_length"),
    3: ("axis_major_length", "axis_minor_length"),
}
"""Properties in pixels or in the calibrated unit, by the number of dimensions."""
RATIOS = {2: ("solidity", "orientation"), 3: ("extent",)}
"""Properties without a unit; the orientation is an angle in radians."""


def shape_columns(
    regions: Regions, calibration: Calibration
) -> dict[str, NDArray[Any]]:
    """Return the shape of each object, under scikit-image's names.

    Parameters
    ----------
    regions : Regions
        Of labels of two or three dimensions.
    calibration : Calibration
        With a unit, lengths are also given in it: with the unit as suffix. The
        perimeter only of square pixels: of others scikit-image measures none.
    """
    dimensions = len(regions.shape)
    lengths = LENGTHS[dimensions]
    columns = _properties(regions, lengths + RATIOS[dimensions])
    if calibration.unit is None:
        return columns
    if calibration.isotropic:
        measured = {name: columns[name] * calibration.steps[0] for name in lengths}
    else:
        directed = tuple(name for name in lengths if name != "perimeter")
        measured = _properties(regions, directed, calibration.steps)
    return columns | {
        f"{name}_{calibration.unit}": values for name, values in measured.items()
    }


def _properties(
    regions: Regions, names: tuple[str, ...], spacing: tuple[float, ...] | None = None
) -> dict[str, NDArray[Any]]:
    from skimage.measure import regionprops_table

    # Ids from 1 without gaps: scikit-image makes a list as long as the largest.
    labels = np.zeros(regions.shape, np.int32)
    labels.ravel()[regions.pixel] = regions.rank + 1
    table = regionprops_table(labels, properties=names, spacing=spacing)
    return {name: np.asarray(table[name]) for name in names}
