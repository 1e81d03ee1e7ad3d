"""How good a network is on images kept out of its training."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
from scipy import special

from napari_mobile_unet.later import ndimage
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.objects.overlap import iou_matrix, matches
from napari_mobile_unet.unet.card import Decoding
from napari_mobile_unet.unet.confidence import Calibration
from napari_mobile_unet.unet.decoding import TYPICAL_DIAMETER, grow_objects
from napari_mobile_unet.unet.rescale import (
    average_half_turn,
    fits_in_tile,
    resize_by,
    resize_factor,
)
from napari_mobile_unet.unet.segment import MIN_CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_array

    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.types import Floats, Reals


FOREGROUNDS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
"""Foreground probabilities that tuning tries."""
SEEDS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Core distances that tuning tries."""
RIGHT_IOU, TIGHT_IOU = 0.5, 0.75
"""IoU with a true object from which an object is right, and its outline too."""
MIN_OBJECTS = 20
"""Right objects, and wrong ones, that a calibration needs at least."""
CHANCE = 0.005
"""Difference of the sum of both AP that may be chance."""


def predict_maps(
    network: Any,
    example: Example,
    known_diameter: float,
    *,
    mirror: bool = True,
    softmax: bool = False,
) -> Floats:
    """Return the maps (Y, X, maps), 0 to 1, of an example, as a segmentation would.

    Parameters
    ----------
    network : keras.Model
        Of ``network.build``.
    example : Example
        Objects of another size are resized for the network.
    known_diameter : float
        Of the objects that the network knows best, in pixels.
    mirror : bool
        Whether small images are averaged over a half turn, which takes twice as long.
    softmax : bool
        Whether the maps are of classes, of which a pixel has one.
    """
    height, width = example.labels.shape
    channels = network.input_shape[-1]
    image = example.image if channels > 1 else example.grey[..., None]
    factor = resize_factor(example.diameter_or(known_diameter), known_diameter)
    resized = resize_by(image, factor)

    def predict(image: Floats) -> Floats:
        height, width = image.shape[:2]
        whole = np.broadcast_to(image, (height, width, channels))
        padding = ((0, -height % 32), (0, -width % 32), (0, 0))
        padded = np.pad(whole, padding, mode="symmetric")
        logits = np.asarray(network(padded[None], training=False))[0]
        activated = special.softmax(logits, -1) if softmax else special.expit(logits)
        return np.asarray(activated[:height, :width], np.float32)

    maps = predict(resized)
    if mirror and fits_in_tile(resized):
        maps = average_half_turn(maps, resized, predict)
    return np.asarray(
        cv2.resize(maps, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )


class Detections(NamedTuple):
    """The objects found in one image, compared with the true ones."""

    features: Reals
    """(n, features) of `object_features`, one row for each object that was found."""
    iou: csr_array
    """(n, n_true) of `iou_matrix`."""


def detect(maps: Floats, example: Example, decoding: Decoding) -> Detections:
    """Return the objects that the maps of an image show."""
    labels, features = grow_objects(
        maps, Objects(), decoding, diameter=example.diameter_or(TYPICAL_DIAMETER)
    )
    return Detections(features, iou_matrix(labels, example.labels))


def average_precision(
    found: Detections, min_iou: float, calibration: Calibration | None = None
) -> float:
    """Return AP of an image at an IoU.

    With a calibration, doubtful objects are left out first, as in a segmentation.
    """
    iou = found.iou
    if calibration is not None:
        iou = iou[calibration.apply(found.features) >= MIN_CONFIDENCE]
    tp, n_objects = matches(iou, min_iou), sum(iou.shape)
    return tp / (n_objects - tp) if n_objects else 1.0


def validate(network: Any, examples: list[Example], known_diameter: float) -> float:
    """Return AP at IoU 0.5, image mean, with the default decoding."""
    found = (
        detect(predict_maps(network, example, known_diameter), example, Decoding())
        for example in examples
    )
    return float(np.mean([average_precision(each, RIGHT_IOU) for each in found]))


class Tuned(NamedTuple):
    """What the validation images tell about a network."""

    decoding: Decoding
    calibration: Calibration | None = None
    ap: float | None = None
    """At IoU 0.5, mean over the images."""


def tune(maps: Sequence[Floats], examples: Sequence[Example]) -> Tuned:
    """Return the decoding that suits the examples best, and a calibration for it.

    Each decoding is scored by the sum of AP at IoU 0.5 and at 0.75, without doubtful
    objects: AP at 0.5 alone does not see outlines that are too wide. Of the scores of
    all decodings the `steadiest` is chosen. Groups of images count by the root of
    their size, as in training, so that a few images do not decide for many.

    Parameters
    ----------
    maps : sequence of ndarray
        (Y, X, maps) that the network gives for each example.
    examples : sequence of Example
        The validation images. Without any, the default decoding is returned; with
        few objects there is no calibration.
    """
    if not examples:
        return Tuned(Decoding())
    groups = [example.group for example in examples]
    weights = np.array([groups.count(group) ** -0.5 for group in groups])
    tried: dict[tuple[int, ...], Tuned] = {}
    scores = np.zeros((len(FOREGROUNDS), len(SEEDS)))
    with ThreadPoolExecutor() as pool:
        for place in np.ndindex(scores.shape):
            foreground, seed = FOREGROUNDS[place[0]], SEEDS[place[1]]
            decoding = Decoding(foreground=foreground, seed=seed)
            found = list(pool.map(detect, maps, examples, repeat(decoding)))
            calibration = calibrate(found)
            aps = [
                [
                    average_precision(each, iou, calibration)
                    for iou in (RIGHT_IOU, TIGHT_IOU)
                ]
                for each in found
            ]
            mean = np.average(aps, axis=0, weights=weights)
            tried[place] = Tuned(decoding, calibration, float(mean[0]))
            scores[place] = mean.sum()
    return tried[steadiest(scores)]


def steadiest(scores: Reals) -> tuple[int, ...]:
    """Return the place in a grid of scores that is best not by chance alone.

    A score counts as the mean of itself and its neighbours, and of those that are as
    good as the best the one in the middle is taken: what suits a few images best by
    chance is not what suits others.

    Parameters
    ----------
    scores : ndarray
        Of neighbouring settings along each axis.

    Examples
    --------
    >>> scores = np.array([0.5, 0.9, 0.5, 0.5, 0.7, 0.7, 0.7])
    >>> steadiest(scores)
    (5,)
    """
    smoothed = ndimage.uniform_filter(scores, 3, mode="nearest")
    good = np.argwhere(smoothed >= smoothed.max() - CHANCE)
    distance = np.abs(good - good.mean(axis=0)).sum(axis=1)
    return tuple(int(index) for index in good[distance.argmin()])


def calibrate(found: list[Detections]) -> Calibration | None:
    """Return the calibration of the confidence; None if there are too few objects."""
    features = np.concatenate([each.features for each in found])
    nearest = [each.iou.toarray().max(axis=1, initial=0) for each in found]
    right = np.concatenate(nearest) >= RIGHT_IOU
    if min(right.sum(), (~right).sum()) < MIN_OBJECTS:
        return None
    return Calibration.fit(features, right)
