"""A text that a file carries beside its pixels: what its format has no place for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from napari_mobile_unet.io.paths import zarr_root
from napari_mobile_unet.later import tifffile, zarr

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = "napari-mobile-unet"
"""Of the annotation in OME-XML, and the key among the attributes of a Zarr group."""


def annotation(note: str) -> dict[str, Any]:
    """Return what puts a note into OME-XML, nothing for none."""
    if not note:
        return {}
    return {"CommentAnnotation": {"Namespace": NAMESPACE, "Value": note}}


def put_note(group: Any, note: str) -> None:
    """Keep a note among the attributes of a Zarr group."""
    if note:
        group.attrs[NAMESPACE] = note


def read_note(path: Path) -> str:
    """Return the note in an OME-TIFF or OME-Zarr, "" if there is none.

    Parameters
    ----------
    path : Path
        A file, or a folder with a Zarr group; any others have no note.
    """
    try:
        if zarr_root(path):
            found = zarr.open_group(path, mode="r").attrs.get(NAMESPACE)
            return found if isinstance(found, str) else ""
        with tifffile.TiffFile(path) as file:
            return _note_in(file.ome_metadata or "")
    except Exception:  # noqa: BLE001  what cannot be read has no note
        return ""


def _note_in(xml: str) -> str:
    if NAMESPACE not in xml:
        return ""
    # Of expat, which loads nothing from elsewhere and bounds what entities grow to.
    for element in ElementTree.fromstring(xml).iter():  # noqa: S314
        if element.get("Namespace") == NAMESPACE:
            return element.findtext("{*}Value") or ""
    return ""
