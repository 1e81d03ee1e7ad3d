"""The docks: the only home of Qt and napari; one dock a file."""
