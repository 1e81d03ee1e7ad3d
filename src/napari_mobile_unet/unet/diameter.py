"""The typical diameter of an image's objects, found in a few trials at other scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from napari_mobile_unet.images.windows import middle_window
from napari_mobile_unet.unet.engine import STEP
from napari_mobile_unet.unet.model import TILE
from napari_mobile_unet.unet.rescale import resize_by, resize_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.types import Plane
    from napari_mobile_unet.unet.decoding import Decoded


PlaneOrNumber = TypeVar("PlaneOrNumber")

PLANES = 4
"""Planes of a stack that a trial segments."""
SMALLEST, LARGEST = 1 / 4, 100
"""Diameters that are found, as multiples of the model's. For smaller objects a person
must give it, since the network's time grows with the square of the enlargement."""
WIDE = 1.5
"""Diameter, as a multiple of the model's, from which objects may be pieces of larger
ones that the network cannot see whole."""


@dataclass(frozen=True)
class Scale:
    """A size in which an image is tried, and what makes that trial count."""

    factor: float
    """The image is resized by it."""
    weight: float
    """Of the trial's score. Each smaller image may show 10 % less than the one before:
    it lacks small objects, but shows large ones whole."""
    min_confidence: float
    """Of a trial that counts. In a smaller image it must be higher, since pieces of
    large objects in a larger image are not all doubtful."""
    min_diameter: float
    """Diameter of the objects of a trial that counts, in the resized image, as a
    multiple of the model's: smaller ones are clumps of many objects."""

    def score(self, trial: ScaleTrial, model_diameter: float) -> float:
        """Return the score of a trial at this scale; 0 if it does not count."""
        counts = (
            trial.confidence >= self.min_confidence
            and trial.diameter * self.factor >= self.min_diameter * model_diameter
            and trial.area >= model_diameter**2  # more than a few specks
        )
        return self.weight * trial.share if counts else 0.0


SCALES = (
    Scale(1, weight=1, min_confidence=0.7, min_diameter=0),
    Scale(2, weight=1, min_confidence=0.7, min_diameter=0),
    Scale(1 / 2, weight=0.9**-1, min_confidence=0.85, min_diameter=0.5),
    Scale(1 / 6, weight=0.9**-2, min_confidence=0.85, min_diameter=0.5),
    Scale(1 / 18, weight=0.9**-3, min_confidence=0.85, min_diameter=0.5),
    Scale(1 / 54, weight=0.9**-4, min_confidence=0.85, min_diameter=0.5),
)
"""The scales in the order in which they are tried."""


@dataclass(frozen=True)
class ScaleTrial:
    """What the model finds in some planes that are resized by a factor."""

    diameter: float
    """Of the typical object, in pixels of the planes; 0 if there is none."""
    area: int
    """Of all objects, in pixels of the resized planes."""
    share: float
    """Of the pixels that lie in an object, each weighted by the object's confidence:
    the part of the image that is expected to be segmented right."""
    confidence: float
    """Mean over the pixels that lie in an object."""
    width: float
    """Diameter of the object that the median object pixel lies in, in pixels of the
    resized planes: of large objects, even among many specks."""

    @classmethod
    def of(cls, found: list[Decoded], factor: float) -> Self:
        """Return what was found in planes that were resized by a factor."""
        areas = np.concatenate([np.bincount(one.labels.ravel())[1:] for one in found])
        confidence = np.concatenate([one.confidence for one in found])
        area, right = int(areas.sum()), float(areas @ confidence)
        return cls(
            diameter=_median_diameter(areas, confidence) / factor,
            area=area,
            share=right / sum(one.labels.size for one in found),
            confidence=right / area if area else 0.0,
            width=_median_diameter(areas, areas),
        )


def find_diameter(
    try_scale: Callable[[float], ScaleTrial], model_diameter: float, length: float
) -> float:
    """Return the diameter in pixels of the typical object.

    The image is tried at one scale after the other of `SCALES`, and the trial with the
    highest score decides; if none has a score, the surer one of the image as it is and
    enlarged: shrunk, clumps would pass for objects. The search ends when the best trial
    shows no objects so wide that they may be pieces of larger ones, when a trial scores
    less than the best, or when the image would be smaller than one object. An enlarged
    image is tried only if the image as it is has no score.

    Objects that the segmentation will enlarge are measured once more in that size, in
    which fewer of them are missed or merged.

    Parameters
    ----------
    try_scale : function
        From the factor that the image is resized by to what is found in it.
    model_diameter : float
        Diameter in pixels that the model knows best: the answer if nothing is found.
    length : float
        Of the image's longer side, in pixels.
    """
    best = surest = try_scale(SCALES[0].factor)
    best_score = SCALES[0].score(best, model_diameter)
    for scale in SCALES[1:]:
        if best_score and best.width <= WIDE * model_diameter:
            break
        if best_score and scale.factor > 1:
            continue
        if scale.factor * length < model_diameter:
            break
        trial = try_scale(scale.factor)
        score = scale.score(trial, model_diameter)
        if score > best_score:
            best, best_score = trial, score
        elif best_score:
            break
        if scale.factor > 1 and trial.confidence > surest.confidence:
            surest = trial
    if not best_score:
        best = surest
    if not best.area:
        return model_diameter
    lowest, highest = SMALLEST * model_diameter, LARGEST * model_diameter
    diameter = np.clip(best.diameter, lowest, highest)
    factor = resize_factor(diameter, model_diameter)
    if factor > 1:
        measured = try_scale(factor).diameter or diameter
        diameter = np.clip(measured, lowest, highest)
    return float(diameter)


def trial_planes(planes: Sequence[PlaneOrNumber]) -> Sequence[PlaneOrNumber]:
    """Return the planes of a stack, or their numbers, that a trial segments."""
    step = -(-len(planes) // PLANES)
    return planes[step // 2 :: step]


def trial_window(shape: tuple[int, ...], factor: float) -> Window:
    """Return the middle of a plane that fills one tile when resized by a factor.

    It begins where a tile of the plane's segmentation does, so that a trial of the
    plane as it is runs the network on such a tile.
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


def _median_diameter(areas: NDArray[np.int64], weights: NDArray[np.generic]) -> float:
    """Return the diameter in pixels of the weighted median object; 0 if there is none.

    With their confidence as weights, specks and merged objects hardly count.
    """
    if not len(areas):
        return 0.0
    order = np.argsort(areas)
    cumulated = np.cumsum(weights[order])
    median = areas[order][np.searchsorted(cumulated, cumulated[-1] / 2)]
    return float(2 * np.sqrt(median / np.pi))
