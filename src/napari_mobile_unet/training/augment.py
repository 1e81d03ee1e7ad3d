"""Training examples: crops with the maps that the network has to learn.

Everything random comes from the generator that is passed in, so one seed gives
one sequence of crops, whatever the threads do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
from pydantic import Field
from scipy import ndimage

from napari_mobile_unet.settings import Params
from napari_mobile_unet.training.compose import is_bright, overlay, vary_objects
from napari_mobile_unet.training.targets import DISTANCE, LARGEST, maps_of
from napari_mobile_unet.unet.rescale import factor_for, resize

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.types import Floats, Labels, Reals


FOCUS = 0.5
"""Share of the crops that lie near an object; the others lie anywhere."""
COLOUR = 0.6
"""Share of the crops of colour images that a network for colour sees in colour."""


MISJUDGED = 0.12
"""Standard deviation of the natural logarithm of the diameter that is found, where it
should be that of the example."""


@dataclass(frozen=True, eq=False)
class Example:
    """One annotated plane, ready to be cropped.

    Parameters
    ----------
    image : ndarray
        (Y, X, channels), float32; each channel normalised.
    labels : ndarray
        (Y, X), int32, 0 is background.
    targets : ndarray
        (Y, X, 4), float32, of ``targets_of``.
    diameter : float
        Median diameter of its objects in pixels; NaN where it has none.
    group : str
        Kind of image; groups are drawn evenly (by the root of their size).
    """

    image: Floats
    labels: Labels
    targets: Floats
    diameter: float
    group: str

    @property
    def objects(self) -> int:
        """Number of objects."""
        return len(np.unique(self.labels[self.labels > 0]))

    @cached_property
    def bright(self) -> bool:
        """Whether the objects are brighter than what is around them."""
        return is_bright(self.grey, self.labels > 0)

    @cached_property
    def centres(self) -> Reals:
        """(n, 2) x and y of the centre of each object."""
        ids = np.unique(self.labels[self.labels > 0])
        places = ndimage.center_of_mass(self.labels > 0, self.labels, ids)
        return np.array(places).reshape(-1, 2)[:, ::-1]

    @property
    def grey(self) -> Floats:
        """The image as one channel (Y, X), as prediction would see it."""
        return grey(self.image)


class Augmentation(Params):
    """How much a crop may differ from its image."""

    diameter: tuple[float, float] = (10.0, 40.0)
    """Range of the median object diameter in pixels after scaling."""
    plain: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of crops that are what a segmentation sees, turned by right angles only."""
    native: float = 0.4
    """Share of the others that keep about the scale of their image."""
    gamma: float = 0.6
    """Largest natural logarithm of the gamma."""
    invert: float = 0.2
    """Share of crops with bright and dark exchanged."""
    blur: float = 1.5
    """Largest sigma of the blur in pixels."""
    noise: float = 0.1
    """Largest standard deviation of the noise, in units of the grey range."""
    overlap: float = 0.2
    """Share of crops that another crop of the same image is laid over."""
    uneven: float = 0.25
    """Share of crops in which each object gets a contrast of its own."""

    @property
    def known(self) -> float:
        """Diameter in pixels of the objects that a network learns to know best."""
        return float(np.sqrt(np.prod(self.diameter)).round(1))


def draw(
    examples: list[Example],
    chances: Reals,
    size: int,
    settings: Augmentation,
    rng: np.random.Generator,
    channels: int = 1,
) -> tuple[Floats, Floats]:
    """Return one random crop: image (size, size, channels), maps (size, size, 4).

    Of three channels in a network, a grey image fills all; of a colour image the
    colours are kept, or mixed to grey.
    """
    example = examples[rng.choice(len(examples), p=chances)]
    if rng.random() < settings.plain:
        image, targets = _cut(example, size, settings.known, rng)
        if channels == 1:
            image = grey(image)
        return _filled(image, size, channels), maps_of(targets)
    scale = np.exp(rng.uniform(np.log(0.75), np.log(1.33)))
    if rng.random() > settings.native and np.isfinite(example.diameter):
        low, high = np.log(settings.diameter)
        scale = np.exp(rng.uniform(low, high)) / example.diameter
    scale = float(scale)
    image, targets = _crop(example, scale, size, settings, rng)
    if rng.random() < settings.overlap:
        lower, upper = (image, targets), _crop(example, scale, size, settings, rng)
        image, targets = overlay(lower, upper, example.bright)
    targets = maps_of(targets)
    image = _vary(_mix(image, channels, rng), settings, rng)
    return _filled(image, size, channels), targets


def grey(image: Floats) -> Floats:
    """Return (Y, X, channels) as one channel (Y, X)."""
    if image.shape[-1] != 3:
        return np.asarray(image.mean(-1), np.float32)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def _filled(image: Floats, size: int, channels: int) -> Floats:
    """Return grey or colour as (size, size, channels)."""
    return np.broadcast_to(np.atleast_3d(image), (size, size, channels))


