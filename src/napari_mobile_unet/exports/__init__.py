"""Results for other programs, and for the eye."""

from __future__ import annotations

from napari_mobile_unet.exports.labels import export_labels, import_labels

__all__ = ["export_labels", "import_labels"]
