"""Labels as GeoJSON, as QuPath reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.exports.outlines import Outline, iter_outlines
from napari_mobile_unet.io.outlines.geojson import LABEL, SIZES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack


def write_geojson(
    path: Path, labels: Stack, locked: Collection[int], classes: Mapping[int, str]
) -> None:
    """Write each object of each plane as an annotation, which QuPath can change.

    Coordinates are pixels. Ids stand in the name and among the measurements.
    """
    features = [
        _feature(outline, place, outline.label in locked, classes.get(outline.label))
        for place, outlines in iter_outlines(labels)
        for outline in outlines
    ]
    content = {
        "type": "FeatureCollection",
        SIZES: labels.sizes,  # QuPath leaves it aside; we read it
        "features": features,
    }
    path.write_text(json.dumps(content), "utf-8")


def _feature(
    outline: Outline, place: dict[str, int], locked: bool, named: str | None
) -> dict[str, Any]:
    polygons = [
        [[*ring.tolist(), ring[0].tolist()] for ring in polygon]
        for polygon in outline.polygons
    ]
    geometry: dict[str, Any] = {"type": "MultiPolygon", "coordinates": polygons}
    if len(polygons) == 1:
        geometry = {"type": "Polygon", "coordinates": polygons[0]}
    if place:
        planes = {axis: place.get(axis.upper(), 0) for axis in "zt"}
        geometry["plane"] = {"c": -1, **planes}  # of all channels
    properties: dict[str, Any] = {
        "objectType": "annotation",
        "name": str(outline.label),
        "measurements": {LABEL: outline.label, "Area px^2": outline.area},
        "isLocked": locked,
    }
    if named is not None:
        properties["classification"] = {"name": named}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
