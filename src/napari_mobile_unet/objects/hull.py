"""The convex hull of objects, by scikit-image: slow, so only if it is asked for."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.parallel.cancel import checkpoint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.objects.calibration import Calibration
    from napari_mobile_unet.objects.grouped import Grouped


def hull_columns(
    objects: Grouped, calibration: Calibration, names: Collection[str]
) -> dict[str, NDArray[Any]]:
    """Return solidity and Feret diameter of objects, or solidity and surface in 3-D.

    Parameters
    ----------
    objects : Grouped
        Of labels of two or three dimensions.
    calibration : Calibration
        With a unit, lengths and surfaces are given in it, too.
    names : collection of str
        Of ``COLUMNS``; only what is asked for is measured.

    Raises
    ------
    Cancelled
        If nobody waits for it any more.
    """
    planar = objects.labels.ndim == 2
    name, power = ("feret_diameter_max", 1) if planar else ("surface", 2)
    wanted = [each for each in ("solidity", name) if each in names]
    columns = _collect(objects, None, wanted)
    if name in names and (unit := calibration.unit):
        if calibration.isotropic:
            sized = columns[name] * calibration.steps[0] ** power
        else:
            sized = _collect(objects, calibration.steps, [name])[name]
        columns[f"{name}_{unit}{power if power > 1 else ''}"] = sized
    return columns


def _collect(
    objects: Grouped, steps: tuple[float, ...] | None, names: Collection[str]
) -> dict[str, NDArray[Any]]:
    """Return some properties of each object, NaN where it has none."""
    values = {name: np.full(len(objects.label), np.nan) for name in names}
    for place, region in enumerate(_iter_regions(objects, steps)):
        checkpoint()
        with warnings.catch_warnings():
            # Of flat objects in space there is no hull: NaN tells of it.
            warnings.simplefilter("ignore")
            for name in names:
                if name == "surface":
                    values[name][place] = _surface(region.image, steps)
                else:
                    values[name][place] = getattr(region, name)
    return {n: np.where(np.isfinite(each), each, np.nan) for n, each in values.items()}


def _iter_regions(objects: Grouped, steps: tuple[float, ...] | None) -> Iterator[Any]:
    from skimage.measure import regionprops

    # Ids from 1 without gaps: scikit-image makes a list as long as the largest.
    labels = np.zeros(objects.labels.shape, np.int32)
    labels.ravel()[objects.pixel] = objects.spread(np.arange(len(objects.label)) + 1)
    yield from regionprops(labels, spacing=steps)


def _surface(mask: NDArray[np.bool_], steps: tuple[float, ...] | None) -> float:
    from skimage.measure import marching_cubes, mesh_surface_area

    inside = np.pad(mask, 1).astype(np.float32)
    vertices, faces, _, _ = marching_cubes(inside, 0.5, spacing=steps or (1.0,) * 3)
    return float(mesh_surface_area(vertices, faces))
