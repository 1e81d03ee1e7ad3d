"""One plane, segmented anew whenever settings change: what they leave is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.images.windows import WHOLE, is_large
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.preprocessing.chain import apply_steps
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.fit import Fitted, fit, fit_to_plane
from napari_mobile_unet.runs.plane import classes_on_grid, on_grid
from napari_mobile_unet.unet.model import model_of
from napari_mobile_unet.unet.rescale import resize_factor
from napari_mobile_unet.unet.segment import MIN_DIAMETER, UNet

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.runs.fit import Steps
    from napari_mobile_unet.types import Floats, Labels
    from napari_mobile_unet.unet.decoding import Decoded, Grown

KEPT_MAPS = 3
"""Maps of the latest settings that are kept: 12 bytes a pixel each, and 4 more for
what has grown of them."""
SHAPING = ("smooth", "split", "fill_holes")
"""Settings of objects that change their pixels; others only select among them."""


@dataclass(frozen=True)
class Previewed:
    """What a recipe finds in the plane."""

    objects: Decoded
    """Classes, or all objects, the doubtful ones too: ``above`` hides these."""
    fitted: Fitted
    """With the grey range and the diameter that were found in the stack."""
    doubtful_below: float
    """What the recipe says about which of them are shown."""

    @property
    def shown(self) -> Decoded:
        """The objects that a run of the recipe would give."""
        return self.objects.above(self.doubtful_below)

    def split(self) -> tuple[Labels, Labels]:
        """Return the objects that are shown, and those that are left out.

        Returns
        -------
        tuple of ndarray of int32
            (Y, X) each. The ids are those of ``objects`` in both: with another
            confidence an object keeps its id, and so its colour.
        """
        shown = np.append(False, self.objects.is_shown(self.doubtful_below))
        ids = np.arange(len(shown), dtype=np.int32)
        found = self.objects.labels
        return (ids * shown).take(found), (ids * ~shown).take(found)

    def across(self) -> float:
        """Return the diameter in pixels of the median object shown; 0 without one."""
        counts = np.bincount(self.objects.labels.ravel(), minlength=1)[1:]
        areas = counts[self.objects.is_shown(self.doubtful_below)]
        return float(np.sqrt(4 / np.pi * np.median(areas))) if areas.size else 0.0


class Preview:
    """A plane that a U-Net segments again and again, while its settings change.

    What a run over the stack would find in this plane. Another confidence, other
    settings of objects, and another diameter for which the network sees the plane in
    the same size, leave the network's maps as they are; then only these are decoded.
    Safe to use from any thread, by one at a time.

    Parameters
    ----------
    stack : Stack
        Of one channel or RGB.
    number : int
        Of the plane.
    window : tuple of slice
        The part of the plane that is looked at; objects at its edges are cut.
    """

    def __init__(self, stack: Stack, number: int, window: Window = WHOLE) -> None:
        self.number, self.window = number, window
        self._stack = stack
        self._seen = lru_cache(KEPT_MAPS)(self._find_all)
        self._base = lru_cache(1)(self._find_base)
        self._diameter = lru_cache(KEPT_MAPS)(self._find_diameter)
        self._maps = lru_cache(KEPT_MAPS)(self._find_maps)
        self._grown = lru_cache(KEPT_MAPS)(self._grow)
        self._decoded = lru_cache(1)(self._decode)

    def at(self, number: int, window: Window = WHOLE) -> Preview:
        """Return the preview of another plane, with all that is known of the stack.

        Parameters
        ----------
        number, window
            As for the class.
        """
        other = Preview(self._stack, number, window)
        other._seen, other._base = self._seen, self._base
        other._diameter = self._diameter
        return other

    def find(self, recipe: Recipe) -> Previewed:
        """Return what a recipe finds in the plane.

        Raises
        ------
        OSError, ValueError
            If the plane cannot be read, or the recipe does not fit it or is not one
            of a U-Net.
        Cancelled
            If the work of the calling thread was cancelled.
        """
        recipe.check_classes()
        steps, found = self._fit(recipe)
        confidence = _unet(recipe).min_confidence
        fitted = Fitted(
            recipe=recipe.replace(
                channel=None,
                steps=steps,
                segment=found.replace(min_confidence=confidence),
            )
        )
        objects = self._decoded(fitted.recipe.objects, steps, found)
        return Previewed(objects, fitted, confidence)

    def maps(self, recipe: Recipe) -> Floats:
        """Return the network's maps (Y, X, maps) of the plane, on its own grid.

        Raises
        ------
        OSError, ValueError, Cancelled
            As for `find`.
        """
        maps = self._network_maps(*self._fit(recipe))
        height, width = self._shape
        if maps.shape[:2] == (height, width):
            return maps
        return np.asarray(cv2.resize(maps, (width, height)), np.float32)

    def _fit(self, recipe: Recipe) -> tuple[Steps, UNet]:
        """Return steps and method with all that is found in the stack."""
        method = recipe.segment
        if not isinstance(method, UNet):
            raise ValueError(
                f"a preview is made by the U-Net, received the method "
                f"{method.method!r}; choose 'unet'"
            )
        wanted = method.replace(min_confidence=0)
        if method.class_names:  # the network sees all images in their own size
            return self._base(recipe.steps, wanted)
        if "S" in self._stack.axes and method.colour == "auto":
            # Which colour shows most depends on the size of what is looked for.
            seen = self._seen(recipe.steps, wanted)
            wanted = wanted.replace(colour=seen.colour, diameter=seen.diameter)
        steps, found = self._base(recipe.steps, wanted.replace(diameter=MIN_DIAMETER))
        found = found.replace(diameter=wanted.diameter)
        if not wanted.diameter:
            found = found.replace(diameter=self._diameter(steps, found))
        return steps, found

    def _find_all(self, steps: Steps, method: UNet) -> UNet:
        return _unet(fit(self._stack, _recipe(steps, method)).recipe)

    def _find_base(self, steps: Steps, method: UNet) -> tuple[Steps, UNet]:
        """Return steps and method with the grey ranges of the stack."""
        recipe = fit(self._stack, _recipe(steps, method)).recipe
        return recipe.steps, _unet(recipe)

    def _find_diameter(self, steps: Steps, method: UNet) -> float:
        return self._find_all(steps, method).diameter

    def _network_maps(self, steps: Steps, method: UNet) -> Floats:
        model = model_of(method.model)
        typical = model.card.diameter
        seen_alike = resize_factor(method.diameter, typical) == 1
        same = method.replace(diameter=typical) if seen_alike else method
        return self._maps(steps, same, model.checksum)

    def _decode(self, objects: Objects, steps: Steps, method: UNet) -> Decoded:
        if method.class_names:
            maps = self._network_maps(steps, method)
            return classes_on_grid(method.decode(maps, objects), self._shape)
        # The size and the place of objects do not change how they grow.
        shape = Objects(**{name: getattr(objects, name) for name in SHAPING})
        checksum = model_of(method.model).checksum
        grown = self._grown(shape, steps, method, checksum)
        return on_grid(method.select(grown, objects), self._shape)

    def _grow(
        self, objects: Objects, steps: Steps, method: UNet, _checksum: str
    ) -> Grown:
        maps = self._network_maps(steps, method)
        checkpoint()
        grown = method.grow(maps, objects)
        checkpoint()
        return grown

    def _find_maps(self, steps: Steps, method: UNet, _checksum: str) -> Floats:
        plane = self._stack.plane(self.number, self.window)
        if plane.dtype.kind == "f" and not np.isfinite(plane).any():
            names = model_of(method.model).card.architecture.maps
            return np.zeros((*self._shape, len(names)), np.float32)  # nothing is there
        recipe = _recipe(steps, method)
        if is_large(self._stack.plane_shape):
            own = fit_to_plane(self._stack, self.number, Fitted(recipe=recipe))
            recipe = recipe if own is None else own.recipe
        prepared = apply_steps(recipe.steps, plane)
        checkpoint()
        method = _unet(recipe)
        return method.maps(prepared, model_of(method.model))

    @property
    def _shape(self) -> tuple[int, ...]:
        sides = zip(self.window, self._stack.plane_shape, strict=True)
        return tuple(len(range(*side.indices(length))) for side, length in sides)


def _recipe(steps: Steps, method: UNet) -> Recipe:
    return Recipe(steps=steps, segment=method)


def _unet(recipe: Recipe) -> UNet:
    assert isinstance(recipe.segment, UNet)
    return recipe.segment
