from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import ndimage

from napari_mobile_unet.corrections.index import ObjectIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.corrections.change import Change


def _applied(labels: np.ndarray, changes: list[Change]) -> np.ndarray:
    """Return labels after changes, which do not overlap and lie on their planes."""
    for one, other in itertools.combinations(changes, 2):
        apart = any(
            a.stop <= b.start or b.stop <= a.start
            for a, b in zip(one.box, other.box, strict=True)
        )
        assert one.plane != other.plane or apart
    after = labels.copy()
    for change in changes:
        here = (*change.plane, *change.box)
        assert after[here].shape == change.labels.shape
        assert change.labels.dtype == labels.dtype
        assert (after[here] != change.labels).any()
        after[here] = change.labels
    return after


@pytest.fixture(scope="session")
def applied() -> Callable[[np.ndarray, list[Change]], np.ndarray]:
    return _applied


@pytest.fixture(scope="session")
def run() -> Callable[..., np.ndarray]:
    """Run an operation on labels that may not be written to, and apply its changes."""

    def run(operation: Callable[..., list[Change]], labels, *args, **settings):
        before = labels.copy()
        before.flags.writeable = False
        return _applied(
            labels, operation(before, ObjectIndex.of(before), *args, **settings)
        )

    return run


@pytest.fixture(scope="session")
def blobs() -> Callable[..., np.ndarray]:
    """Make labels of random blobs, some of them in several pieces or with holes."""

    def blobs(seed: int, shape: tuple[int, ...], gap: bool = True) -> np.ndarray:
        random = np.random.default_rng(seed)
        noise = random.random((6, *shape))
        smooth = ndimage.gaussian_filter(noise, (0, *([0.8] * (len(shape) - 2)), 2, 2))
        labels = smooth.argmax(0) + 1
        if gap:
            labels[smooth.max(0) < np.quantile(smooth.max(0), 0.4)] = 0
        return np.array([0, 3, 1, 2, 7, 5, 11], np.int32)[labels]

    return blobs


@pytest.fixture(scope="session")
def disc() -> Callable[..., np.ndarray]:
    def disc(shape, row, column, radius):
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2

    return disc
