"""Files of objects that other programs wrote, as labels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.io.content import RequestError
from napari_mobile_unet.io.outlines.cellpose import read_seg
from napari_mobile_unet.io.outlines.coco import is_coco, read_annotations
from napari_mobile_unet.io.outlines.geojson import read_features
from napari_mobile_unet.io.outlines.imagej import read_rois
from napari_mobile_unet.io.outlines.names import SEG
from napari_mobile_unet.io.outlines.paint import paint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_mobile_unet.io.content import Content
    from napari_mobile_unet.io.outlines.paint import Drawn


def read_objects(path: Path, sizes: Mapping[str, int] | None = None) -> Content:
    """Return the labels of a file of outlines, of runs, or of Cellpose.

    Parameters
    ----------
    path : Path
        ImageJ's ``.roi`` or ``.zip``, GeoJSON, COCO's JSON, or ``_seg.npy``.
    sizes : mapping of str to int, optional
        Length of each axis of the image. By default that which the file tells, or
        what its outlines span.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it holds something else, or does not fit the sizes.
    """
    try:
        return _read(path, sizes)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise OSError(
            f"{path} is not whole JSON ({error}); copy or export it again"
        ) from error
    except ValueError as error:
        raise RequestError(f"{path}: {error}") from error


def _read(path: Path, sizes: Mapping[str, int] | None) -> Content:
    if path.name.lower().endswith(SEG):
        return _checked(read_seg(path), sizes)
    own = None
    if path.suffix.lower() in (".zip", ".roi"):
        objects = read_rois(path)
    else:
        content = json.loads(path.read_text("utf-8"))
        if is_coco(content):
            objects, own = read_annotations(content)
        else:
            objects, stored = read_features(content)
            own = _stored_sizes(stored)
    wanted = dict(sizes) if sizes is not None else own
    if wanted is not None:
        objects = _on_axes(objects, wanted)
    return paint(objects, wanted)


def _checked(content: Content, sizes: Mapping[str, int] | None) -> Content:
    """Return masks on the axes of their image."""
    if sizes is not None:
        shape = tuple(size for size in sizes.values() if size > 1)
        if shape != tuple(size for size in content.data.shape if size > 1):
            raise ValueError(
                f"masks have the size of their image, {tuple(sizes.values())}; "
                f"received {content.data.shape}; name the image that they belong to"
            )
        content.data = content.data.reshape(tuple(sizes.values()))
        content.axes = "".join(sizes)
    return content


def _stored_sizes(stored: Any) -> dict[str, int] | None:
    """Return the sizes that a file of ours stores; None if they are no such ones."""
    if not isinstance(stored, dict) or list(stored)[-2:] != ["Y", "X"]:
        return None
    whole = all(isinstance(size, int) and size > 0 for size in stored.values())
    return stored if whole and set(stored) <= set("TZYX") else None


def _on_axes(objects: Sequence[Drawn], sizes: Mapping[str, int]) -> list[Drawn]:
    """Return objects on the one axis that there is, where they name the other one.

    ImageJ numbers the planes of a stack, and does not say what they are.
    """
    (axis, *more) = [a for a in sizes if a not in "YX"] or [""]
    other = {"T": "Z", "Z": "T"}.get(axis, "")
    if more or not other:
        return list(objects)
    return [
        each
        if axis in each.place or other not in each.place
        else replace(each, place={axis: each.place[other]})
        for each in objects
    ]
