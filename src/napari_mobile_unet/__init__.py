"""napari-mobile-unet."""
