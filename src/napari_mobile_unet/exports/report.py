"""A report as one page of HTML, with its pictures and plots inside."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.ticker import MaxNLocator

from napari_mobile_unet.exports.overlay import draw_overlay
from napari_mobile_unet.io.atomic import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike

    from napari_mobile_unet.types import AnyLabels, Plane

WIDTH, HEIGHT = 360, 170
"""Of a plot, in its own units; the page scales it."""
LEFT, RIGHT, ABOVE, BELOW = 44, 18, 8, 34
"""Room around a plot, for the numbers beside and below it."""
LONGEST = 420
"""Largest height or width in pixels of a picture; larger planes lose pixels."""
BINS = 24
"""Bars of a histogram, about."""
MOST = 99.5
"""Percentile up to which values are drawn: one giant would squeeze all others."""


@dataclass(frozen=True)
class Bar:
    """A bar of a histogram, in the plot's units."""

    x: float
    y: float
    width: float
    height: float
    text: str
    """What it stands for."""


@dataclass(frozen=True)
class Histogram:
    """How often values occur, ready to be drawn."""

    title: str
    bars: list[Bar]
    across: list[tuple[float, str]]
    """Ticks along x: place and number."""
    up: list[tuple[float, str]]
    """Ticks along y."""
    note: str = ""
    """What is not drawn."""


@dataclass(frozen=True)
class Picture:
    """An image with the outlines of its objects."""

    name: str
    caption: str
    png: str
    """In base64; empty where there is none to be drawn."""


@dataclass(frozen=True)
class Page:
    """What a report tells."""

    title: str
    made: str
    """When, and by which version."""
    tiles: list[tuple[str, str]]
    """Numbers to begin with, and what each is."""
    plots: list[Histogram]
    groups: list[tuple[str, list[Picture]]]
    """Pictures under their titles."""
    columns: list[str]
    rows: list[list[str]]
    """The table of images."""
    failures: list[tuple[str, str]]
    """Inputs, and why each failed."""
    recipes: list[tuple[str, int, str]] = field(default_factory=list)
    """What was done in words, to how many images, and as JSON."""
    facts: list[tuple[str, str]] = field(default_factory=list)
    """Models and versions."""


def histogram(
    title: str, values: ArrayLike, limits: tuple[float, float] | None = None
) -> Histogram | None:
    """Return a histogram of finite values; None where there is none.

    Parameters
    ----------
    title : str
        What the values are, with their unit.
    values : array-like of float
        The values.
    limits : tuple of float, optional
        Of the x axis; 0 and nearly the largest value unless given.
    """
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return None
    low, high = limits or (0.0, max(float(np.percentile(finite, MOST)), 1e-9))
    bins = BINS
    if not limits and (finite == finite.round()).all():
        # Each bar stands for as many whole numbers as any other.
        wide = -(-(int(np.ceil(high)) + 1) // BINS)
        bins = -(-(int(np.ceil(high)) + 1) // wide)
        high = float(wide * bins)
    edges = np.linspace(low, high, bins + 1)
    counts, _ = np.histogram(finite, edges)
    beyond = int((finite > high).sum())
    top = max(1, int(counts.max()))
    ticks_up = [n for n in MaxNLocator(4, integer=True).tick_values(0, top) if n >= 0]
    highest = max(ticks_up)
    ticks = MaxNLocator(6).tick_values(low, high)
    ticks = [n for n in ticks if low <= n <= high * (1 + 1e-9)]
    room, up = WIDTH - LEFT - RIGHT, HEIGHT - BELOW - ABOVE

    def x_of(value: float) -> float:
        return float(LEFT + room * (value - low) / (high - low))

    def y_of(count: float) -> float:
        return float(ABOVE + up * (1 - count / highest))

    bars = [
        Bar(
            x_of(start) + 0.5,
            y_of(count),
            x_of(stop) - x_of(start) - 1,
            up + ABOVE - y_of(count),
            f"{start:.4g} to {stop:.4g}: {count}",
        )
        for start, stop, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    ]
    return Histogram(
        title,
        bars,
        [(x_of(n), f"{n:.4g}") for n in ticks],
        [(y_of(n), f"{n:g}") for n in ticks_up],
        f"{beyond} larger than {high:.4g}" if beyond else "",
    )


def picture_of(plane: Plane, labels: AnyLabels) -> str:
    """Return a picture of a plane with outlined objects, PNG in base64.

    Parameters
    ----------
    plane, labels : ndarray
        As for ``draw_overlay``; pixels are left out where they are larger than
        ``LONGEST``.
    """
    step = -(-max(labels.shape) // LONGEST)
    drawn = draw_overlay(plane[::step, ::step], labels[::step, ::step])
    worked, content = cv2.imencode(".png", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
    assert worked
    return base64.b64encode(content.tobytes()).decode("ascii")


def write_page(page: Page, path: Path) -> None:
    """Write a page, whole or not at all; it needs no other file and runs nothing.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    sizes = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT}
    text = _template().render(page=page, **sizes)
    # Names of files need not be UTF-8.
    with atomic_path(path) as beside:
        beside.write_bytes(text.encode("utf-8", "backslashreplace"))


@cache
def _template() -> Any:
    # Names of files and messages are data: none of them becomes markup.
    environment = Environment(
        loader=PackageLoader("napari_mobile_unet.exports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
