"""Labels: checked, numbered without gaps, and their holes filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.images.pixels import native, refuse_mask

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from napari_mobile_unet.types import AnyLabels, Labels


def renumber(labels: Labels, kept: NDArray[np.intp]) -> Labels:
    """Change labels in place, and return them: ids to keep become 1 to n, others 0."""
    pixels = np.flatnonzero(labels.ravel() != 0)  # of a mask: faster
    own = labels.take(pixels)
    ids = np.zeros(int(own.max(initial=0)) + 1, np.int32)
    ids[kept] = np.arange(1, len(kept) + 1)
    labels.ravel()[pixels] = ids.take(own)
    return labels


def edges_of(labels: Labels) -> tuple[Labels, ...]:
    """Return the first and last row and column of labels."""
    return labels[0], labels[-1], labels[:, 0], labels[:, -1]


def fill_holes(labels: Labels) -> None:
    """Give each piece of background that only one object encloses to that object."""
    background = (labels == 0).view(np.uint8)
    count, holes = cv2.connectedComponents(background, connectivity=4)
    enclosed = np.full(count, True)
    enclosed[0] = False
    for edge in edges_of(holes):
        enclosed[edge] = False
    if not enclosed.any():
        return
    # The first piece is most of the background as a rule, and not enclosed.
    pixels = np.flatnonzero(holes > (not enclosed[1]))
    pixels = pixels[enclosed.take(holes.take(pixels))]
    hole = holes.take(pixels)
    width = labels.shape[1]
    owner = np.zeros(count, np.int32)
    # Enclosed pixels are not at the plane's edge: all have eight neighbours.
    around = [y * width + x for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]
    found = [labels.take(pixels + step) for step in around]
    for ids in found:
        touched = ids > 0
        owner[hole[touched]] = ids[touched]
    for ids in found:
        owner[hole[(ids > 0) & (ids != owner[hole])]] = 0
    labels.ravel()[pixels] = owner[hole]


def check_labels(labels: AnyLabels, name: str = "") -> None:
    """Raise an error unless this is a label image.

    Parameters
    ----------
    labels : ndarray
        Any shape.
    name : str
        Which label image it is, for the message.

    Raises
    ------
    ValueError
        If it does not hold whole numbers ≥ 0.
    """
    what = f"{name} labels".strip()
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"{what} must be whole numbers, got {labels.dtype}; give each object an "
            "id, for example with skimage.measure.label"
        )
    if labels.min(initial=0) < 0:
        raise ValueError(
            f"{what} must not be negative, got {labels.min()}; set the background to 0"
        )


def check_label_pair(
    predicted: ArrayLike, truth: ArrayLike
) -> tuple[AnyLabels, AnyLabels]:
    """Return both as arrays, checked to be label images of one shape."""
    first, second = native(np.asarray(predicted)), native(np.asarray(truth))
    check_labels(first, "predicted")
    check_labels(second, "true")
    refuse_mask(predicted)
    refuse_mask(truth)
    if first.shape != second.shape:
        raise ValueError(
            "predicted and true labels must have the same shape, got "
            f"{first.shape} and {second.shape}; crop or resize one of them"
        )
    return first, second
