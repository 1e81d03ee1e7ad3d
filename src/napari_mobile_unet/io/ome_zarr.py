"""Zarr and OME-Zarr (NGFF 0.1 to 0.5), read lazily."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.axes import AXES
from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.units import PIXEL
from napari_mobile_unet.io.calibration import AxisPlace
from napari_mobile_unet.io.content import Content, RequestError, check_position
from napari_mobile_unet.io.paths import METADATA_FILES, zarr_root
from napari_mobile_unet.later import zarr

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CHUNK = 1024
"""Height and width in pixels of a chunk; each plane has chunks of its own."""
_WORDS = {"position": "P", "depth": "Z", "row": "Y", "column": "X"}
"""Names of axes that do not begin with their letter."""
_COLOUR = re.compile("#?([0-9A-Fa-f]{6})")
_TYPES = {"time": "T", "channel": "C"}
"""Types of axes that tell what they are, whatever their name."""


def read_zarr(path: Path, position: int | None = None) -> Content:
    """Return the pixels of a Zarr array or OME-Zarr image, and where they lie.

    Parameters
    ----------
    path : Path
        A Zarr array; an OME-Zarr image, of which the finest level is taken; one of
        its levels, such as ``image.zarr/1``; or a folder with such images: a plate, a
        well, or what bioformats2raw writes.
    position : int, optional
        Of an image, where there are several.

    Raises
    ------
    OSError
        If there is no array or image.
    ValueError
        If there are several images and none is chosen, or there is no such position.
    """
    try:
        node = zarr.open(path, mode="r")
    except Exception as error:
        raise OSError(
            f"{path} holds no Zarr array or image; name the folder with its metadata"
        ) from error
    if isinstance(node, zarr.Group):
        return _read_group(path, node, position)
    check_position(path, position, 1)
    _check_coding(path, node)
    parent = _group(path.parent) if zarr_root(path) != path else None
    for image in _multiscales(parent) if parent else ():
        for level in image["datasets"]:
            if level["path"] == path.name:
                return _level(path.parent, parent, image, level)
    return Content(node, _dimension_names(node))


def is_image(path: Path) -> bool:
    """Return whether a folder is an OME-Zarr image."""
    group = _group(path) if path.is_dir() else None
    return group is not None and bool(_multiscales(group))


def is_node(path: Path) -> bool:
    """Return whether a folder is a Zarr group or array."""
    return any((path / name).is_file() for name in METADATA_FILES)


def is_labels(path: Path) -> bool:
    """Return whether a folder is an OME-Zarr image of labels."""
    group = _group(path) if path.is_dir() else None
    return group is not None and "image-label" in ngff_attributes(group)


def labels_in(path: Path) -> list[Path]:
    """Return the labels that an OME-Zarr image holds, each a folder in it."""
    group = _group(path / "labels") if is_image(path) else None
    names = [] if group is None else ngff_attributes(group).get("labels") or []
    return [path / "labels" / str(name) for name in names]


def _group(path: Path) -> Any:
    try:
        return zarr.open_group(path, mode="r")
    except Exception:  # noqa: BLE001  it is no group, whatever else it is
        return None


def ngff_attributes(group: Any) -> dict[str, Any]:
    """Return the NGFF metadata of a group, from where its version has them."""
    attributes: dict[str, Any] = group.attrs.asdict()
    found: dict[str, Any] = attributes.get("ome", attributes)
    return found


def _multiscales(group: Any) -> list[dict[str, Any]]:
    return ngff_attributes(group).get("multiscales") or []


def _read_group(path: Path, group: Any, position: int | None) -> Content:
    """Return the image of a group, or one of those in it."""
    if scales := _multiscales(group):
        check_position(path, position, len(scales))
        image = scales[position or 0]
        content = _level(path, group, image, image["datasets"][0])
        if (levels := len(image["datasets"])) > 1:
            content.notes.append(f"the finest of {levels} levels")
        if position is None:
            content.leave_out_images(list(range(1, len(scales))))
        return content
    images = _list_images(group)
    if not images:
        raise OSError(
            f"{path} is a Zarr group without an OME image; name one of its parts: "
            f"{', '.join(sorted(group.keys())) or 'it has none'}"
        )
    if position is None and len(images) > 1:
        raise RequestError(
            f"one image is read at a time; {path} holds {len(images)}; name one, such "
            f"as {path / images[0]} (in Python, position=0 to {len(images) - 1})"
        )
    check_position(path, position, len(images))
    return read_zarr(path / images[position or 0])


def _list_images(group: Any) -> list[str]:
    """Return the paths of the images in a plate, a well, a labels group or a file.

    See https://ngff.openmicroscopy.org/0.5/index.html, "plate", "well", "labels" and
    "bioformats2raw.layout".
    """
    found = ngff_attributes(group)
    if "plate" in found:
        wells = [well["path"] for well in found["plate"]["wells"]]
        return [f"{w}/{p}" for w in wells if w in group for p in _list_images(group[w])]
    if "well" in found:
        return [str(image["path"]) for image in found["well"]["images"]]
    if "labels" in found:
        return [str(name) for name in found["labels"]]
    if "bioformats2raw.layout" in found:
        named = ngff_attributes(group["OME"]) if "OME" in group else {}
        numbers = sorted(filter(str.isdigit, group.keys()), key=int)
        return [str(name) for name in named.get("series", numbers)]
    return []


def _level(
    path: Path, group: Any, image: Mapping[str, Any], level: Mapping[str, Any]
) -> Content:
    """Return one level of an OME-Zarr image with its coordinates."""
    if level["path"] not in group:
        raise OSError(
            f"{path} lacks the array {level['path']!r} of its image; copy it again"
        )
    array = group[level["path"]]
    _check_coding(path, array)
    axes = image.get("axes")
    if axes is None and array.ndim == 5 and "coordinateSystems" not in image:
        axes = "tczyx"  # NGFF before 0.3
    if not axes:
        raise OSError(
            f"an OME-Zarr image must name its axes, as NGFF 0.4 and 0.5 have them; "
            f"{path} does not; convert it"
        )
    named = [{"name": axis} if isinstance(axis, str) else axis for axis in axes]
    letters = "".join(map(_letter, named))
    content = Content(array, letters, channels=_channels(group))
    scale, translate = np.ones(len(named)), np.zeros(len(named))
    # First those of the level, then those that all levels share.
    for steps in (level, image):
        for step in steps.get("coordinateTransformations", ()):
            kind = step.get("type")
            values = step.get(kind)
            usable = isinstance(values, list) and len(values) == len(named)
            if kind == "scale" and usable:
                with np.errstate(invalid="ignore"):  # such sizes are left out
                    scale, translate = scale * values, translate * values
            elif kind == "translation" and usable:
                translate = translate + values
            elif kind != "identity":
                content.notes.append(f"its transformation {kind!r} was not used")
    content.places = {
        letter: AxisPlace(size, axis.get("unit") or PIXEL, first)
        for letter, axis, size, first in zip(
            letters, named, scale.tolist(), translate.tolist(), strict=True
        )
    }
    return content


def _check_coding(path: Path, array: Any) -> None:
    """Refuse an array whose chunks are pickles: older packages run what is in them."""
    notes = array.metadata
    codecs = [*(getattr(notes, "filters", None) or ()), getattr(notes, "compressor", 0)]
    if any(getattr(codec, "codec_id", "") == "pickle" for codec in codecs):
        raise RequestError(
            f"pixels are numbers; those of {path} are pickles, which can run code when "
            "they are read; convert it where it comes from"
        )


def _channels(group: Any) -> tuple[ChannelInfo, ...]:
    """Return names and colours of channels, which NGFF keeps under "omero"."""
    found = []
    for channel in ngff_attributes(group).get("omero", {}).get("channels", ()):
        name, colour = str(channel.get("label", "")), str(channel.get("color", ""))
        rgb = _COLOUR.fullmatch(colour)
        found.append(ChannelInfo(name, f"#{rgb[1].lower()}" if rgb else ""))
    return tuple(found)


def _letter(axis: Mapping[str, Any]) -> str:
    """Return one letter for an axis, whose name may be a word; its type tells more."""
    name = str(axis["name"])
    if len(name) == 1:
        return name.upper()
    known = _TYPES.get(axis.get("type", "")) or _WORDS.get(name.lower())
    return known or name[:1].upper()


def _dimension_names(array: Any) -> str | None:
    """Return the axes that a plain Zarr array names, if they are letters of ours."""
    names = getattr(array.metadata, "dimension_names", None)
    names = names or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    axes = "".join(_letter({"name": name}) for name in names if name)
    return axes if len(axes) == array.ndim and set(axes) <= set(AXES) else None
