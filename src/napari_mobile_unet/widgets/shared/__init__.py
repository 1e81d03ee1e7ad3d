"""What the docks share: image box, forms, progress, and the run of a recipe."""
