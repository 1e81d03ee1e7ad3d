"""Tissue as another laboratory would have stained it.

Stains absorb light: their optical densities add up, so an image can be taken apart into
its stains and put together from others (Ruifrok and Johnston 2001). Annotated tissue is
pink and purple nearly throughout; much of what is looked at is brown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from skimage import color

from napari_mobile_unet.training.targets import distance_to

if TYPE_CHECKING:
    from napari_mobile_unet.types import Floats, Labels, Mask, Reals


NUCLEI, TISSUE = 0, 1
"""Rows of a table of stains: what stains nuclei, and what stains the tissue around."""
DARKEST = 0.05
"""Share of the light that the darkest pixel lets through: of none nothing is known."""
HED = np.asarray(color.rgb_from_hed, np.float64)
"""Haematoxylin, eosin and DAB: optical density in red, green and blue, one a row."""
DAB = HED[2]
"""The brown of DAB."""
PAIRS = tuple(
    np.asarray(table, np.float64)
    for table in (
        color.rgb_from_hed,
        color.rgb_from_hed,
        color.rgb_from_hdx,
        color.rgb_from_hdx,
        color.rgb_from_hax,
        color.rgb_from_hpx,
        color.rgb_from_bex,
        color.rgb_from_bro,
    )
)
"""Tables of stains of which the first stains nuclei; common ones come twice."""


def restain(
    image: Floats, labels: Labels, depth: Floats, rng: np.random.Generator
) -> Floats:
    """Return a crop of tissue as if it had been stained with something else.

    Nuclei keep their places. Their stain and that of the tissue around get other
    colours and strengths; some nuclei turn pale within a rim, and the tissue around
    gets fibres. Nuclei may be brown, or lie in brown membranes.

    Parameters
    ----------
    image : ndarray of float32
        (Y, X, 3), normalised, dark nuclei on a bright background of about 1.
    labels : ndarray of int32
        (Y, X), 0 is background.
    depth : ndarray of float32
        (Y, X) distance in pixels to the outline of the object, 0 in the background.
    rng : numpy.random.Generator
        Source of all randomness.
    """
    density = -np.log(np.clip(image, DARKEST, 1)).astype(np.float64)
    # scikit-image's own cuts what is below 0, and the image could not be put together.
    amounts = density @ np.linalg.inv(HED)
    nuclei, tissue, rest = np.moveaxis(amounts, -1, 0)
    table = PAIRS[rng.integers(len(PAIRS))][[NUCLEI, TISSUE]]
    # No two laboratories have the same dyes.
    table = np.abs(table + rng.normal(0, 0.06, table.shape))
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    nuclei, tissue = nuclei * _strength(rng), tissue * _strength(rng)
    if rng.random() < 0.5:
        nuclei = nuclei * _pale(labels, depth, rng)
    if rng.random() < 0.5:
        tissue = tissue + np.where(labels > 0, 0.5, 1) * _fibres(labels.shape, rng)
    brown = rng.random()
    if brown < 0.4:
        # Where an antibody is stained the tissue around is nearly white.
        tissue = tissue * rng.uniform(0.1, 0.6)
    stain, more = table[NUCLEI], np.zeros_like(nuclei)
    if brown < 0.2:
        share = _in_some(labels, rng)
        more = nuclei * share * rng.uniform(0.8, 1.8)
        nuclei = nuclei * (1 - share)
    elif brown < 0.4:
        more = _membranes(labels, rng)
    density = sum(
        amount[..., None] * of
        for amount, of in (
            (nuclei, stain),
            (tissue, table[TISSUE]),
            (rest, DAB),
            (more, DAB),
        )
    )
    light = np.exp(-density)
    # The darkest becomes 0 again, as where an image is normalised.
    darkest = min(0.6, float(np.percentile(light.mean(-1), 1)))
    return np.asarray((light - darkest) / (1 - darkest), np.float32)


def _strength(rng: np.random.Generator) -> float:
    """Return how strong a stain is, as a multiple; one in four has faded."""
    faded = rng.uniform(0.4, 0.8) if rng.random() < 0.25 else 1.0
    return float(faded * np.exp(rng.normal(0, 0.25)))


def _pale(labels: Labels, depth: Floats, rng: np.random.Generator) -> Reals:
    """Return the share (Y, X) of stain that is left: little within some nuclei."""
    rim = rng.uniform(1, 3)
    inner = _in_some(labels, rng) * (1 - np.exp(-((depth / rim) ** 2)))
    return np.asarray(1 - rng.uniform(0.3, 0.8) * inner, np.float64)


def _fibres(shape: tuple[int, ...], rng: np.random.Generator) -> Reals:
    """Return the density (Y, X) of tissue: stripes of one direction, or grains."""
    noise = rng.standard_normal(shape).astype(np.float32)
    kernel = np.zeros((25, 25), np.float32)
    angle, length = rng.uniform(0, np.pi), rng.uniform(0, 12)
    along = length * np.array([np.cos(angle), np.sin(angle)])
    ends = [(12 + sign * along).round().astype(int).tolist() for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    drawn = cv2.filter2D(noise, -1, kernel)
    streaks = np.asarray(cv2.GaussianBlur(drawn, (0, 0), rng.uniform(0.8, 2.5)))
    even = streaks / (streaks.std() + 1e-6)
    return np.asarray(rng.uniform(0.05, 0.4) * (1 + even).clip(0), np.float64)


def _chosen(labels: Labels, rng: np.random.Generator) -> Mask:
    """Return where (Y, X) the objects are that a stain takes to: a random share."""
    ids, inverse = np.unique(labels, return_inverse=True)
    takes = rng.random(len(ids)) < rng.uniform(0.2, 1)
    takes[ids == 0] = False
    return np.asarray(takes[inverse].reshape(labels.shape), bool)


def _in_some(labels: Labels, rng: np.random.Generator) -> Reals:
    """Return the share (Y, X) of nuclear stain that is brown: 1 in some nuclei."""
    chosen = _chosen(labels, rng).astype(np.float64)
    return np.asarray(cv2.GaussianBlur(chosen, (0, 0), 1.0))


def _membranes(labels: Labels, rng: np.random.Generator) -> Reals:
    """Return the density (Y, X) of a stain of the membranes around some nuclei."""
    chosen = _chosen(labels, rng)
    if not chosen.any():
        return np.zeros(labels.shape)
    distance, thickness = rng.uniform(1, 5), rng.uniform(1, 2.5)
    away = (distance_to(chosen) - distance) / thickness
    # A membrane is not stained alike all around.
    patches = cv2.resize(
        rng.uniform(0, 1, (8, 8)), labels.shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    ring = np.exp(-(away**2)) * patches.clip(0, 1) * rng.uniform(0.4, 1.5)
    return np.asarray(np.where(labels > 0, 0.3, 1) * ring, np.float64)
