"""Between layers of napari and stacks: converted, placed, stored."""
