"""The histogram behind a threshold: classes, their spread, and Otsu's criterion."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.thresholding.describe import class_texts, describe
from napari_mobile_unet.thresholding.plot_bars import (
    Bars,
    ClassPlot,
    places_of,
    view_of,
)

if TYPE_CHECKING:
    import os

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.types import Side

SUFFIXES = (".png", ".svg", ".pdf", ".csv")
"""File formats that `save_histogram` writes: pictures, or a table."""

_UNDIVIDED = "#999999"
# Okabe and Ito's colours, told apart with any colour vision.
_FOREGROUND, _BACKGROUND, *_BETWEEN = "#E69F00", "#56B4E9", "#009E73", "#CC79A7"
LOCAL = "adaptive: each pixel against its surroundings, no line to set"
"""Text of a histogram without a threshold."""
_HEADROOM = 1.3  # room above the bars for the marks of mean and spread


@dataclass(frozen=True, eq=False)
class HistogramPlot:
    """What was drawn, for a window to move and to read.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    axes : matplotlib.axes.Axes
        Counts over grey values.
    bars : Bars
        The counts as they are shown.
    classes : tuple of ClassPlot
        What is drawn of each class, darkest first.
    lines : tuple of matplotlib.lines.Line2D
        One vertical line at each threshold, lowest first; none if there is only
        one value.
    curves : tuple of matplotlib.lines.Line2D
        For two classes, on an axis of their own: η(t), and what is left of the
        variance within the classes.
    text : str
        Threshold, separability and classes, as they stand above the picture.
    """

    figure: Figure
    axes: Axes
    bars: Bars
    classes: tuple[ClassPlot, ...]
    lines: tuple[Line2D, ...]
    curves: tuple[Line2D, ...]
    text: str

    def move(self, split: HistogramSplit) -> None:
        """Show the same counts split elsewhere, on the axes as they are."""
        for line, place in zip(self.lines, places_of(split), strict=True):
            line.set_xdata([place, place])
        for number, drawn in enumerate(self.classes):
            drawn.show(split, number, self.bars)

    @property
    def moving(self) -> tuple[Artist, ...]:
        """All that ``move`` changes or that stands in front of it, lowest first."""
        behind = [drawn.bars for drawn in self.classes]
        marks = [mark for drawn in self.classes for mark in (drawn.spread, drawn.mean)]
        curves = self.curves
        return (*behind, *curves, *marks, *self.lines)


def draw_histogram(
    figure: Figure,
    split: HistogramSplit,
    *,
    foreground: Side = "bright",
    log: bool | None = None,
    dark: bool = False,
    local: bool = False,
) -> HistogramPlot:
    """Draw a split histogram into a figure, in place of what it showed.

    Each class is a filled distribution, with its mean as a dot and its standard
    deviation as a bar. Two classes also show η(t), the share of the variance that
    a threshold at t explains: Otsu's threshold is its maximum.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    split : HistogramSplit
    foreground : {"bright", "dark"}
        Which end of the grey values is drawn as foreground.
    log : bool, optional
        Counts on a logarithmic axis; by default where a class would be too low to
        be seen on a linear one.
    dark : bool
        Light ink on a dark ground, like napari's dark theme.
    local : bool
        Whether each pixel has a threshold of its own, so that there is no line.
    """
    import matplotlib as mpl  # a second that few need

    ground, ink = ("#262930", "#F0F1F2") if dark else ("#FFFFFF", "#1A1A1A")
    figure.clear()
    figure.set_layout_engine("constrained")
    figure.set_facecolor(ground)
    with mpl.rc_context(
        {
            "axes.facecolor": ground,
            "axes.edgecolor": ink,
            "axes.labelcolor": ink,
            "text.color": ink,
            "xtick.color": ink,
            "ytick.color": ink,
        }
    ):
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        bars = Bars.of(split, log)
        _lay_out(axes, split, bars)
        names = ["all pixels"] if local else class_texts(split, foreground)
        colours = [_UNDIVIDED] if local else _class_colours(len(names), foreground)
        seen = split.at(bars.sides[-1]) if local else split
        classes = tuple(
            _draw_class(axes, seen, number, bars, colour, name, ink)
            for number, (colour, name) in enumerate(zip(colours, names, strict=True))
            if split.class_shares[number] or not split.constant
        )
        text = LOCAL if local else describe(split, foreground)
        title = "\n".join(text.splitlines()[:2])
        axes.set_title(title, loc="left", fontsize="medium")
        undivided = split.constant or local
        lines = () if undivided else _draw_thresholds(axes, split, ink)
        two = len(split.thresholds) == 1 and not undivided
        curves = _draw_criterion(axes, split, ink) if two else ()
        figure.legend(loc="outside lower left", frameon=False, fontsize="small")
    return HistogramPlot(figure, axes, bars, classes, lines, curves, text)


def save_histogram(
    split: HistogramSplit,
    path: str | os.PathLike[str],
    *,
    foreground: Side = "bright",
    log: bool | None = None,
    dark: bool = False,
    local: bool = False,
) -> Path:
    """Write a split histogram, as a picture or a table, and return the file's path.

    The table has a row for each grey value that occurs: its pixels, its class, and
    for two classes η of a threshold at it.

    Parameters
    ----------
    split : HistogramSplit
    path : path-like
        Ends in .png, .svg, .pdf or .csv. A file there is replaced at the end, so that
        there is never half a picture under this name.
    foreground, log, dark, local
        As in `draw_histogram`.

    Raises
    ------
    ValueError
        If the suffix is another.
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f"a histogram is saved as {', '.join(SUFFIXES)}, got {path.name!r}; "
            "change the suffix"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"a histogram is saved into an existing folder, got {path.parent}; "
            "create it first"
        )
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".histogram-") as folder:
        whole = Path(folder, "whole" + suffix)
        if suffix == ".csv":
            _table(split).to_csv(whole, index=False)
        else:
            from matplotlib.figure import Figure

            figure = Figure(figsize=(7, 4.5), dpi=150)
            draw_histogram(
                figure, split, foreground=foreground, log=log, dark=dark, local=local
            )
            figure.savefig(whole, format=suffix[1:])
        whole.replace(path)
    return path


