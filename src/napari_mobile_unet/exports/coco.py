"""Labels as COCO's JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.objects.labels import check_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import AnyLabels

OBJECT = "object"
"""Category of objects without a class."""


def write_coco(
    path: Path, labels: Stack, image: str, classes: Mapping[int, str]
) -> None:
    """Write each plane as an image, and each object in it as an annotation.

    Annotations are numbered from 1; ids of objects are their ``label``, and planes have
    their numbers ``t`` and ``z``.
    """
    names = sorted({*classes.values(), OBJECT})
    height, width = labels.plane_shape
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in range(labels.n_planes):
        index = labels.index(number)
        place = dict(zip(labels.batch_axes.lower(), index, strict=True))
        size = {"width": width, "height": height}
        images.append({"id": number + 1, "file_name": image, **size, **place})
        for label, found in _iter_annotations(labels.plane(number)):
            category = 1 + names.index(classes.get(label, OBJECT))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number + 1,
                    "category_id": category,
                    "label": label,
                    "iscrowd": 0,
                    **found,
                }
            )
    categories = [{"id": n, "name": name} for n, name in enumerate(names, 1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(content), "utf-8")


def _iter_annotations(plane: AnyLabels) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the id of each object, and its runs, area and box.

    Runs go down columns, and on at the top of the next one.
    """
    check_labels(plane)
    height, width = plane.shape
    flat = plane.ravel(order="F")
    starts = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]]))
    stops = np.append(starts[1:], len(flat))
    inside = flat[starts] != 0
    starts, stops = starts[inside], stops[inside]
    order = np.argsort(flat[starts], kind="stable")
    starts, stops = starts[order], stops[order]
    ids, first = np.unique(flat[starts], return_index=True)
    for label, part in zip(ids.tolist(), _slices(first, len(starts)), strict=True):
        start, stop = starts[part], stops[part]
        segmentation = {
            "counts": _counts(start, stop, len(flat)),
            "size": [height, width],
        }
        left, right = int(start[0]) // height, int(stop[-1] - 1) // height
        over = (stop - 1) // height > start // height  # it holds both ends of a column
        top = 0 if over.any() else int((start % height).min())
        bottom = height - 1 if over.any() else int(((stop - 1) % height).max())
        found = {
            "segmentation": segmentation,
            "area": int((stop - start).sum()),
            "bbox": [left, top, right - left + 1, bottom - top + 1],
        }
        yield label, found


def _slices(first: NDArray[np.intp], total: int) -> Iterator[slice]:
    ends = [*first[1:].tolist(), total]
    return map(slice, first.tolist(), ends)


def _counts(start: NDArray[np.intp], stop: NDArray[np.intp], total: int) -> list[int]:
    """Return lengths of runs outside and inside in turn, outside first."""
    changes = np.concatenate([[0], np.stack([start, stop], axis=1).ravel(), [total]])
    counts: list[int] = np.diff(changes).tolist()
    return counts if counts[-1] else counts[:-1]
