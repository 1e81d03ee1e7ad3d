"""The page *Measure*: a table of objects, linked with the layer."""
