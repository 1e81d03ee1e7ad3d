"""Pictures for a report: the best, middling and the most doubtful images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.exports.report import Picture, picture_of
from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.recipes.prepared import prepared_provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.recipes.provenance import Provenance
    from napari_mobile_unet.runs.report_results import Result

SHOWN = 3
"""Pictures of the best, of middling and of the most doubtful images, each."""
TRIED = 16
"""Planes of a stack among which the one with most objects is shown."""


def groups_of(
    results: Sequence[Result], images: Sequence[Path]
) -> list[tuple[str, list[Picture]]]:
    """Return pictures of the most doubtful, of middling and of the best images.

    Where confidence is not known, of those with fewest, some and most objects.
    """
    ranked = [r for r in results if r.objects and not np.isnan(r.confidence)]
    titles = ("Most doubtful", "In the middle", "Most confident")
    if ranked:
        ranked.sort(key=lambda result: result.confidence)
    else:
        ranked = sorted(results, key=lambda result: result.objects)
        titles = ("Fewest objects", "In the middle", "Most objects")
        if all(result.record.classes for result in results):
            titles = ("First images", "In the middle", "Last images")
    count = min(SHOWN, -(-len(ranked) // 3))
    middle = (len(ranked) - count) // 2
    groups, taken = [], set[str]()
    for title, some in zip(
        titles,
        (ranked[:count], ranked[middle : middle + count], ranked[::-1][:count]),
        strict=True,
    ):
        fresh = [result for result in some if result.stem not in taken]
        taken |= {result.stem for result in fresh}
        if fresh:
            groups.append((title, [_picture(result, images) for result in fresh]))
    return groups


def _picture(result: Result, images: Sequence[Path]) -> Picture:
    caption = result.found
    if not np.isnan(result.confidence):
        caption += f", mean confidence {result.confidence:.2f}"
    name, png = result.name, ""
    try:
        image = _image_of(result, images)
        if image is not None:
            labels = read_stack(result.labels, as_labels=True)
            number = _fullest(labels)
            if labels.n_planes > 1:
                caption += f"; plane {number} of {labels.n_planes}"
            png = picture_of(image.plane(number), labels.plane(number))
    except (OSError, ValueError, IndexError):  # of another shape, or damaged since
        png = ""
    return Picture(name, caption, png)


def _image_of(result: Result, images: Sequence[Path]) -> Stack | None:
    """Return the image of a result, or the prepared one; None where it has changed."""
    record, known = result.record, result.entry
    places = [Path(known.source)] if known else []
    places += [folder / Path(record.source).name for folder in images]
    for place in places:
        if not place.exists():
            continue
        image = read_stack(place, _axes_for(place, record))
        made = prepared_provenance(place, image)
        content = content_digest(image) if made is None else made.content
        if record.content in ("", content):
            channel = record.recipe.channel if made is None else None
            return as_stack(image, None, channel)
    return None


def _axes_for(place: Path, record: Provenance) -> str | None:
    """Return the axes that an image was read with, where its file has others."""
    own = read_stack(place).axes
    fits = len(own) == len(record.axes) and own != record.axes
    return record.axes if fits else None


def _fullest(labels: Stack) -> int:
    """Return the plane with most objects, of some that are evenly spaced."""
    some = np.linspace(0, labels.n_planes - 1, min(TRIED, labels.n_planes)).round()
    numbers: list[int] = np.unique(some).astype(int).tolist()
    return max(numbers, key=lambda n: len(np.unique(labels.plane(n))))