def _cut(
    example: Example, size: int, known: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return a part of an example as it will be segmented, turned by right angles.

    It is resized for objects of a known diameter just as then, or not at all. What is
    turned by other angles has finer noise and softer rims.
    """
    error = np.exp(rng.normal(0, MISJUDGED))
    found = example.diameter * error if np.isfinite(example.diameter) else known
    factor = factor_for(found, known)
    width = max(1, round(size / factor))
    corner = np.round(_centre(example, width, rng) - width / 2)
    highest = np.subtract(example.labels.shape[::-1], width)
    corner = np.clip(corner, 0, np.maximum(highest, 0))
    shift = np.hstack([np.eye(2), corner[:, None]])
    quarters, flip = int(rng.integers(4)), rng.random() < 0.5

    def cut(source: Floats) -> Floats:
        square = np.rot90(_warp(source, shift, width, cv2.INTER_NEAREST), quarters)
        return np.ascontiguousarray(square[:, ::-1] if flip else square)

    image, targets = cut(example.image).reshape(width, width, -1), cut(example.targets)
    if width == size:
        return image, targets

    def move(source: Floats, method: int) -> Floats:
        return np.asarray(cv2.resize(source, (size, size), interpolation=method))

    return resize(image, size, size), _scaled(targets, move, size / width)


def _centre(example: Example, width: float, rng: np.random.Generator) -> Reals:
    """Return x and y of a crop's centre; its width is in pixels of the image."""
    centre = rng.uniform(0.1, 0.9, 2) * example.labels.shape[::-1]
    if len(example.centres) and rng.random() < FOCUS:
        # Much of a sparse image teaches nothing; but the object is not in the middle.
        centre = rng.choice(example.centres) + rng.uniform(-0.4, 0.4, 2) * width
    return centre


def _crop(
    example: Example,
    scale: float,
    size: int,
    settings: Augmentation,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Return a turned and stretched part of an example, and its targets.

    The targets are those of ``targets_of``, with distances in pixels of the crop.
    """
    angle = rng.uniform(0, 2 * np.pi)
    stretch = np.exp(rng.uniform(-0.15, 0.15))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    flip = np.diag([rng.choice([-1.0, 1.0]), 1.0])
    # Maps a crop pixel to an image pixel.
    matrix = turn @ np.diag([stretch, 1 / stretch]) @ flip / scale
    offset = _centre(example, size / scale, rng) - matrix @ np.full(2, (size - 1) / 2)
    affine = np.hstack([matrix, offset[:, None]])
    source = example.image
    if scale < 0.7:
        # Without this a shrunken image would alias, as no microscope's does.
        source = _blur(source, 0.4 / scale).reshape(source.shape)
    image = _warp(source, affine, size).reshape(size, size, -1)
    targets = _scaled(
        example.targets, lambda of, method: _warp(of, affine, size, method), scale
    )
    if rng.random() < settings.uneven:
        # Exact below 2²⁴, and OpenCV warps floats, but no 32-bit integers.
        ids = _warp(example.labels.astype(np.float32), affine, size, cv2.INTER_NEAREST)
        image = vary_objects(image, ids.astype(np.int32), example.bright, rng)
    return image, targets


def _scaled(
    targets: Floats, move: Callable[[Floats, int], Floats], by: float
) -> Floats:
    """Return targets that were moved to another grid, whose pixels are so much finer.

    ``move`` takes them, and how OpenCV is to interpolate.
    """
    moved = move(targets, cv2.INTER_LINEAR)
    # Between two objects their largest distances must not be mixed.
    largest = np.ascontiguousarray(targets[..., LARGEST])
    moved[..., LARGEST] = move(largest, cv2.INTER_NEAREST)
    moved[..., DISTANCE:] *= by
    return moved


def _warp(
    image: Floats,
    affine: Reals,
    size: int,
    method: int = cv2.INTER_LINEAR,
) -> Floats:
    """Return the square of the image that a crop's pixels are mapped to."""
    flags = method | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REFLECT_101
    warped = cv2.warpAffine(image, affine, (size, size), flags=flags, borderMode=border)
    return np.asarray(warped, np.float32)


def _blur(image: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


def _mix(image: Floats, channels: int, rng: np.random.Generator) -> Floats:
    """Return one grey plane out of the channels, mixed at random, or a colour one."""
    if image.shape[-1] == 1:
        return image[..., 0]
    if image.shape[-1] == channels and rng.random() < COLOUR:
        # Stains differ from laboratory to laboratory, and cameras do.
        mixing = np.eye(channels) + rng.normal(0, 0.08, (channels, channels))
        mixing /= mixing.sum(0)
        return np.asarray(image @ mixing.astype(np.float32), np.float32)
    shares = rng.dirichlet(np.full(image.shape[-1], 0.7))
    return np.asarray(image @ shares.astype(np.float32))


def _vary(plane: Floats, settings: Augmentation, rng: np.random.Generator) -> Floats:
    """Return the plane, grey or of colours, with its values changed at random."""
    if rng.random() < settings.invert:
        plane = 1 - plane
    if rng.random() < 0.6:
        gamma = np.exp(rng.uniform(-settings.gamma, settings.gamma))
        plane = np.where(plane > 0, np.maximum(plane, 0) ** gamma, plane)
    if rng.random() < 0.6:
        plane = plane * rng.uniform(0.7, 1.3) + rng.uniform(-0.15, 0.15)
    if rng.random() < 0.3:
        plane = _blur(plane, rng.uniform(0.3, settings.blur))
    if rng.random() < 0.4:
        noise = rng.standard_normal(plane.shape, dtype=np.float32)
        plane = plane + noise * rng.uniform(0, settings.noise)
    return np.asarray(plane, np.float32)
