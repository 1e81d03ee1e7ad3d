"""What ImageJ and plain TIFF files say of the place of their pixels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.io.calibration import AxisPlace, parse_place, parse_size
from napari_mobile_unet.later import tifffile

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
"""How ImageJ writes what is not ASCII."""
_UNCALIBRATED = ("", "pixel", "pixels")
_PRINTED = (72, 96, 100, 120, 150, 180, 200, 240, 300, 360, 400, 600, 720, 1200, 2400)
"""Dots per inch that programs write into pictures of which they know no size."""
_COARSEST = 0.1
"""Largest pixel in cm that is believed to be one of a microscope."""


def imagej_places(
    notes: dict[str, Any], page: tifffile.TiffPage
) -> dict[str, AxisPlace]:
    """Return size and place of pixels as ImageJ notes them.

    Parameters
    ----------
    notes : dict
        ImageJ's own.
    page : TiffPage
        With the tags, where X and Y have their size.
    """
    unit = _text(notes.get("unit"))
    units = {axis: _text(notes.get(f"{axis.lower()}unit")) or unit for axis in "XYZ"}
    steps = {}
    if unit.lower() not in _UNCALIBRATED:
        steps = dict(_resolutions(page))
    if "spacing" in notes or steps:  # it is left out where it is 1
        steps["Z"] = parse_size(notes.get("spacing", 1.0))
    places = {}
    for axis, step in steps.items():
        # ImageJ counts from an origin, which is given in pixels.
        origin = parse_place(notes.get(f"{axis.lower()}origin"))
        places[axis] = AxisPlace(step, units[axis] or "pixel", -origin * step)
    if "finterval" in notes:
        interval = parse_size(notes["finterval"])
        places["T"] = AxisPlace(interval, _text(notes.get("tunit")) or "sec")
    return places


def imagej_channels(notes: dict[str, Any], count: int) -> tuple[ChannelInfo, ...]:
    """Return names and colours of channels: the first labels, and the ends of LUTs.

    Parameters
    ----------
    notes : dict
        ImageJ's own. Labels are of planes, of which neighbours differ in the channel.
    count : int
        Number of channels.
    """
    labels, tables = notes.get("Labels", ()), notes.get("LUTs", ())
    if count == 1 or len(labels) < count:  # the labels of slices or frames
        labels = [""] * count
    colours = [""] * count
    if len(tables) == count:
        colours = ["#" + "".join(f"{v:02x}" for v in lut[:, -1]) for lut in tables]
    pairs = zip(labels, colours, strict=False)
    return tuple(ChannelInfo(str(name or ""), colour) for name, colour in pairs)


def printed_places(page: tifffile.TiffPage) -> dict[str, AxisPlace]:
    """Return the size of pixels by the tags of a plain TIFF file, where it is likely.

    Most programs write there how a picture is to be printed, in dots per inch. So only
    dots per centimetre are believed, of pixels that a microscope may have.
    """
    if page.tags.valueof("ResolutionUnit") != tifffile.RESUNIT.CENTIMETER:
        return {}
    steps = dict(_resolutions(page))
    for step in steps.values():
        dots = 2.54 / step
        if step >= _COARSEST or any(abs(dots - usual) < 0.5 for usual in _PRINTED):
            return {}
    return {axis: AxisPlace(1e4 * step, "micrometer") for axis, step in steps.items()}


def _resolutions(page: tifffile.TiffPage) -> Iterator[tuple[str, float]]:
    """Yield X and Y with the size of a pixel, where the tags give it."""
    for axis, name in (("X", "XResolution"), ("Y", "YResolution")):
        pixels, length = page.tags.valueof(name) or (0, 0)
        if pixels and length:
            yield axis, length / pixels


def _text(value: Any) -> str:
    """Return what ImageJ wrote without its escapes, "" for nothing."""
    text = "" if value is None else str(value).strip()
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
