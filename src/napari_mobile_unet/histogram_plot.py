"""The histogram behind a threshold: classes, their spread, and Otsu's criterion."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from napari_mobile_unet.split import Otsu

    Side = Literal["bright", "dark"]

SUFFIXES = (".png", ".svg", ".pdf")
"""File formats that `save_histogram` writes."""

# Okabe and Ito's colours, told apart with any colour vision.
_FOREGROUND, _BACKGROUND, *_BETWEEN = "#E69F00", "#56B4E9", "#009E73", "#CC79A7"
_BARS = 256  # at most; as many as a dock is wide enough to show
_LOW = 0.03  # share of the highest bar below which a class is hardly seen
_HEADROOM = 1.3  # room above the bars for the marks of mean and spread


@dataclass(frozen=True, eq=False)
class HistogramPlot:
    """What was drawn, for a window to move and to read.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    axes : matplotlib.axes.Axes
        Counts over grey values.
    lines : tuple of matplotlib.lines.Line2D
        One vertical line at each threshold, lowest first; none if there is only
        one value.
    curve : matplotlib.lines.Line2D or None
        η(t) on an axis of its own, for two classes.
    text : str
        Threshold, separability and classes, as they stand above the picture.
    """

    figure: Figure
    axes: Axes
    lines: tuple[Line2D, ...]
    curve: Line2D | None
    text: str


def draw_histogram(
    figure: Figure,
    split: Otsu,
    *,
    foreground: Side = "bright",
    log: bool | None = None,
    dark: bool = False,
) -> HistogramPlot:
    """Draw a split histogram into a figure, in place of what it showed.

    Each class is a filled distribution, with its mean as a dot and its standard
    deviation as a bar. Two classes also show η(t), the share of the variance that
    a threshold at t explains: Otsu's threshold is its maximum.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    split : Otsu
    foreground : {"bright", "dark"}
        Which end of the grey values is drawn as foreground.
    log : bool, optional
        Counts on a logarithmic axis; by default where a class would be too low to
        be seen on a linear one.
    dark : bool
        Light ink on a dark ground, like napari's dark theme.
    """
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
        _draw_classes(axes, split, foreground, log, ink)
        text = describe(split, foreground)
        title = "\n".join(text.splitlines()[:2])
        axes.set_title(title, loc="left", fontsize="medium")
        lines = () if split.constant else _draw_thresholds(axes, split, ink)
        two = len(split.thresholds) == 1 and not split.constant
        curve = _draw_criterion(axes, split, ink) if two else None
        figure.legend(loc="outside lower left", frameon=False, fontsize="small")
    return HistogramPlot(figure, axes, lines, curve, text)


def save_histogram(
    split: Otsu,
    path: str | os.PathLike[str],
    *,
    foreground: Side = "bright",
    log: bool | None = None,
    dark: bool = False,
) -> Path:
    """Write the picture of a split histogram to a file and return its path.

    Parameters
    ----------
    split : Otsu
    path : path-like
        Ends in .png, .svg or .pdf. A file there is replaced at the end, so that
        there is never half a picture under this name.
    foreground, log, dark
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
    figure = Figure(figsize=(7, 4.5), dpi=150)
    draw_histogram(figure, split, foreground=foreground, log=log, dark=dark)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".histogram-") as folder:
        whole = Path(folder, "whole" + suffix)
        figure.savefig(whole, format=suffix[1:])
        whole.replace(path)
    return path


def describe(split: Otsu, foreground: Side = "bright") -> str:
    """Return threshold, separability and classes as lines of text to copy."""
    if split.constant:
        value = split.class_means[0]
        return f"constant image, {_number(value)} everywhere: no threshold"
    thresholds = ", ".join(map(_number, split.thresholds))
    head = "threshold" if len(split.thresholds) == 1 else "thresholds"
    lines = [
        f"{head} {thresholds}",
        f"separability η = {split.separability:.3f}",
        *_class_texts(split, foreground),
    ]
    if split.excluded:
        lines.append(f"left out, NaN or infinite: {split.excluded}")
    return "\n".join(lines)


def _class_texts(split: Otsu, foreground: Side) -> list[str]:
    names = [f"class {k + 1}" for k in range(len(split.class_shares))]
    if len(names) == 2:
        names = ["background", "background"]
    names[-1 if foreground == "bright" else 0] = "foreground"
    stats = zip(
        names, split.class_shares, split.class_means, split.class_spreads, strict=True
    )
    return [
        f"{name} {share * 100:.3g} %"
        + (f", mean {_number(mean)} ± {_number(spread)}" if share else "")
        for name, share, mean, spread in stats
    ]


