"""Segmentation of planes with a mobile U-Net, as a value in a recipe."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import cv2
import numpy as np
from pydantic import Field

from napari_mobile_unet._params import Params
from napari_mobile_unet.confidence import UNCALIBRATED
from napari_mobile_unet.histogram import luminance
from napari_mobile_unet.instances import Decoded, Objects, decode
from napari_mobile_unet.unet.engine import STEP, predict
from napari_mobile_unet.unet.model import TILE, Precision, load_model
from napari_mobile_unet.unet.sizes import both_ways, factor_for, fits_a_tile, resize_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.unet.model import Model

    Plane = NDArray[np.generic]


LOOKS = 4
"""Planes that the size of the objects is found in."""
SMALLEST, LARGEST = 1 / 4, 100
"""Diameters that are found, as a multiple of that which the model knows: for smaller
objects a person has to say so, since the network's time grows with the square."""
DOUBTFUL = 0.35
"""Confidence below which an object is not shown, unless a person says another."""
LIKELY, SURE = 0.65, 0.8
"""Confidence of a first look below which there are others, of smaller images, and from
which on those count: large objects fall into pieces that are not all doubtful."""
SMALLER = (3, 9, 27, 81)
"""How many times smaller the images of further looks are."""


class _Look(NamedTuple):
    """What a first look at some planes finds."""

    diameter: float
    """Of the typical object in pixels; 0 if there is none."""
    area: int
    """Pixels of objects."""
    confidence: float
    """Of the object that a pixel lies in, on average."""


