"""Where a layer lies, so that another can lie over it pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.layers import Layer

KEYWORDS = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")


def space_of(layer: Layer) -> dict[str, Any]:
    """Return the keywords that put a layer of the same dimensions over this one."""
    return {name: getattr(layer, name) for name in KEYWORDS}