def _number(value: float) -> str:
    return f"{value:.0f}" if 1e3 <= abs(value) < 1e7 else f"{value:.4g}"


def _class_colours(classes: int, foreground: Side) -> list[str]:
    colours = [_BACKGROUND, *_BETWEEN[: classes - 2], _FOREGROUND]
    return colours if foreground == "bright" else colours[::-1]


def _view(split: Otsu) -> tuple[int, int]:
    """Return the first and the end bin to show.

    A long tail of few pixels would squeeze all others into a few bars: if the
    middle 99.8 % take less than half of the range, they and the thresholds are it.
    """
    occurring = np.flatnonzero(split.counts)
    first, last = int(occurring[0]), int(occurring[-1])
    below = np.cumsum(split.counts) / split.histogram.total
    low, high = np.searchsorted(below, [0.001, 0.999]).tolist()
    if high - low < (last - first) / 2:
        cuts = _cuts(split)
        low, high = min(low, *cuts), max(high, *cuts)
        margin = (high - low) // 10
        first, last = max(first, low - margin), min(last, high + margin)
    return first, last + 1


def _cuts(split: Otsu) -> list[int]:
    """Return the first bin above each threshold."""
    cuts = np.searchsorted(split.histogram.values, split.thresholds, side="right")
    return [int(cut) for cut in cuts]


def _draw_classes(
    axes: Axes, split: Otsu, foreground: Side, log: bool | None, ink: str
) -> None:
    first, end = _view(split)
    edges = split.edges
    each = -(-(end - first) // _BARS)  # whole bins a bar, or bars would beat
    starts = np.arange(first, end, each)
    heights = np.add.reduceat(split.counts[:end], starts)
    sides = edges[np.append(starts, starts[-1] + each).clip(max=len(edges) - 1)]

    borders = [sides[0], *edges[_cuts(split)].clip(sides[0], sides[-1]), sides[-1]]
    insides = [
        np.flatnonzero((sides[1:] > low) & (sides[:-1] < high))
        for low, high in pairwise(borders)
    ]
    if log is None:
        peaks = [heights[inside].max() for inside in insides if len(inside)]
        log = min(peaks) < _LOW * max(peaks)
    bottom = 0.5 if log else 0.0
    colours = _class_colours(len(split.class_shares), foreground)
    texts = _class_texts(split, foreground)
    for k, (inside, (low, high)) in enumerate(
        zip(insides, pairwise(borders), strict=True)
    ):
        if len(inside):
            clipped = sides[inside[0] : inside[-1] + 2].clip(low, high)
            axes.stairs(
                heights[inside],
                clipped,
                baseline=bottom,
                fill=True,
                color=colours[k],
                label=texts[k],
            )
        if split.class_shares[k]:
            axes.errorbar(
                split.class_means[k],
                0.96 - 0.04 * (k % 2),
                xerr=split.class_spreads[k],
                transform=axes.get_xaxis_transform(),
                fmt="o",
                color=colours[k],
                markeredgecolor=ink,
                capsize=3,
            )
    if log:
        axes.set_yscale("log")
        axes.minorticks_off()  # they take half of the time to draw
        axes.set_ylim(bottom, bottom * (heights.max() / bottom) ** _HEADROOM)
    else:
        axes.set_ylim(bottom, heights.max() * _HEADROOM)
    margin = 0.02 * (sides[-1] - sides[0])
    axes.set_xlim(sides[0] - margin, sides[-1] + margin)
    hidden = split.histogram.total - heights.sum()
    beyond = f" (pixels beyond this range: {hidden})" if hidden else ""
    axes.set_xlabel("grey value" + beyond)
    axes.set_ylabel("pixels" if each == 1 else f"pixels in {each} bins")


def _draw_thresholds(axes: Axes, split: Otsu, ink: str) -> tuple[Line2D, ...]:
    # Between two bins, as the classes are: a threshold itself is background.
    places = split.edges[_cuts(split)]
    return tuple(
        axes.axvline(place, color=ink, linewidth=1.5, linestyle="--")
        for place in places
    )


def _draw_criterion(axes: Axes, split: Otsu, ink: str) -> Line2D:
    first, end = _view(split)
    criterion = axes.twinx()
    criterion.spines["top"].set_visible(False)
    (curve,) = criterion.plot(
        split.edges[first + 1 : end + 1],
        split.between_class_variance[first:end] / split.variance,
        color=ink,
        linewidth=1,
        label="variance between the classes, share of all: η(t)",
    )
    criterion.set_ylim(0, _HEADROOM)
    criterion.set_yticks([0, 0.25, 0.5, 0.75, 1])
    criterion.set_ylabel(r"$\eta(t) = \sigma_b^2(t)\,/\,\sigma^2$")
    return curve