class UNet(Params):
    """Segment with a mobile U-Net."""

    method: Literal["unet"] = "unet"
    """Tag of this method in a recipe."""
    model: str = "nuclei"
    """Name or folder of the model."""
    diameter: Annotated[float, Field(ge=0, le=2000)] = 0
    """Diameter of the objects in pixels; 0: found in a first look at the image."""
    scope: Literal["stack", "plane"] = "stack"
    """Grey range of the whole stack (empty planes stay empty), or of each plane."""
    precision: Precision = "auto"
    """Of the network: 8-bit integers if the model has them, which is twice as quick; or one of both."""  # noqa: E501
    mirror: Literal["auto", "always", "never"] = "auto"
    """Average with the image turned by half a turn: finer outlines for twice the network's time; auto: planes of one tile."""  # noqa: E501
    min_confidence: Annotated[float, Field(ge=0, le=1)] = DOUBTFUL
    """Objects less likely than this to be right are left out; 0 keeps them all."""
    limits: tuple[float, float] | None = None
    """Grey values that become 0 and 1; found in the image unless given."""

    def fit(self, planes: Iterable[Plane]) -> UNet:
        """Return these settings with the grey range and object size of the planes."""
        if self.diameter and (self.scope == "plane" or self.limits is not None):
            return self
        seen, fitted = list(planes), self
        if self.scope == "stack" and self.limits is None:
            normalisation = model_of(self.model).card.normalisation
            grey = (luminance(plane) for plane in seen)
            fitted = self.replace(limits=normalisation.limits(*grey))
        return fitted if self.diameter else fitted.replace(diameter=fitted.look(seen))

    def look(self, planes: Sequence[Plane]) -> float:
        """Return the diameter in pixels of the typical object in some planes.

        The model segments one tile in the middle of a few of them as they are. Where
        it is not sure of what it finds so, it looks at what surrounds that, too, in
        smaller and smaller images; of those where it is sure, the one with the most
        pixels of objects wins. Where there is nothing, the diameter that it knows is
        the answer.
        """
        known = model_of(self.model).card.diameter
        step = -(-len(planes) // LOOKS)
        seen = planes[step // 2 :: step]
        looks = [self._first(seen, 1)]
        if looks[0].confidence < LIKELY or looks[0].area < known**2:
            room = max(seen[0].shape[:2]) / known
            others = (self._first(seen, factor) for factor in SMALLER if factor < room)
            looks += [look for look in others if look.confidence >= SURE]
        found = max(looks, key=lambda look: look.confidence * look.area)
        if not found.area:
            return known
        return float(np.clip(found.diameter, known * SMALLEST, known * LARGEST))

    def _first(self, planes: Sequence[Plane], smaller: int) -> _Look:
        """Return what is found in the middle of planes that are made smaller."""
        doubtful = self.replace(min_confidence=0, mirror="never")
        middles = (_middle(plane, smaller * TILE) for plane in planes)
        found = [doubtful.segment(part, Objects(), 1 / smaller) for part in middles]
        areas = np.concatenate([np.bincount(one.labels.ravel())[1:] for one in found])
        sure = np.concatenate([one.confidence for one in found])
        area = int(areas.sum())
        confidence = float(areas @ sure / area) if area else 0.0
        return _Look(_typical_diameter(areas, sure), area, confidence)

    def segment(
        self, plane: Plane, objects: Objects, factor: float | None = None
    ) -> Decoded:
        """Return the objects of a plane (Y, X) or (Y, X, 3).

        The network sees it resized by a factor; by default that of `factor_for`.

        Raises
        ------
        FileNotFoundError, ValueError
            If the model is missing or was altered.
        """
        model = model_of(self.model)
        decoding, calibration = model.card.decoding, model.card.calibration
        return decode(
            self.maps(plane, model, factor),
            objects,
            level=decoding.foreground,
            seed=decoding.seed,
            calibration=calibration or UNCALIBRATED,
            least=self.min_confidence,
        )

    def maps(
        self, plane: Plane, model: Model, factor: float | None = None
    ) -> NDArray[np.float32]:
        """Return the model's maps (Y, X, maps) of a plane, on the plane's grid."""
        normalisation, known = model.card.normalisation, model.card.diameter
        grey = luminance(plane)
        limits = self.limits or normalisation.limits(grey)
        colours = model.card.architecture.channels == 3
        image = normalisation.apply(plane if colours else grey, limits)
        if factor is None:
            factor = factor_for(self.diameter or known, known)
        if factor == 1:
            return self._predict(image, model)
        height, width = image.shape[:2]
        maps = self._predict(resize_by(image, factor), model)
        return np.asarray(
            cv2.resize(maps, (width, height), interpolation=cv2.INTER_LINEAR),
            np.float32,
        )

    def _predict(self, image: NDArray[np.float32], model: Model) -> NDArray[np.float32]:
        """Return the maps of a normalised image, from one side or from both."""
        seen = partial(predict, model=model, precision=self.precision)
        one_tile = self.mirror == "auto" and fits_a_tile(image)
        return (
            both_ways(seen, image)
            if one_tile or self.mirror == "always"
            else seen(image)
        )


def _middle(plane: Plane, size: int) -> Plane:
    """Return the middle of a plane, a square of a size; without NaN, which has no size.

    It begins where a tile does that the plane is segmented in, so that the engine
    knows that tile again.
    """
    starts = (
        STEP * max(0, round((length - size) / 2 / STEP)) for length in plane.shape[:2]
    )
    rows, columns = (slice(start, start + size) for start in starts)
    tile = plane[rows, columns]
    return np.nan_to_num(tile) if tile.dtype.kind == "f" else tile


def _typical_diameter(
    areas: NDArray[np.int64], confidence: NDArray[np.float32]
) -> float:
    """Return the diameter in pixels of the median object, each counted by confidence.

    Crumbs, and what two objects are found as, are doubtful and hardly count. 0 if
    there are none.
    """
    if not len(areas):
        return 0.0
    order = np.argsort(areas)
    counted = np.cumsum(confidence[order])
    median = areas[order][np.searchsorted(counted, counted[-1] / 2)]
    return float(2 * np.sqrt(median / np.pi))


@lru_cache(maxsize=8)
def model_of(name: str) -> Model:
    """Return a verified model; its checksums are computed once a process.

    Raises
    ------
    FileNotFoundError, ValueError
        If the model is missing or was altered.
    """
    return load_model(name)
