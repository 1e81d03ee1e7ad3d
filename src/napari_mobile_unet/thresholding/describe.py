"""The numbers of a split histogram as text, as they stand beside its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.types import Side


def describe(split: HistogramSplit, foreground: Side = "bright") -> str:
    """Return threshold, separability and classes as lines of text to copy."""
    if split.constant:
        value = split.class_means[0]
        return f"constant image, {_number(value)} everywhere: no threshold"
    thresholds = ", ".join(map(_number, split.thresholds))
    head = "threshold" if len(split.thresholds) == 1 else "thresholds"
    lines = [
        f"{head} {thresholds}",
        f"separability η = {split.separability:.3f}",
        *class_texts(split, foreground),
    ]
    if split.excluded:
        lines.append(f"excluded (NaN or infinite): {split.excluded}")
    return "\n".join(lines)


def class_texts(split: HistogramSplit, foreground: Side) -> list[str]:
    """Return name, share, mean and spread of each class, darkest first."""
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
