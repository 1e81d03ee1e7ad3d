"""The diameter of an object that a person outlined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from napari_mobile_unet.widgets.layers.drawn import outlines_of

if TYPE_CHECKING:
    from napari.layers import Layer, Shapes

    from napari_mobile_unet.images.stack import Stack

    Kind = Literal["stack", "each", "shown", "region"]


def drawn_diameter(drawn: Shapes, source: Layer, stack: Stack) -> float:
    """Return the diameter in pixels of the disc of the area of the last closed shape.

    Raises
    ------
    ValueError
        If there is none, or it has no area.
    """
    outlines = outlines_of(drawn, source, stack)
    area = cv2.contourArea(outlines[-1].astype(np.float32)) if outlines else 0.0
    if not area:
        raise ValueError(
            f"the size of an object needs a closed shape, got none in {drawn.name!r}; "
            "draw an ellipse around one object"
        )
    return float(2 * np.sqrt(area / np.pi))
