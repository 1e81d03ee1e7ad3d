"""Objects in COCO's JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_mobile_unet.io.outlines.fill import as_ring
from napari_mobile_unet.io.outlines.paint import MOST_PIXELS, Drawn


def is_coco(content: Any) -> bool:
    """Return whether a JSON document is of COCO's form."""
    return isinstance(content, dict) and {"images", "annotations"} <= content.keys()


def read_annotations(content: Any) -> tuple[list[Drawn], dict[str, int]]:
    """Return the objects of a COCO document of one image, and the sizes of that.

    Several images are planes of one if they have numbers ``t`` or ``z``. An object
    without an attribute ``label`` has the number of its annotation.

    Raises
    ------
    ValueError
        If it holds several images, or a segmentation is broken.
    """
    images = content["images"]
    try:
        places = {
            image["id"]: {a: int(image[a.lower()]) for a in "TZ" if a.lower() in image}
            for image in images
        }
        shapes = {(int(image["height"]), int(image["width"])) for image in images}
        planes = {tuple(place.values()) for place in places.values()}
        axes = {"".join(place) for place in places.values()}
        if len(shapes) != 1 or len(planes) != len(images) or len(axes) != 1:
            raise ValueError(
                "labels are of one image, or of planes with numbers z or t; received "
                f"{len(images)} images; make a file of one image"
            )
        ((height, width),) = shapes
        sizes = {axis: 1 + max(p[axis] for p in places.values()) for axis in axes.pop()}
        objects = [
            _drawn(each, places[each["image_id"]], (height, width))
            for each in content["annotations"]
        ]
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(
            "COCO has images with id, height and width, and annotations with id, "
            f"image_id and segmentation; received others ({error!r}); export it again"
        ) from error
    return objects, {**sizes, "Y": height, "X": width}


def _drawn(
    each: dict[str, Any], place: dict[str, int], shape: tuple[int, int]
) -> Drawn:
    what, drawn = f"annotation {each['id']}", each["segmentation"]
    label = int(each.get("label", each["id"]))
    if isinstance(drawn, list):
        rings = [as_ring(np.reshape(ring, (-1, 2)), what) for ring in drawn]
        return Drawn(label, [[ring] for ring in rings], place)
    if tuple(drawn["size"]) != shape:
        raise ValueError(
            f"segmentations have the size of their image, {shape}; that of {what} has "
            f"{tuple(drawn['size'])}; export it again"
        )
    counts = drawn["counts"]
    runs = np.array(_runs(counts) if isinstance(counts, (str, bytes)) else counts)
    if runs.sum() != shape[0] * shape[1] or runs.min() < 0 or runs.sum() > MOST_PIXELS:
        raise ValueError(
            f"runs of a segmentation cover its image of {shape[0]} × {shape[1]}; those "
            f"of {what} cover {runs.sum()} pixels; export it again"
        )
    ends = np.cumsum(runs)
    return Drawn(
        label, place=place, runs=(ends[: 2 * (len(ends) // 2) : 2], ends[1::2], shape)
    )


def _runs(text: str | bytes) -> list[int]:
    """Return the runs of a compressed text, five bits a letter.

    From the third run on it holds differences from the last but one.
    """
    runs: list[int] = []
    value = shift = 0
    for letter in text.encode() if isinstance(text, str) else text:
        bits = letter - 48
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return runs
