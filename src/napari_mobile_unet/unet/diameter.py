"""How large the objects of an image are, found in a few looks at its middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

import numpy as np

from napari_mobile_unet.images.windows import middle_window
from napari_mobile_unet.unet.engine import STEP
from napari_mobile_unet.unet.model import TILE
from napari_mobile_unet.unet.rescale import factor_for, resize_by

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.types import Plane
    from napari_mobile_unet.unet.decoding import Decoded


Some = TypeVar("Some")

LOOKS = 4
"""Planes that the size of the objects is found in."""
SMALLEST, LARGEST = 1 / 4, 100
"""Diameters that are found, as a multiple of that which the model knows: for smaller
objects a person has to say so, since the network's time grows with the square."""
LIKELY, SURE = 0.7, 0.85
"""Confidence of a look from which it is trusted, and from which one at a smaller image
takes the place of one at a larger: pieces of large objects are not all doubtful."""
WIDE = 1.5
"""Width, in diameters that the model knows, beyond which objects may be pieces."""
SMALLER = (1 / 2, 1 / 6, 1 / 18, 1 / 54)
"""Factors that an image is made smaller by for further looks."""
AS_MANY = 0.9
"""Share of the pixels of objects of a look that another finds as well, at least, if it
sees the same ones."""


class Look(NamedTuple):
    """What the model finds in some planes, in one size."""

    factor: float
    """What the planes are resized by."""
    diameter: float
    """Of the typical object in pixels of the planes; 0 if there is none."""
    area: int
    """Pixels of objects, in the size that they are seen in."""
    share: float
    """Of all pixels those of objects, each by the chance that it is right."""
    confidence: float
    """Of the object that a pixel of one lies in, on average."""
    width: float
    """Diameter of the object that the median pixel of all objects lies in, in pixels of
    the size that they are seen in: of the largest, where many are but crumbs."""

    @classmethod
    def of(cls, found: list[Decoded], factor: float) -> Self:
        """Return what was found in planes that were resized by a factor."""
        areas = np.concatenate([np.bincount(one.labels.ravel())[1:] for one in found])
        sure = np.concatenate([one.confidence for one in found])
        area, right = int(areas.sum()), float(areas @ sure)
        return cls(
            factor=factor,
            diameter=_typical_diameter(areas, sure) / factor,
            area=area,
            share=right / sum(one.labels.size for one in found),
            confidence=right / area if area else 0.0,
            width=_typical_diameter(areas, areas),
        )

    def is_likely(self, known: float) -> bool:
        """Return whether it is trusted: it is confident, and not of a few crumbs."""
        return self.confidence >= LIKELY and self.area >= known**2

    def is_enough(self, known: float) -> bool:
        """Return whether a smaller image can show nothing else.

        Large objects whose pieces pass for objects leave large pieces.
        """
        return self.confidence >= SURE and 0 < self.width <= WIDE * known

    def replaces(self, larger: Look, known: float) -> bool:
        """Return whether this is to be trusted more than a look at a larger image.

        What looks tiny in the smaller image is clumps of what is tinier.
        """
        return (
            self.confidence >= SURE
            and self.diameter * self.factor >= known / 2
            and self.share >= AS_MANY * larger.share
        )


def find_diameter(look_at: Callable[[float], Look], known: float, room: float) -> float:
    """Return the diameter in pixels of the typical object.

    The image is looked at as it is, and where the model is not sure of that, at twice
    its size. Where objects are wide, or that does not help, half its size counts, too,
    where large objects, of which the first look sees pieces, are in one; and ever
    smaller sizes while those show as much, or while no look is trusted. Small objects,
    which are missed or run together as they are, are looked at once more in the size
    that the network will see them in.

    Parameters
    ----------
    look_at : function
        From the factor that the image is resized by to what is found.
    known : float
        Diameter in pixels that the model knows best: the answer where nothing is found.
    room : float
        Length of the image in pixels.
    """
    best = look_at(1)
    if not best.is_likely(known) and (double := look_at(2)).is_likely(known):
        best = double
    elif not best.is_enough(known):
        for factor in SMALLER:
            if factor * room < known:
                break
            smaller = look_at(factor)
            if smaller.replaces(best, known):
                best = smaller
            elif best.is_likely(known):
                break
    if not best.area:
        return known
    diameter = np.clip(best.diameter, known * SMALLEST, known * LARGEST)
    factor = factor_for(diameter, known)
    if factor > 1:
        again = look_at(factor).diameter or diameter
        diameter = np.clip(again, known * SMALLEST, known * LARGEST)
    return float(diameter)


def looked_at(planes: Sequence[Some]) -> Sequence[Some]:
    """Return the planes of a stack, or their numbers, that are looked at."""
    step = -(-len(planes) // LOOKS)
    return planes[step // 2 :: step]


def trial_window(shape: tuple[int, ...], factor: float) -> Window:
    """Return the middle of a plane that fills one tile when resized by a factor.

    It begins where a tile of the plane's segmentation does, so that a trial of the
    plane as it is sees such a tile.
    """
    return middle_window(shape, round(TILE / factor), STEP)


def trial_image(plane: Plane, factor: float) -> Plane:
    """Return the part of a plane in its `trial_window`, resized by the factor.

    NaN, which has no size, becomes 0.
    """
    part = plane[trial_window(plane.shape, factor)]
    if part.dtype.kind != "f" and factor == 1:
        return part
    # OpenCV resizes few types of whole numbers, and rounds.
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
        values = part.astype(np.float32)
    values[np.isnan(values)] = 0
    return values if factor == 1 else resize_by(values, factor)


def _typical_diameter(areas: NDArray[np.int64], weights: NDArray[np.generic]) -> float:
    """Return the diameter in pixels of the median object; 0 if there are none.

    Each counts by a weight: crumbs, and what two objects are found as, are doubtful,
    and by their confidence hardly count.
    """
    if not len(areas):
        return 0.0
    order = np.argsort(areas)
    counted = np.cumsum(weights[order])
    median = areas[order][np.searchsorted(counted, counted[-1] / 2)]
    return float(2 * np.sqrt(median / np.pi))
