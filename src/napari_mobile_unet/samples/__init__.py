"""The sample images that are shipped, and what napari's Open Sample shows."""

from napari_mobile_unet.samples.files import sample_path

__all__ = ["sample_path"]
