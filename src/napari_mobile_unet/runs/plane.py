"""One plane by a fitted recipe: prepared, segmented and measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.objects.classes import with_all_classes
from napari_mobile_unet.objects.from_mask import label_mask
from napari_mobile_unet.objects.measure import measure_plane
from napari_mobile_unet.preprocessing.chain import apply_steps, restore_labels
from napari_mobile_unet.runs.blocks import (
    classify_blocks,
    nothing_found,
    segment_blocks,
)
from napari_mobile_unet.runs.fit import Fitted, fit_to_plane
from napari_mobile_unet.unet.decoding import Decoded
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    import pandas as pd

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Labels, Plane
    from napari_mobile_unet.unet.engine import TileCache

    Found = tuple[int, Labels, pd.DataFrame, int]


def segment_plane(
    plane: Plane, fitted: Fitted, cache: TileCache | None = None
) -> Decoded:
    """Return the objects of one plane, or its classes, on the plane's own grid.

    Parameters
    ----------
    plane : ndarray
        (Y, X), or (Y, X, 3) for RGB.
    fitted : Fitted
        As returned by ``fit``.
    cache : TileCache, optional
        As ``fit`` filled it for this plane.

    Returns
    -------
    Decoded
        The labels, and the confidence of each object; NaN after a threshold and for
        classes. A plane without a finite value has no objects.
    """
    recipe = fitted.recipe
    if plane.dtype.kind == "f" and not np.isfinite(plane).any():
        return Decoded(np.zeros(plane.shape[:2], np.int32), np.zeros(0, np.float32))
    prepared = apply_steps(recipe.steps, plane)
    if isinstance(recipe.segment, UNet):
        found = recipe.segment.segment(prepared, recipe.objects, cache)
    elif recipe.of_classes:
        numbers = recipe.segment.class_numbers(prepared, fitted.split)
        unknown = np.full(recipe.n_classes, np.nan, np.float32)
        found = Decoded(numbers.astype(np.int32), unknown)
    else:
        split = fitted.split or recipe.segment.split(prepared)
        labels = label_mask(recipe.segment.mask(prepared, split), recipe.objects)
        unknown = np.full(int(labels.max(initial=0)), np.nan, np.float32)
        found = Decoded(labels, unknown)
    return (classes_on_grid if recipe.of_classes else on_grid)(found, plane.shape[:2])


def classes_on_grid(found: Decoded, shape: tuple[int, ...]) -> Decoded:
    """Return classes found on a resized plane on the plane's own grid (Y, X)."""
    return replace(found, labels=restore_labels(found.labels, shape))


def on_grid(found: Decoded, shape: tuple[int, ...]) -> Decoded:
    """Return objects found on a resized plane on the plane's own grid (Y, X)."""
    if found.labels.shape == shape:
        return found
    labels = restore_labels(found.labels, shape)
    kept = np.unique(labels[labels > 0])  # shrinking may lose the smallest
    ids = np.zeros(len(found.confidence) + 1, np.int32)
    ids[kept] = np.arange(1, len(kept) + 1)
    return replace(found, labels=ids[labels], confidence=found.confidence[kept - 1])


def find_objects(
    plane: Plane, fitted: Fitted, cache: TileCache | None = None
) -> tuple[Labels, pd.DataFrame, int]:
    """Return a plane's labels 1 to n, a row for each, and how many were left out.

    Where labels are classes, n is how many of them there can be.
    """
    found = segment_plane(plane, fitted, cache)
    objects = measure_plane(found.labels, grey_of(plane, fitted))
    if fitted.recipe.of_classes:
        objects = with_all_classes(objects, fitted.recipe.n_classes)
    elif isinstance(fitted.recipe.segment, UNet):
        objects["confidence"] = found.confidence[objects["label"].to_numpy() - 1]
    return found.labels, objects, found.left_out


def grey_of(plane: Plane, fitted: Fitted) -> Plane:
    """Return the grey values (Y, X) of a plane that are measured.

    Of channels side by side each is measured: (Y, X, channels).
    """
    return plane if fitted.recipe.channel == "all" else luminance(plane)


def find_in_blocks(
    stack: Stack, number: int, fitted: Fitted, labels: Any
) -> tuple[pd.DataFrame, int]:
    """Write a plane's labels 1 to n; return a row for each, and how many were left out.

    Parameters
    ----------
    stack : Stack
        The image.
    number : int
        Of the plane.
    fitted : Fitted
        As returned by ``fit``.
    labels : array
        (Y, X), all 0, NumPy or Zarr.
    """
    own = fit_to_plane(stack, number, fitted)
    objects, left_out = nothing_found(), 0
    if own is not None and own.recipe.of_classes:
        objects = classify_blocks(
            lambda window: stack.plane(number, window),
            lambda part: segment_plane(part, own).labels,
            labels,
            grey=lambda part: grey_of(part, own),
        )
    elif own is not None:
        objects, left_out = segment_blocks(
            lambda window: stack.plane(number, window),
            lambda part: segment_plane(part, own),
            labels,
            grey=lambda part: grey_of(part, own),
            # The edges of a block are none of the plane.
            drop_border=fitted.recipe.objects.drop_border,
        )
    n_classes = fitted.recipe.n_classes
    if n_classes or not isinstance(fitted.recipe.segment, UNet):
        objects = objects.drop(columns="confidence", errors="ignore")
    if n_classes:
        objects = with_all_classes(objects, n_classes)
    return objects, left_out
