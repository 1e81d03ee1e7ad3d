"""OME-XML as it stands in TIFF files: sizes, times, and the files of an image."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np

from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.units import factor
from napari_mobile_unet.io.calibration import AxisPlace, parse_place, parse_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

_EVEN = 0.01
"""Share of an interval by which the times of planes may miss it."""


class OmeXml:
    """The OME-XML in a TIFF file.

    Parameters
    ----------
    text : str
        The XML.
    path : Path
        Of the file, which may have been renamed.

    Raises
    ------
    ValueError
        If it is damaged.
    """

    def __init__(self, text: str, path: Path) -> None:
        try:
            # Expat loads nothing from elsewhere, and bounds what entities grow to.
            self._root = ElementTree.fromstring(text)  # noqa: S314
        except ElementTree.ParseError as error:
            raise ValueError(f"the OME-XML in {path} is damaged: {error}") from error
        self._path = path

    @property
    def metadata_file(self) -> str:
        """Name of the file that has the OME-XML in place of this one, if any."""
        found = next(_elements(self._root, "BinaryOnly"), None)
        return "" if found is None else found.get("MetadataFile", "")

    @cached_property
    def images(self) -> list[Element]:
        """The images with planes in files that are there."""
        return [
            image
            for image in _elements(self._root, "Image")
            if set(self._files(image)) - self._missing
            and image.find("{*}Pixels") is not None
        ]

    def missing_files(self, image: Element) -> list[str]:
        """Return the names of the files of an image that are not there."""
        return sorted(self._missing.intersection(self._files(image)))

    @cached_property
    def _missing(self) -> set[str]:
        names = set(self._files(self._root)) - {""}
        return {name for name in names if not (self._path.parent / name).exists()}

    def _files(self, element: Element) -> Iterator[str]:
        """Yield the names of the files with planes of an image; "" for this file."""
        for planes in _elements(element, "TiffData"):
            uuid = next(_elements(planes, "UUID"), None)
            name = "" if uuid is None else uuid.get("FileName", "")
            here = uuid is None or uuid.text == self._root.get("UUID")
            yield "" if here or name.lower() == self._path.name.lower() else name


def places_in(image: Element) -> tuple[dict[str, AxisPlace], list[str]]:
    """Return size and place of the pixels of an image, and notes on them.

    Where it has no ``TimeIncrement``, the times of its planes give the interval, if
    they are evenly spaced.
    """
    pixels = pixels_of(image)
    names = {axis: f"PhysicalSize{axis}" for axis in "ZYX"} | {"T": "TimeIncrement"}
    places = {
        axis: AxisPlace(
            parse_size(pixels.get(name)),
            pixels.get(f"{name}Unit", "s" if axis == "T" else "µm"),
        )
        for axis, name in names.items()
        if name in pixels.attrib
    }
    for axis in places.keys() & set("ZYX"):
        places[axis] = places[axis]._replace(first=_first(pixels, axis, places[axis]))
    if "T" in places or not (times := _times(pixels)):
        return places, []
    (unit, *others), steps = {u for _, u in times}, np.diff([time for time, _ in times])
    interval = float(steps.mean())
    if others or interval <= 0 or np.abs(steps - interval).max() > _EVEN * interval:
        return places, ["the times of its planes are not evenly spaced"]
    notes = ["the interval is that of the times of its planes"]
    return places | {"T": AxisPlace(interval, unit)}, notes


def channels_in(image: Element) -> tuple[ChannelInfo, ...]:
    """Return names and colours of the channels of an image."""
    found = []
    for channel in _elements(image, "Channel"):
        number = channel.get("Color", "")  # of 32 bits, with a sign: RGBA
        known = number.removeprefix("-").isdecimal()
        rgb = f"#{int(number) % 2**32 >> 8:06x}" if known else ""
        found.append(ChannelInfo(channel.get("Name", ""), rgb))
    return tuple(found)


def _first(pixels: Element, axis: str, place: AxisPlace) -> float:
    """Return where the first plane lies along an axis, in the unit of its size.

    0 where that is not said, or in the unit "reference frame", which stands for none.
    """
    for plane in _elements(pixels, "Plane"):
        unit = plane.get(f"Position{axis}Unit", "reference frame")
        try:
            return parse_place(plane.get(f"Position{axis}")) * factor(unit, place.unit)
        except ValueError:
            break
    return 0.0


def pixels_of(image: Element) -> Element:
    """Return the element that describes the pixels of an image."""
    return next(_elements(image, "Pixels"), image)


def _times(pixels: Element) -> list[tuple[float, str]]:
    """Return the time of each frame with its unit; nothing if one has none."""
    found = {}
    for plane in _elements(pixels, "Plane"):
        first = plane.get("TheC", "0") == plane.get("TheZ", "0") == "0"
        if first and "DeltaT" in plane.attrib:
            time = parse_size(plane.get("DeltaT")), plane.get("DeltaTUnit", "s")
            found[plane.get("TheT", "0")] = time
    frames = [str(frame) for frame in range(len(found))]
    whole = len(frames) > 1 and pixels.get("SizeT") == str(len(frames))
    return [found[frame] for frame in frames] if whole and {*frames} == {*found} else []


def _elements(element: Element, name: str) -> Iterator[Element]:
    """Yield an element and those in it that have a name, in any namespace."""
    yield from (e for e in element.iter() if e.tag.rpartition("}")[2] == name)