def _table(split: HistogramSplit) -> pd.DataFrame:
    occurring = np.flatnonzero(split.counts)
    values = split.histogram.values[occurring]
    table = pd.DataFrame({"grey_value": values, "pixels": split.counts[occurring]})
    table["class"] = np.searchsorted(split.thresholds, values, side="left")
    if len(split.thresholds) == 1 and not split.constant:
        share = split.between_class_variance[occurring] / split.variance
        table["eta"] = share
    return table


def _class_colours(classes: int, foreground: Side) -> list[str]:
    colours = [_BACKGROUND, *_BETWEEN[: classes - 2], _FOREGROUND]
    return colours if foreground == "bright" else colours[::-1]


def _lay_out(axes: Axes, split: HistogramSplit, bars: Bars) -> None:
    """Give the axes their ranges and names."""
    low, high, highest = bars.sides[0], bars.sides[-1], bars.heights.max()
    if bars.log:
        axes.set_yscale("log")
        axes.minorticks_off()  # they take half of the time to draw
        axes.set_ylim(bars.bottom, bars.bottom * (highest / bars.bottom) ** _HEADROOM)
    else:
        axes.set_ylim(0, highest * _HEADROOM)
    margin = 0.02 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    hidden = split.histogram.total - bars.heights.sum()
    beyond = f" (pixels beyond this range: {hidden})" if hidden else ""
    axes.set_xlabel("grey value" + beyond)
    axes.set_ylabel("pixels" if bars.each == 1 else f"pixels in {bars.each} bins")


def _draw_class(
    axes: Axes,
    split: HistogramSplit,
    number: int,
    bars: Bars,
    colour: str,
    name: str,
    ink: str,
) -> ClassPlot:
    """Draw one class, without changing the ranges of the axes."""
    from matplotlib.patches import StepPatch

    steps = StepPatch([0], bars.sides[:2], fill=True, color=colour, label=name)
    axes.add_artist(steps)
    above: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "color": colour}
    height = 0.96 - 0.04 * (number % 2)
    (spread,) = axes.plot(
        [0, 0], [height, height], marker="|", scalex=False, scaley=False, **above
    )
    (mean,) = axes.plot(
        [0], [height], "o", markeredgecolor=ink, scalex=False, scaley=False, **above
    )
    drawn = ClassPlot(steps, spread, mean)
    drawn.show(split, number, bars)
    return drawn


def _draw_thresholds(axes: Axes, split: HistogramSplit, ink: str) -> tuple[Line2D, ...]:
    return tuple(
        axes.axvline(place, color=ink, linewidth=1.5, linestyle="--")
        for place in places_of(split)
    )


def _draw_criterion(axes: Axes, split: HistogramSplit, ink: str) -> tuple[Line2D, ...]:
    first, end = view_of(split)
    criterion = axes.twinx()
    criterion.spines["top"].set_visible(False)
    places = split.edges[first + 1 : end + 1]
    share = split.between_class_variance[first:end] / split.variance
    (between,) = criterion.plot(
        places, share, color=ink, linewidth=1, label="between the classes: η(t)"
    )
    (within,) = criterion.plot(
        places,
        split.within_class_variance[first:end] / split.variance,
        color=ink,
        linewidth=1,
        linestyle=":",
        label="within the classes, weighted",
    )
    criterion.set_ylim(0, _HEADROOM)
    criterion.set_yticks([0, 0.25, 0.5, 0.75, 1])
    criterion.set_ylabel("share of the variance")
    return between, within
