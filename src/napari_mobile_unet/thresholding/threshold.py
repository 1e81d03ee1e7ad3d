"""Grey values to a mask: by Otsu's threshold, by another one, or one set by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Self

import cv2
import numpy as np
from pydantic import Field, model_validator

from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.settings import Called, Params
from napari_mobile_unet.thresholding.choices import (
    ForegroundChoice,
    Made,
    Method,
    Scope,
)
from napari_mobile_unet.thresholding.foreground import Foreground
from napari_mobile_unet.thresholding.histogram import Histogram, count_plane
from napari_mobile_unet.thresholding.methods import METHODS
from napari_mobile_unet.thresholding.otsu import (
    HistogramSplit,
    Split,
    are_ascending,
    multi_otsu,
    otsu,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Mask, Plane, Side


LARGEST = 1e37
"""Largest number whose surroundings can be averaged in 32 bits."""


def classify(plane: Plane, thresholds: Sequence[float]) -> NDArray[np.uint8]:
    """Return the class of each pixel: the number of thresholds that it exceeds.

    Parameters
    ----------
    plane : ndarray
        (Y, X), or (Y, X, 3) for RGB, which is classified by luminance.
    thresholds : sequence of float
        In the image's units.

    Returns
    -------
    ndarray of uint8
        (Y, X), 0 to ``len(thresholds)``; NaN is in class 0.
    """
    grey = luminance(plane)
    classes = np.zeros(grey.shape, np.uint8)
    for threshold in thresholds:
        classes += _above(grey, threshold)
    return classes


class Threshold(Params):
    """How grey values become a mask."""

    method: Method = "otsu"
    """How the threshold is found: Otsu's (least variance within the classes), others as
    in ImageJ, or adaptive (each pixel against its surroundings)."""
    classes: Annotated[int, Field(ge=2, le=4)] = 2
    """Number of classes of grey values, with Otsu's method."""
    object_classes: Annotated[tuple[int, ...], Called("objects are")] = ()
    """Classes that are objects, counted from 1, the darkest; by default the one at the
    end that foreground names."""
    result: Annotated[Made, Called("labels are")] = "objects"
    """What labels are made of: objects, each with an id of its own, or classes, so that
    each pixel has the number of its class, from 1, the darkest."""
    scope: Scope = "stack"
    """One threshold for the whole stack, or one for each plane."""
    values: tuple[float, ...] | None = None
    """Thresholds set by hand, in the image's units; they replace those found."""
    foreground: ForegroundChoice = "auto"
    """Whether objects are bright or dark; auto: the class with fewer pixels, or dark in
    RGB images of transmitted light."""
    min_separability: Annotated[float, Field(ge=0, le=1), Called("empty below η")] = 0
    """Find no objects where the separability η is below this: the share of the grey
    values' variance that lies between the classes, about 0.6 for noise alone, 1 for
    classes without any; 0 finds objects everywhere."""
    window: Annotated[int, Field(ge=3, le=801)] = 51
    """Adaptive: width of the surroundings that each pixel is compared with, in
    pixels."""
    offset: Annotated[float, Field(ge=-5, le=5)] = 0.2
    """Adaptive: how far a pixel must differ from them, in standard deviations of the
    image."""

    @model_validator(mode="after")
    def _only_otsu_has_classes(self) -> Self:
        if self.method != "otsu" and self.classes != 2:
            raise ValueError(
                f"the method {self.method!r} has 2 classes, got {self.classes}; "
                "choose 'otsu' for more"
            )
        if self.method == "adaptive" and self.values is not None:
            raise ValueError(
                "the method 'adaptive' has no threshold to set by hand, got "
                f"{self.values}; choose another method"
            )
        return self

    @model_validator(mode="after")
    def _one_value_between_classes(self) -> Self:
        count = self.classes - 1
        if self.values is not None and not (
            len(self.values) == count and are_ascending(self.values)
        ):
            raise ValueError(
                f"values must be {count} threshold(s) in ascending order for "
                f"{self.classes} classes, got {self.values}; change values or classes"
            )
        return self

    @model_validator(mode="after")
    def _some_of_the_classes(self) -> Self:
        chosen, known = self.object_classes, range(1, self.classes + 1)
        some = len(chosen) < self.classes and set(chosen) <= set(known)
        if chosen and not (some and list(chosen) == sorted(set(chosen))):
            raise ValueError(
                f"object_classes are some of the classes 1 to {self.classes}, in "
                f"ascending order, got {chosen}; name others, or none"
            )
        if chosen and self.method == "adaptive":
            raise ValueError(
                "an adaptive threshold has no classes to choose, got object_classes "
                f"{chosen}; leave them out, or choose another method"
            )
        return self

    @model_validator(mode="after")
    def _all_classes_or_some(self) -> Self:
        if self.result == "classes" and (self.object_classes or self.local):
            raise ValueError(
                "labels of classes have all of them, got the method "
                f"{self.method!r} and object_classes {self.object_classes}; choose "
                "another method, leave object_classes out, or make objects"
            )
        return self

    @property
    def local(self) -> bool:
        """Whether each pixel has a threshold of its own."""
        return self.method == "adaptive"

    def split(self, counted: Histogram | Plane) -> HistogramSplit:
        """Return the thresholds, found or set by hand, on these counts.

        An adaptive threshold has none: the split is Otsu's then.

        Parameters
        ----------
        counted : Histogram or ndarray
            Of the scope: a stack's counts (`count_planes`), or one plane, (Y, X) or
            (Y, X, 3).

        Raises
        ------
        ValueError
            If there is no finite value, or the method finds no threshold.
        """
        if not isinstance(counted, Histogram):
            counted = count_plane(counted)
        if self.values is not None:
            return otsu(counted).at(*self.values)
        split = multi_otsu(counted, self.classes)
        if self.method not in METHODS or split.constant:
            return split
        return split.at(METHODS[self.method](counted))

    def summary(self, plane: Plane) -> dict[str, Any]:
        """Return a plane's thresholds and classes as plain values for JSON.

        None of them where nothing is finite, or the method finds no threshold.
        """
        try:
            return self.split(plane).summary()
        except ValueError:
            excluded = int((~np.isfinite(luminance(plane))).sum())
            nothing = dict.fromkeys(("thresholds", "class_shares", "class_means"), ())
            return {**nothing, "separability": 0.0, "excluded": excluded}

    def foreground_of(self, split: HistogramSplit | Split) -> Foreground:
        """Return which end of the grey values is the objects, and why."""
        if self.foreground == "auto":
            return split.foreground
        return Foreground(side=self.foreground, reason="chosen")

    def side(self, split: HistogramSplit | Split) -> Side:
        """Return which end of the grey values is the objects."""
        return self.foreground_of(split).side

    def mask(self, plane: Plane, split: HistogramSplit | Split) -> Mask:
        """Return where a plane is foreground.

        Parameters
        ----------
        plane : ndarray
            (Y, X), or (Y, X, 3) for RGB.
        split : HistogramSplit or Split
            Of this plane or of its stack; see `split`.

        Returns
        -------
        ndarray of bool
            (Y, X); False where the plane is NaN or infinite, and everywhere if the
            split separates nothing or less than `min_separability`.
        """
        grey = luminance(plane)
        nothing = split.constant and self.values is None
        if nothing or split.separability < self.min_separability:
            return np.zeros(grey.shape, bool)
        side = self.side(split)
        if self.object_classes:
            chosen = np.zeros(self.classes, bool)
            chosen[np.array(self.object_classes) - 1] = True
            mask = chosen.take(classify(grey, split.thresholds))
        elif self.method == "adaptive":
            mask = self._stands_out(grey, split, side)
        elif side == "bright":
            mask = _above(grey, split.thresholds[-1])
        else:
            mask = ~_above(grey, split.thresholds[0])
        return mask & np.isfinite(grey) if grey.dtype.kind == "f" else mask

    def class_numbers(
        self, plane: Plane, split: HistogramSplit | Split | None = None
    ) -> NDArray[np.uint8]:
        """Return the class of each pixel, counted from 1, the darkest.

        Parameters
        ----------
        plane : ndarray
            (Y, X), or (Y, X, 3) for RGB, which is classified by luminance.
        split : HistogramSplit or Split, optional
            As for `mask`; of this plane unless given.

        Returns
        -------
        ndarray of uint8
            (Y, X); 0 where the plane is NaN or infinite, and everywhere if the split
            separates nothing or less than `min_separability`.

        Raises
        ------
        ValueError
            If the method has no classes, or finds no threshold.
        """
        if self.method == "adaptive":
            raise ValueError(
                "an adaptive threshold has no classes to number, got the method "
                "'adaptive'; choose another method"
            )
        grey = luminance(plane)
        numbers = np.zeros(grey.shape, np.uint8)
        finite = np.isfinite(grey)
        if not finite.any():
            return numbers
        split = split or self.split(grey)
        nothing = split.constant and self.values is None
        if not nothing and split.separability >= self.min_separability:
            numbers[finite] = 1 + classify(grey, split.thresholds)[finite]
        return numbers

    def _stands_out(
        self, grey: Plane, split: HistogramSplit | Split, side: str
    ) -> Mask:
        """Return where a plane is brighter, or darker, than its surroundings.

        The definition is that of ``cv2.adaptiveThreshold`` with a Gaussian window,
        which itself takes 8 bits only.
        """
        with np.errstate(over="ignore"):
            values = grey.astype(np.float32)
        if grey.dtype.kind == "f":  # what is missing, or too large to be added up
            known = np.abs(values) <= LARGEST
            if not known.all():
                typical = np.median(values[known]) if known.any() else 0
                values = np.where(known, values, np.float32(typical))
        width = self.window | 1  # odd, so that it has a middle
        around = cv2.GaussianBlur(
            values, (width, width), 0, borderType=cv2.BORDER_REPLICATE
        )
        sign = 1 if side == "bright" else -1
        least = self.offset * math.sqrt(split.variance)
        return np.asarray(sign * (values - around) > least)


def _above(grey: Plane, threshold: float) -> Mask:
    if grey.dtype.kind in "iu":  # whole numbers compare ten times faster
        return np.asarray(grey > math.floor(threshold))
    return np.asarray(grey > np.float64(threshold))
