"""The docks inside napari: the only home of Qt."""
