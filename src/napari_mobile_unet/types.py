"""The arrays and choices that go from room to room, named once."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]
"""(Y, X), or (Y, X, channels), of any real type."""
Mask = NDArray[np.bool_]
"""True where something holds: of the pixels of a plane, or of its objects."""
Labels = NDArray[np.int32]
"""(Y, X), 0 is background; or the ids themselves."""
AnyLabels = NDArray[np.integer[Any]]
"""Labels of any shape and any type of whole numbers, as files and layers hold them."""
Floats = NDArray[np.float32]
"""What a network takes and gives: a normalised image, or its maps (Y, X, maps)."""
Reals = NDArray[np.float64]
"""Numbers to compute with, one for each object, level or coefficient."""
Limits = tuple[float, float]
"""The lower and the upper end of a range of grey values."""
Side = Literal["bright", "dark"]
"""Which end of the grey values is the foreground."""
Combination = Literal["mean", "max"]
"""What is made of all channels: their mean, or the largest value of each pixel."""
Channel = int | Combination | Literal["all"]
"""One channel by its number; all of them combined; or all of them, side by side, for a
network that sees them together."""
AxesSource = Literal["given", "metadata", "shape", "labels", "image"]
"""Who named the axes: the caller, the file, a guess from the shape, the labels that lie
beside an image, or the image beside them."""
