"""Colours that tell the numbers of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import ensure_colormap

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLOURS = "viridis"
"""napari's name of the colours of a number, from low to high."""
STEPS = 64
"""Colours of a number: as many as eyes tell apart, and few for the graphics card."""
LARGEST_ID = 1 << 16
"""Of labels that napari can colour one by one without further packages."""


def limits_of(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the smallest and the largest finite value; 0 and 1 where there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def colours_of(
    values: NDArray[np.float64], limits: tuple[float, float]
) -> NDArray[np.float64]:
    """Return (n, 4) colours of values; grey where there is none.

    Parameters
    ----------
    values : ndarray
        (n,), NaN where there is none.
    limits : tuple of float
        The values of the first and of the last colour.
    """
    low, high = limits
    share = np.clip(np.nan_to_num((values - low) / ((high - low) or 1)), 0, 1)
    steps = np.round(share * (STEPS - 1)) / (STEPS - 1)
    colours = np.array(ensure_colormap(COLOURS).map(steps), float).reshape(-1, 4)
    colours[~np.isfinite(values)] = (0.5, 0.5, 0.5, 1)
    return colours


def legend_style() -> str:
    """Return the style sheet of a label that shows the colours, from low to high."""
    ends = np.array(ensure_colormap(COLOURS).map(np.linspace(0, 1, 5)))
    stops = ", ".join(
        f"stop:{place} {_hex(colour)}"
        for place, colour in zip((0, 0.25, 0.5, 0.75, 1), ends, strict=True)
    )
    return (
        "QLabel { padding: 1px 4px; border-radius: 2px; color: white; background: "
        f"qlineargradient(x1:0, y1:0, x2:1, y2:0, {stops}); }}"
    )


def _hex(colour: NDArray[Any]) -> str:
    red, green, blue = (round(255 * float(part)) for part in colour[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"
