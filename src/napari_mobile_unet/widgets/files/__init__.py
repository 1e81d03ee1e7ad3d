"""Files, as the menus of napari open and save them."""
