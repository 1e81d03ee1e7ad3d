"""The images of a fold as they are segmented, kept in a folder from run to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from folds import iter_fold

import napari_mobile_unet as nmu
from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.unet.confidence import UNCALIBRATED, display_threshold
from napari_mobile_unet.unet.decoding import decode
from napari_mobile_unet.unet.model import model_of
from napari_mobile_unet.unet.segment import MIN_CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


class Automatic(NamedTuple):
    """An annotated image, and what was found in it."""

    kind: str
    truth: NDArray
    """(Y, X), the true labels."""
    grey: NDArray
    """(Y, X)."""
    labels: NDArray
    """(Y, X), the objects that are shown."""
    left_out: NDArray
    """(Y, X), those that are not, of other ids."""
    confidence: dict[int, float]
    """Of all of them."""
    maps: NDArray
    """(Y, X, 3) of the network."""
    otsu: NDArray
    """(Y, X), what a threshold finds."""


def iter_automatic(data: Path, fold: str, cache: Path) -> Iterator[Automatic]:
    """Yield the images of a fold, segmented by the shipped model and by Otsu."""
    cache.mkdir(parents=True, exist_ok=True)
    for number, (kind, image, truth) in enumerate(iter_fold(data, fold)):
        file = cache / f"{fold}_{number}.npz"
        if not file.exists():
            np.savez_compressed(file, **_segmented(image))
        with np.load(file) as kept:
            found = {name: kept[name] for name in kept.files}
        chance = found["confidence"]
        shown = chance >= display_threshold(chance, MIN_CONFIDENCE)
        table = np.append(False, shown)[found["labels"]]
        yield Automatic(
            kind,
            truth.astype(np.int32),
            luminance(image.plane(0)),
            np.where(table, found["labels"], 0),
            np.where(table, 0, found["labels"]),
            dict(enumerate(chance.tolist(), start=1)),
            found["maps"].astype(np.float32),
            found["otsu"],
        )


def _segmented(image: nmu.Stack) -> dict[str, NDArray]:
    plane = image.plane(0)
    settings = nmu.UNet().fit([plane])
    model = model_of(settings.model)
    maps = settings.maps(plane, model)
    card = model.card
    found = decode(
        maps,
        nmu.Objects(),
        card.decoding,
        diameter=settings.diameter or card.diameter,
        calibration=card.calibration or UNCALIBRATED,
    )
    otsu = nmu.segment(image, nmu.Recipe(segment=nmu.Threshold()))
    return {
        "labels": found.labels,
        "confidence": found.confidence,
        "maps": maps.astype(np.float16),
        "otsu": np.asarray(otsu, np.int32),
    }
