"""How good a network is on images kept out of its training."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
from scipy import ndimage

from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.objects.overlap import iou_matrix, matches
from napari_mobile_unet.unet.card import Decoding
from napari_mobile_unet.unet.confidence import Calibration
from napari_mobile_unet.unet.decoding import TYPICAL, grow_objects
from napari_mobile_unet.unet.rescale import (
    average_half_turn,
    factor_for,
    fits_in_tile,
    resize_by,
)
from napari_mobile_unet.unet.segment import DOUBTFUL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_array

    from napari_mobile_unet.training.augment import Example
    from napari_mobile_unet.types import Floats, Reals


LEVELS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
"""Foreground probabilities that tuning tries."""
RIGHT, TIGHT = 0.5, 0.75
"""IoU with a true object from which an object is right, and its outline too."""
ENOUGH = 20
"""Right objects, and wrong ones, that a calibration needs at least."""
SEEDS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Core distances that tuning tries."""
AS_GOOD = 0.005
"""Difference of the sum of both AP that may be chance."""


def predict_maps(network: Any, example: Example, diameter: float) -> Floats:
    """Return the maps (Y, X, maps), 0 to 1, of an example, as a segmentation would.

    Parameters
    ----------
    network : keras.Model
        Of ``network.build``.
    example : Example
        Objects of another size are resized for the network.
    diameter : float
        Of the objects that the network knows best, in pixels.
    """
    height, width = example.labels.shape
    channels = network.input_shape[-1]
    image = example.image if channels > 1 else example.grey[..., None]
    of = example.diameter if np.isfinite(example.diameter) else diameter
    resized = resize_by(image, factor_for(of, diameter))

    def predict(image: Floats) -> Floats:
        height, width = image.shape[:2]
        whole = np.broadcast_to(image, (height, width, channels))
        padding = ((0, -height % 32), (0, -width % 32), (0, 0))
        padded = np.pad(whole, padding, mode="symmetric")
        logits = np.asarray(network(padded[None], training=False))[0]
        return np.asarray(1 / (1 + np.exp(-logits[:height, :width])), np.float32)

    maps = predict(resized)
    if fits_in_tile(resized):
        maps = average_half_turn(maps, resized, predict)
    return np.asarray(
        cv2.resize(maps, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )


class Outcome(NamedTuple):
    """What became of one image."""

    features: Reals
    """(n, features) of `object_features`, one row for each object that was found."""
    iou: csr_array
    """(n, n_true) of `iou_matrix`."""


def outcome(maps: Floats, example: Example, decoding: Decoding) -> Outcome:
    """Return what becomes of the maps of an image."""
    labels, features = grow_objects(
        maps,
        Objects(),
        level=decoding.foreground,
        seed=decoding.seed,
        diameter=example.diameter if np.isfinite(example.diameter) else TYPICAL,
    )
    return Outcome(features, iou_matrix(labels, example.labels))


def precision(
    found: Outcome, threshold: float, calibration: Calibration | None = None
) -> float:
    """Return AP of an image at an IoU.

    With a calibration doubtful objects are left out first, as in a segmentation.
    """
    iou = found.iou
    if calibration is not None:
        iou = iou[calibration.apply(found.features) >= DOUBTFUL]
    tp, objects = matches(iou, threshold), sum(iou.shape)
    return tp / (objects - tp) if objects else 1.0


def validate(network: Any, examples: list[Example], diameter: float) -> float:
    """Return AP at IoU 0.5, image mean, with the default decoding."""
    found = (
        outcome(predict_maps(network, e, diameter), e, Decoding()) for e in examples
    )
    return float(np.mean([precision(each, RIGHT) for each in found]))


class Tuned(NamedTuple):
    """What the validation images say about a network."""

    decoding: Decoding
    calibration: Calibration | None = None
    ap: float | None = None
    """At IoU 0.5, mean over the images."""


def tune(maps: Sequence[Floats], examples: Sequence[Example]) -> Tuned:
    """Return the decoding that suits the examples best, and how far to trust it.

    ``maps`` are what a network makes of each of them.

    Best is the mean of AP at IoU 0.5 and at 0.75, without doubtful objects: the first
    alone does not see outlines that are too wide. It is taken over a decoding and those
    beside it, and of those that are as good the one in their middle is returned: the
    one that suits a few images best by chance is not the one that suits others. Groups
    count by the root of their size, as in training: a few images must not decide for
    many. Without examples the default decoding is returned, and nothing else; a few
    objects give no calibration.
    """
    if not examples:
        return Tuned(Decoding())
    groups = [example.group for example in examples]
    weights = np.array([groups.count(group) ** -0.5 for group in groups])
    tried, scores = [], []
    with ThreadPoolExecutor() as pool:
        for level, seed in product(LEVELS, SEEDS):
            decoding = Decoding(foreground=level, seed=seed)
            found = list(pool.map(outcome, maps, examples, repeat(decoding)))
            calibration = calibrate(found)
            aps = [
                [precision(f, t, calibration) for t in (RIGHT, TIGHT)] for f in found
            ]
            mean = np.average(aps, axis=0, weights=weights)
            tried.append(Tuned(decoding, calibration, float(mean[0])))
            scores.append(mean.sum())
    grid = np.reshape(scores, (len(LEVELS), len(SEEDS)))
    steady = ndimage.uniform_filter(grid, 3, mode="nearest")
    good = np.argwhere(steady >= steady.max() - AS_GOOD)
    middle = good[np.abs(good - good.mean(axis=0)).sum(axis=1).argmin()]
    return tried[int(np.ravel_multi_index(tuple(middle), grid.shape))]


def calibrate(found: list[Outcome]) -> Calibration | None:
    """Return what tells right objects from wrong ones; None if too few are known."""
    features = np.concatenate([each.features for each in found])
    nearest = [each.iou.toarray().max(axis=1, initial=0) for each in found]
    right = np.concatenate(nearest) >= RIGHT
    if min(right.sum(), (~right).sum()) < ENOUGH:
        return None
    return Calibration.fit(features, right)
