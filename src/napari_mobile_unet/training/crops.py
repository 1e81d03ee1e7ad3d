"""Random crops of annotated planes, with the maps that the network has to learn.

Everything random comes from the generator that is passed in, so that one seed gives
one sequence of crops, whatever the threads do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.training.augment import (
    add_haze,
    blur,
    grey,
    mix_channels,
    vary_values,
)
from napari_mobile_unet.training.compose import Crop, overlay_crops, vary_contrast
from napari_mobile_unet.training.stains import restain
from napari_mobile_unet.training.targets import DISTANCE
from napari_mobile_unet.unet.rescale import resize, resize_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.training.augment import Augmentation
    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.types import Floats, Reals


NEAR_OBJECT = 0.5
"""Share of the crops that lie near an object; the others lie anywhere."""
DIAMETER_ERROR = 0.12
"""Standard deviation of the natural logarithm of the diameter that the search finds in
an image, around that of its objects."""


@dataclass(frozen=True, eq=False)
class CropSampler:
    """Draws crops of one size from annotated planes.

    Parameters
    ----------
    examples : sequence of Example
        The annotated planes. Groups of them are drawn evenly, by the root of their
        size.
    size : int
        Height and width of a crop in pixels.
    augmentation : Augmentation
        How much a crop may differ from its plane.
    channels : int
        Of the network. A grey image fills all; of a colour image the colours are
        kept, or mixed to grey.
    """

    examples: Sequence[Example]
    size: int
    augmentation: Augmentation
    channels: int = 1

    @cached_property
    def _chances(self) -> Reals:
        """Chance of each example to be drawn."""
        groups = [example.group for example in self.examples]
        sizes = {group: groups.count(group) for group in set(groups)}
        chances = np.array([sizes[group] ** -0.5 for group in groups])
        return np.asarray(chances / chances.sum(), np.float64)

    def draw(self, rng: np.random.Generator) -> Crop:
        """Return one crop: image (size, size, channels), and what is learnt of it."""
        settings = self.augmentation
        example = self.examples[rng.choice(len(self.examples), p=self._chances)]
        if rng.random() < settings.plain:
            image, targets = self._cut(example, rng)
            image = grey(image) if self.channels == 1 else image
            return Crop(self._filled(image), example.maps_of(targets))
        scale = np.exp(rng.uniform(np.log(0.75), np.log(1.33)))
        if rng.random() > settings.native and np.isfinite(example.diameter):
            low, high = np.log(settings.diameter)
            scale = np.exp(rng.uniform(low, high)) / example.diameter
        if settings.as_segmented:
            known = settings.known_diameter
            scale *= resize_factor(example.diameter_or(known), known)
        scale = float(scale)
        if self._is_restained(example, rng):
            crop = self._warp(example, scale, rng, stain=True)
            image = crop.image
        else:
            crop = self._warp(example, scale, rng)
            if rng.random() < settings.overlap:
                upper = self._warp(example, scale, rng)
                crop = overlay_crops(crop, upper, example.bright)
            image = crop.image
            if settings.mixing:
                image = mix_channels(image, self.channels, rng)
        # Nothing is drawn for what is off: a seed gives the crops that it always gave.
        if settings.haze and rng.random() < settings.haze:
            image = add_haze(image, example.bright, rng)
        image = vary_values(image, settings, rng)
        return Crop(self._filled(image), example.maps_of(crop.targets))

    def _is_restained(self, example: Example, rng: np.random.Generator) -> bool:
        """Return whether a crop gets other stains, which only colours can show."""
        share = self.augmentation.stain if self.channels == 3 else 0
        tissue = example.image.shape[-1] == 3 and not example.bright
        return bool(share and tissue and rng.random() < share)

    def _filled(self, image: Floats) -> Floats:
        """Return grey or colour as (size, size, channels)."""
        shape = self.size, self.size, self.channels
        return np.broadcast_to(np.atleast_3d(image), shape)

    def _cut(self, example: Example, rng: np.random.Generator) -> Crop:
        """Return a part of an example as it will be segmented, turned by right angles.

        It is resized for objects of a known diameter as in a segmentation, or not at
        all. A crop turned by other angles has finer noise and softer outlines.
        """
        size, known = self.size, self.augmentation.known_diameter
        error = np.exp(rng.normal(0, DIAMETER_ERROR))
        found = example.diameter * error if np.isfinite(example.diameter) else known
        width = max(1, round(size / resize_factor(found, known)))
        corner = np.round(_centre(example, width, rng) - width / 2)
        highest = np.subtract(example.labels.shape[::-1], width)
        corner = np.clip(corner, 0, np.maximum(highest, 0))
        shift = np.hstack([np.eye(2), corner[:, None]])
        quarters, flip = int(rng.integers(4)), rng.random() < 0.5

        def cut(source: Floats) -> Floats:
            part = warp_affine(source, shift, width, cv2.INTER_NEAREST)
            square = np.rot90(part, quarters)
            return np.ascontiguousarray(square[:, ::-1] if flip else square)

        image = cut(example.image).reshape(width, width, -1)
        targets = cut(example.targets)
        if width == size:
            return Crop(image, targets)

        def move(source: Floats, method: int) -> Floats:
            return np.asarray(cv2.resize(source, (size, size), interpolation=method))

        return Crop(
            resize(image, size, size), example.moved(targets, move, size / width)
        )

    def _warp(
        self,
        example: Example,
        scale: float,
        rng: np.random.Generator,
        stain: bool = False,
    ) -> Crop:
        """Return a turned and stretched part of an example, and its targets.

        The targets are those of ``targets_of``, with distances in pixels of the crop.
        """
        size = self.size
        angle = rng.uniform(0, 2 * np.pi)
        stretch = np.exp(rng.uniform(-0.15, 0.15))
        sine, cosine = np.sin(angle), np.cos(angle)
        turn = np.array([[cosine, -sine], [sine, cosine]])
        flip = np.diag([rng.choice([-1.0, 1.0]), 1.0])
        # Maps a crop pixel to an image pixel.
        matrix = turn @ np.diag([stretch, 1 / stretch]) @ flip / scale
        centre = _centre(example, size / scale, rng)
        offset = centre - matrix @ np.full(2, (size - 1) / 2)
        affine = np.hstack([matrix, offset[:, None]])
        source = example.image
        if scale < 0.7:
            # Without this a shrunken image would alias, as no microscope's does.
            source = blur(source, 0.4 / scale).reshape(source.shape)
        image = warp_affine(source, affine, size).reshape(size, size, -1)
        targets = example.moved(
            example.targets,
            lambda of, method: warp_affine(of, affine, size, method),
            scale,
        )
        uneven = rng.random() < self.augmentation.uneven
        if not (uneven or stain):
            return Crop(image, targets)
        # Exact below 2²⁴, and OpenCV warps floats, but no 32-bit integers.
        labels = example.labels.astype(np.float32)
        warped = warp_affine(labels, affine, size, cv2.INTER_NEAREST)
        ids = warped.astype(np.int32)
        if uneven:
            image = vary_contrast(image, ids, example.bright, rng)
        if stain:
            image = restain(image, ids, targets[..., DISTANCE], rng)
        return Crop(image, targets)


def _centre(example: Example, width: float, rng: np.random.Generator) -> Reals:
    """Return x and y of a crop's centre; its width is in pixels of the image."""
    centre = rng.uniform(0.1, 0.9, 2) * example.labels.shape[::-1]
    if len(example.centres) and rng.random() < NEAR_OBJECT:
        # Much of a sparse image teaches nothing. But no object is always in the middle.
        centre = rng.choice(example.centres) + rng.uniform(-0.4, 0.4, 2) * width
    return centre


def warp_affine(
    image: Floats, affine: Reals, size: int, interpolation: int = cv2.INTER_LINEAR
) -> Floats:
    """Return the square of an image that a crop's pixels are mapped to.

    Parameters
    ----------
    image : ndarray of float32
        (Y, X) or (Y, X, channels); mirrored beyond its edges.
    affine : ndarray
        (2, 3), from x, y, 1 of a crop pixel to x, y of the image.
    size : int
        Height and width of the crop in pixels.
    interpolation : int
        OpenCV's constant.
    """
    warped = cv2.warpAffine(
        image,
        affine,
        (size, size),
        flags=interpolation | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(warped, np.float32)
