"""Which side of a threshold is the objects, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_mobile_unet.settings import Params
from napari_mobile_unet.types import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.thresholding.histogram import Histogram

Reason = Literal["chosen", "fewer pixels", "transmitted light"]
"""Why a side is the foreground; all but the first are found."""
_WHITE = (1.0, 255.0, 65535.0)
"""What floats may take for white: the first that none of them exceeds."""


class Foreground(Params):
    """The end of the grey values that is the objects.

    Examples
    --------
    >>> print(Foreground(side="dark", reason="transmitted light"))
    dark (auto: transmitted light)
    """

    side: Side
    """The brightest or the darkest class."""
    reason: Reason
    """Why it is that one."""

    def __str__(self) -> str:
        """Return side and reason in a few words."""
        if self.reason == "chosen":
            return self.side
        return f"{self.side} (auto: {self.reason})"


def find_foreground(histogram: Histogram, class_shares: Sequence[float]) -> Foreground:
    """Return which class of an image is the objects.

    As a rule it is the one of the brightest and the darkest class that has fewer
    pixels. RGB images whose mean is nearer to white than to black show transmitted
    light: there the ground is bright, however little of it the tissue leaves.

    Parameters
    ----------
    histogram : Histogram
        With a value at least.
    class_shares : sequence of float
        Share of the pixels of each class, darkest first.
    """
    if histogram.colour:
        mean = float((histogram.values * histogram.counts).sum()) / histogram.total
        if mean > _white(histogram) / 2:
            return Foreground(side="dark", reason="transmitted light")
    rarer: Side = "bright" if class_shares[-1] <= class_shares[0] else "dark"
    return Foreground(side=rarer, reason="fewer pixels")


def _white(histogram: Histogram) -> float:
    """Return the value of white in an image."""
    if histogram.dtype.kind in "iu":
        return float(np.iinfo(histogram.dtype).max)
    brightest = histogram.limits[1]
    return next((white for white in _WHITE if brightest <= white), brightest)
