"""The choices that a threshold's settings offer, stated once; they import nothing.

The command line lists them in its help without loading what computes thresholds.
"""

from __future__ import annotations

from typing import Literal

Method = Literal[
    "otsu", "triangle", "li", "yen", "isodata", "mean", "minimum", "adaptive"
]
"""Ways to separate objects from the background by their grey values."""
Scope = Literal["stack", "plane"]
"""What one threshold is computed from."""
Made = Literal["objects", "classes"]
ForegroundChoice = Literal["auto", "bright", "dark"]
"""Which end of the grey values the objects are at."""
