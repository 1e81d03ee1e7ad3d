"""How much a training crop may differ from its image, and its grey values varied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
from pydantic import Field

from napari_mobile_unet.settings import Params

if TYPE_CHECKING:
    from napari_mobile_unet.types import Floats


KEEP_COLOUR = 0.6
"""Share of the crops of colour images that a network for colour sees in colour."""


class Augmentation(Params):
    """How much a crop may differ from its image."""

    diameter: tuple[float, float] = (10.0, 40.0)
    """Range of the median object diameter in pixels after scaling."""
    plain: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of crops that are cut out as in a segmentation, turned by right angles
    only."""
    native: float = 0.4
    """Share of the others that keep about the scale of their image."""
    as_segmented: bool = False
    """Whether that scale is the one at which a segmentation would show the image to the
    network."""
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
    mixing: bool = True
    """Whether channels are mixed, as colours may be; what is stained by itself in each
    channel may not."""
    stain: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of crops of tissue in colour that get other stains; see ``restain``."""
    haze: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of crops under light from out of focus, or unevenly lit."""

    @property
    def known_diameter(self) -> float:
        """Diameter in pixels of the objects that a network learns to know best."""
        return float(np.sqrt(np.prod(self.diameter)).round(1))


def grey(image: Floats) -> Floats:
    """Return (Y, X, channels) as one channel (Y, X)."""
    if image.shape[-1] != 3:
        return np.asarray(image.mean(-1), np.float32)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def blur(image: Floats, sigma: float) -> Floats:
    """Return the image blurred by a Gaussian of that sigma in pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


def add_haze(image: Floats, bright: bool, rng: np.random.Generator) -> Floats:
    """Return a plane, grey or in colour, under haze or unevenly lit.

    Bright objects also send light from out of focus, where there are many; what
    absorbs light is seen through a field that is darker on one side.

    Parameters
    ----------
    image : ndarray of float32
        (Y, X) or (Y, X, channels), normalised.
    bright : bool
        Whether the objects are bright.
    rng : numpy.random.Generator
        Source of all randomness.
    """
    shape = image.shape[:2]
    coarse = rng.uniform(0, 1, (3, 3)).astype(np.float32)
    field = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    field = field.reshape(*shape, *[1] * (image.ndim - 2))
    if not bright:
        return np.asarray(image * (1 - rng.uniform(0, 0.5) * field), np.float32)
    sigma = rng.uniform(0.04, 0.2) * max(shape)
    out_of_focus = blur(image, sigma).reshape(image.shape)
    hazy = image + rng.uniform(0, 2) * out_of_focus + rng.uniform(0, 0.4) * field
    low, high = np.percentile(hazy, (1, 99.8))
    # An empty crop stays as dim as it is.
    return np.asarray((hazy - low) / max(high - low, 1), np.float32)


def mix_channels(image: Floats, channels: int, rng: np.random.Generator) -> Floats:
    """Return (Y, X, channels) as one grey plane, mixed at random, or in colour.

    Parameters
    ----------
    image : ndarray of float32
        (Y, X, channels).
    channels : int
        Of the network; an image of as many may stay in colour.
    rng : numpy.random.Generator
        Source of all randomness.
    """
    if image.shape[-1] == 1:
        return image[..., 0]
    if image.shape[-1] == channels and rng.random() < KEEP_COLOUR:
        # Stains and cameras differ from laboratory to laboratory.
        mixing = np.eye(channels) + rng.normal(0, 0.08, (channels, channels))
        mixing /= mixing.sum(0)
        return np.asarray(image @ mixing.astype(np.float32), np.float32)
    shares = rng.dirichlet(np.full(image.shape[-1], 0.7))
    return np.asarray(image @ shares.astype(np.float32))


def vary_values(
    plane: Floats, settings: Augmentation, rng: np.random.Generator
) -> Floats:
    """Return a plane, grey or in colour, with its values changed at random."""
    if rng.random() < settings.invert:
        plane = 1 - plane
    if rng.random() < 0.6:
        gamma = np.exp(rng.uniform(-settings.gamma, settings.gamma))
        plane = np.where(plane > 0, np.maximum(plane, 0) ** gamma, plane)
    if rng.random() < 0.6:
        plane = plane * rng.uniform(0.7, 1.3) + rng.uniform(-0.15, 0.15)
    if rng.random() < 0.3:
        plane = blur(plane, rng.uniform(0.3, settings.blur))
    if rng.random() < 0.4:
        noise = rng.standard_normal(plane.shape, dtype=np.float32)
        plane = plane + noise * rng.uniform(0, settings.noise)
    return np.asarray(plane, np.float32)
