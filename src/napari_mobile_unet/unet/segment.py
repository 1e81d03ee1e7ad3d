"""Segmentation of planes with a mobile U-Net, as a value in a recipe."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, field_validator

from napari_mobile_unet.images.windows import middle_window
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.parallel.cores import usable_cores
from napari_mobile_unet.parallel.executors import iter_in_order
from napari_mobile_unet.settings import Called, Params, ZeroMeans
from napari_mobile_unet.unet.classes import class_numbers
from napari_mobile_unet.unet.colour import (
    Colour,
    choose_colour,
    limits_of,
    normalised,
)
from napari_mobile_unet.unet.confidence import UNCALIBRATED
from napari_mobile_unet.unet.decoding import Decoded, Grown, decode, grow, select
from napari_mobile_unet.unet.diameter import (
    ScaleTrial,
    find_diameter,
    trial_image,
    trial_planes,
    trial_window,
)
from napari_mobile_unet.unet.engine import predict
from napari_mobile_unet.unet.model import Model, Precision, model_of
from napari_mobile_unet.unet.normalise import LARGEST
from napari_mobile_unet.unet.rescale import (
    average_half_turn,
    back_to,
    fits_in_tile,
    resize_by,
    resize_factor,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_mobile_unet.types import Floats, Plane
    from napari_mobile_unet.unet.engine import TileCache


Limit = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Pair = tuple[Limit, Limit]
MIN_DIAMETER = 1.0
"""Pixels. For smaller objects an image would be enlarged without end."""
MIN_CONFIDENCE = 0.35
"""Confidence below which an object is not shown by default."""
LOOKED_AT = 1024
"""Height and width in pixels of the part of a plane in which a colour is chosen."""


class UNet(Params):
    """Segment with a mobile U-Net."""

    method: Literal["unet"] = "unet"
    """Tag of this method in a recipe."""
    model: str = "nuclei"
    """Name or folder of the model."""
    diameter: Annotated[
        float,
        Field(ge=0, le=2000),
        ZeroMeans("automatic"),
        Called("object size"),
    ] = 0
    """Diameter of the objects in pixels; 0: found in the image."""
    scope: Annotated[
        Literal["stack", "plane"],
        Called("grey range", {"stack": "whole stack", "plane": "each plane"}),
    ] = "stack"
    """Grey range of the whole stack (empty planes stay empty), or of each plane."""
    precision: Annotated[
        Precision,
        Called("accuracy", {"auto": "automatic", "fp32": "best", "int8": "fast"}),
    ] = "auto"
    """Numbers that the network computes with: int8 (fast) takes half the time of fp32
    (best); auto: int8 if the model has it."""
    mirror: Annotated[
        Literal["auto", "always", "never"],
        Called("finer outlines", {"auto": "automatic"}),
    ] = "auto"
    """Average with the image turned by 180°: finer outlines for twice the network's
    time; auto: planes of one tile."""
    colour: Colour = "auto"
    """RGB images: what the network sees; auto: all colours, or in fluorescence the
    channel in which it finds most."""
    min_confidence: Annotated[float, Field(ge=0, le=1), Called("confidence from")] = (
        MIN_CONFIDENCE
    )
    """Hide objects whose confidence is below this; more of them where most objects of a
    plane are doubtful; 0 shows all."""
    limits: Pair | Annotated[tuple[Pair, ...], Field(min_length=2)] | None = None
    """Grey values that become 0 and 1, of each channel if the network sees several;
    by default found in the image."""

    @field_validator("diameter")
    @classmethod
    def _check_diameter(cls, value: float) -> float:
        if 0 < value < MIN_DIAMETER:
            raise ValueError(
                f"objects are {MIN_DIAMETER:g} pixel wide or more; 0 finds their size"
            )
        return value

    @field_validator("limits")
    @classmethod
    def _check_order(cls, value: Pair | tuple[Pair, ...] | None) -> Any:
        pairs: Any = value if value and isinstance(value[0], tuple) else (value,)
        for pair in pairs:
            if pair and pair[0] > pair[1]:
                raise ValueError(
                    f"the lower limit comes first; received {pair}; swap the two"
                )
        return value

    def fit(
        self,
        planes: Iterable[Plane],
        middles: Iterable[Plane] | None = None,
        cache: TileCache | None = None,
    ) -> UNet:
        """Return these settings with colour, grey range and object size of the planes.

        Parameters
        ----------
        planes : iterable of ndarray
            Of the stack, or a sample of them.
        middles : iterable of ndarray, optional
            Parts of the planes to find the object size in, if not in ``planes``: a
            mosaic of windows would cut objects.
        cache : TileCache, optional
            Of the only plane; keeps what its segmentation need not compute again.
        """
        if self.class_names:
            return self._of_classes()._with_limits(planes)
        ranged = self.scope == "plane" or self.limits is not None
        if self.diameter and ranged and self.colour != "auto":
            return self
        sample, fitted = list(planes), self
        card = model_of(self.model).card
        if self.colour == "auto" and not card.channel_names:
            fitted = self.replace(colour=self._choose_colour(sample))
        fitted = fitted._with_limits(sample)
        if fitted.diameter:
            return fitted
        searched = sample if middles is None else list(middles)
        diameter = fitted.search_diameter(searched, cache)
        return fitted.replace(diameter=max(MIN_DIAMETER, diameter))

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes 1 to n that the model tells; empty if it finds objects.

        Raises
        ------
        FileNotFoundError, ValueError
            If the model is missing or was altered.
        """
        return model_of(self.model).card.architecture.classes

    def _of_classes(self) -> UNet:
        """Return settings for classes: they have no size, and no confidence.

        Raises
        ------
        ValueError
            If either is asked for.
        """
        own = model_of(self.model).card.diameter
        sized = self.diameter not in (0, own)
        if sized or self.min_confidence not in (0, MIN_CONFIDENCE):
            raise ValueError(
                f"classes have no size and no confidence; {self.model} tells classes, "
                f"got diameter {self.diameter:g} and min_confidence "
                f"{self.min_confidence:g}; leave both as by default"
            )
        colour = "all" if self.colour == "auto" else self.colour
        return self.replace(colour=colour, diameter=own)

    def _with_limits(self, planes: Iterable[Plane]) -> UNet:
        """Return these settings with the grey range of planes, if they share one."""
        if self.scope == "plane" or self.limits is not None:
            return self
        card = model_of(self.model).card
        return self.replace(limits=limits_of(list(planes), card, self.colour))

    def _choose_colour(self, planes: Sequence[Plane]) -> Colour:
        """Return what of some planes, if they are RGB, the network is to see."""
        seen = [
            plane[middle_window(plane.shape, LOOKED_AT)]
            for plane in trial_planes(planes)
        ]

        def find(colour: Colour) -> list[Decoded]:
            one = self.replace(colour=colour, min_confidence=0).fit(seen)
            return [one.segment(plane, Objects()) for plane in seen]

        return choose_colour(seen, find)

    def search_diameter(
        self, planes: Sequence[Plane], cache: TileCache | None = None
    ) -> float:
        """Return the diameter in pixels of the typical object in some planes."""
        chosen = trial_planes(planes)
        trusting = self.replace(min_confidence=0, mirror="never", diameter=0)

        def segment(factor: float, plane: Plane) -> Decoded:
            image, here = trial_image(plane, factor), None
            if cache and factor == 1:
                rows, columns = trial_window(plane.shape, factor)
                here = cache.at(rows.start, columns.start)
            return trusting.segment(image, Objects(), here)

        def try_scale(factor: float) -> ScaleTrial:
            threads = min(usable_cores(), len(chosen))
            found = iter_in_order(partial(segment, factor), chosen, threads)
            return ScaleTrial.of(list(found), factor)

        model_diameter = model_of(self.model).card.diameter
        return find_diameter(try_scale, model_diameter, max(chosen[0].shape[:2]))

    def segment(
        self, plane: Plane, objects: Objects, cache: TileCache | None = None
    ) -> Decoded:
        """Return the objects of a plane (Y, X, ...), or its classes.

        Raises
        ------
        FileNotFoundError, ValueError
            If the model is missing or was altered.
        """
        model = model_of(self.model)
        return self.decode(self.maps(plane, model, cache), objects)

    def decode(self, maps: Floats, objects: Objects) -> Decoded:
        """Return the objects that maps of the model show, or the classes; see ``maps``.

        The number of a class is the same in all planes; there is no confidence.
        """
        card = model_of(self.model).card
        if names := card.architecture.classes:
            unknown = np.full(len(names), np.nan, np.float32)
            return Decoded(class_numbers(maps, card.decoding), unknown)
        return decode(
            maps,
            objects,
            card.decoding,
            diameter=self.diameter or card.diameter,
            calibration=card.calibration or UNCALIBRATED,
            min_confidence=self.min_confidence,
        )

    def grow(self, maps: Floats, objects: Objects) -> Grown:
        """Return the pieces that maps of the model show; see ``select``."""
        return grow(maps, objects, model_of(self.model).card.decoding)

    def select(self, grown: Grown, objects: Objects) -> Decoded:
        """Return what `decode` would, of pieces that have grown already."""
        card = model_of(self.model).card
        return select(
            grown,
            objects,
            diameter=self.diameter or card.diameter,
            calibration=card.calibration or UNCALIBRATED,
            min_confidence=self.min_confidence,
        )

    def maps(
        self, plane: Plane, model: Model, cache: TileCache | None = None
    ) -> Floats:
        """Return the model's maps (Y, X, maps) of a plane, on the plane's grid."""
        limits = self.limits or limits_of([plane], model.card, self.colour)
        image = normalised(plane, model.card, self.colour, limits)
        return self.maps_of_normalised(image, model, cache)

    def maps_of_normalised(
        self, image: Floats, model: Model, cache: TileCache | None = None
    ) -> Floats:
        """Return the model's maps (Y, X, maps) of an image that is normalised.

        It is resized by `resize_factor` for the network.
        """
        model_diameter = model.card.diameter
        factor = resize_factor(self.diameter or model_diameter, model_diameter)
        if factor == 1:
            return self._predict(image, model, cache)
        maps = self._predict(resize_by(image, factor), model)
        return back_to(image.shape, maps)

    def _predict(
        self, image: Floats, model: Model, cache: TileCache | None = None
    ) -> Floats:
        """Return the maps of a normalised image, averaged over a half turn or not."""
        run = partial(predict, model=model, precision=self.precision)
        maps = run(image, cache=cache)
        one_tile = self.mirror == "auto" and fits_in_tile(image)
        if one_tile or self.mirror == "always":
            return average_half_turn(maps, image, run)
        return maps
