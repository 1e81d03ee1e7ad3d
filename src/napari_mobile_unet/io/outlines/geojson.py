"""Outlines in GeoJSON, as QuPath writes it."""

from __future__ import annotations

from typing import Any

from napari_mobile_unet.io.outlines.fill import as_ring
from napari_mobile_unet.io.outlines.paint import Drawn

LABEL = "Label"
"""Name of the measurement that holds the id."""
SIZES = "sizes"
"""Member of a collection that holds the length of each axis."""


def read_features(content: Any) -> tuple[list[Drawn], dict[str, int] | None]:
    """Return the objects of a GeoJSON document, and the sizes of its image if stored.

    Parameters
    ----------
    content : object
        A FeatureCollection, a list of features or one of them, as JSON gives it.

    Raises
    ------
    ValueError
        If it is none of these, or an object is no area.
    """
    kind = content.get("type") if isinstance(content, dict) else None
    features = content if isinstance(content, list) else [content]
    sizes = None
    if kind == "FeatureCollection":
        features = content.get("features")
        sizes = content.get(SIZES)
    if not isinstance(features, list) or not all(map(_is_feature, features)):
        raise ValueError(
            "GeoJSON of outlines is a FeatureCollection with geometries; this is not; "
            "export it again"
        )
    return [_drawn(feature, n) for n, feature in enumerate(features)], sizes


def _is_feature(feature: Any) -> bool:
    return isinstance(feature, dict) and isinstance(feature.get("geometry"), dict)


def _drawn(feature: dict[str, Any], number: int) -> Drawn:
    geometry, what = feature["geometry"], f"feature {number}"
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(coordinates, list):
        raise ValueError(
            f"objects are Polygon or MultiPolygon; {what} is {kind!r}; remove it, or "
            "make an area of it"
        )
    polygons = [coordinates] if kind == "Polygon" else coordinates
    rings = [[as_ring(ring, what) for ring in polygon] for polygon in polygons]
    plane = geometry.get("plane")
    place = {
        axis: int(plane.get(axis.lower(), 0))
        for axis in "TZ"
        if isinstance(plane, dict) and int(plane.get(axis.lower(), 0)) >= 0
    }
    return Drawn(_label(feature), [polygon for polygon in rings if polygon], place)


def _label(feature: dict[str, Any]) -> int | None:
    """Return the id among the measurements, or the name if that is a number."""
    properties = feature.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    measured = properties.get("measurements")
    if isinstance(measured, list):  # as QuPath wrote them before version 0.4
        measured = {m.get("name"): m.get("value") for m in measured}
    label = measured.get(LABEL) if isinstance(measured, dict) else None
    if isinstance(label, (int, float)) and label == int(label):
        return int(label)
    name = str(properties.get("name", ""))
    return int(name) if name.isascii() and name.isdigit() and int(name) else None
