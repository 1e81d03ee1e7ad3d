"""A chain of steps: fitted, applied, and labels returned to the original grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_mobile_unet.preprocessing.step import Step
    from napari_mobile_unet.types import Labels, Plane


def fit_steps(steps: Sequence[Step], planes: Iterable[Plane]) -> tuple[Any, ...]:
    """Return the steps, each fitted to the planes that the steps before it give."""
    current, fitted = list(planes), []
    for step in steps:
        fitted.append(step.fit(current))
        current = [fitted[-1].apply(plane) for plane in current]
    return tuple(fitted)


def apply_steps(steps: Sequence[Step], plane: Plane) -> Plane:
    """Return the plane after all steps, in order."""
    for step in steps:
        plane = step.apply(plane)
    return plane


def restore_labels(labels: Labels, shape: tuple[int, ...]) -> Plane:
    """Return labels of a resized plane on the original grid, (Y, X) = ``shape``."""
    height, width = shape[:2]
    # OpenCV resizes no 32-bit integers; float64 holds them exactly.
    values = labels.astype(np.float64)
    restored = cv2.resize(
        values, (width, height), interpolation=cv2.INTER_NEAREST_EXACT
    )
    return np.asarray(restored).astype(np.int32)
