"""The images in a TIFF file, each with what the file says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.io.content import Content
from napari_mobile_unet.io.ome_xml import OmeXml, channels_in, pixels_of, places_in
from napari_mobile_unet.io.tiff_tags import (
    imagej_channels,
    imagej_places,
    printed_places,
)

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    import tifffile

    from napari_mobile_unet.images.channels import ChannelInfo
    from napari_mobile_unet.io.calibration import AxisPlace


@dataclass
class TiffImage:
    """One image in a TIFF file."""

    series: tifffile.TiffPageSeries
    """Its pages."""
    places: dict[str, AxisPlace] = field(default_factory=dict)
    """Size and place of its pixels along some of its axes."""
    notes: list[str] = field(default_factory=list)
    """What a person should know of these."""
    channels: tuple[ChannelInfo, ...] = ()
    """Names and colours of its channels."""
    missing: list[str] = field(default_factory=list)
    """Names of files that hold pages of it, and are not there."""

    @property
    def content(self) -> Content:
        """What is known of it without its pixels."""
        return Content(
            None, places=self.places, notes=self.notes, channels=self.channels
        )

    @property
    def kind(self) -> tuple[Any, ...]:
        """What images must have in common to be positions of one stack."""
        sizes = {axis: (place.step, place.unit) for axis, place in self.places.items()}
        return self.series.shape, self.series.axes, self.series.dtype, sizes

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each axis, by its letter."""
        return dict(zip(self.series.axes, self.series.shape, strict=True))

    def is_in(self, file: tifffile.TiffFile) -> bool:
        """Return whether pages of it lie in a file, and not all in others."""
        pages = self.series.pages
        return any(page is not None and page.parent is file for page in pages)


def list_images(file: tifffile.TiffFile, path: Path) -> list[TiffImage]:
    """Return the images in a file, OME-TIFF, ImageJ or plain.

    OME-XML may tell of images in other files as well.
    """
    images = [TiffImage(series) for series in file.series]
    if file.is_ome and file.ome_metadata:
        _add_ome(images, file.ome_metadata, path)
        return images
    for image in images:
        page = image.series.keyframe
        if file.is_imagej:
            notes = file.imagej_metadata or {}
            image.places = imagej_places(notes, page)
            image.channels = imagej_channels(notes, image.sizes.get("C", 1))
        elif places := printed_places(page):
            image.places = places
            image.notes = ["the pixel size is that of its TIFF resolution tags"]
    return images


def _add_ome(images: list[TiffImage], text: str, path: Path) -> None:
    """Add to the images what OME-XML says of them."""
    notes = []
    elements: list[Element | None] = [None] * len(images)
    try:
        xml = OmeXml(text, path)
        if xml.metadata_file:
            notes.append(f"its OME-XML is in {xml.metadata_file}, which is not read")
        elements = _pair(images, xml.images)
        for image, element in zip(images, elements, strict=True):
            if element is not None:
                image.places, image.notes = places_in(element)
                image.channels = channels_in(element)
                image.missing = xml.missing_files(element)
    except ValueError:  # broken notes are no reason to refuse pixels
        notes.append("its OME-XML is damaged and was not used")
    if None in elements and not notes:
        notes.append("its OME-XML does not fit its pages and was not used")
    for image in images:
        image.notes += notes


def _pair(images: list[TiffImage], elements: list[Element]) -> list[Element | None]:
    """Return the part of the OME-XML for each image; None where it has none.

    Both are in one order, but tifffile lists no images that it does not understand.
    """
    if any(image.series.kind != "ome" for image in images):
        return [None] * len(images)
    rest = iter(elements)
    if len(images) == len(elements):
        return list(rest)
    return [next((e for e in rest if _fits(image, e)), None) for image in images]


def _fits(image: TiffImage, element: Element) -> bool:
    """Return whether a part of the OME-XML is of an image, by its name and size."""
    page, pixels = image.series.keyframe, pixels_of(element)
    size = str(page.imagelength), str(page.imagewidth)
    named = element.get("Name", "") in (image.series.name, "")
    return named and (pixels.get("SizeY"), pixels.get("SizeX")) == size
