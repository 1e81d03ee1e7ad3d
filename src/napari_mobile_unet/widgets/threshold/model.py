"""What the threshold dock shows and changes: one state, which all its views draw."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.thresholding.threshold import Threshold

if TYPE_CHECKING:
    from napari_mobile_unet.thresholding.foreground import Foreground
    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.types import Side
    from napari_mobile_unet.widgets.threshold.counting import Counted


class ThresholdModel(QObject):
    """Counts of grey values, and the thresholds that are found or set on them.

    Views draw it when one of its signals comes, and call its methods when a person
    does something; they hold no copy of it.

    Attributes
    ----------
    settings : Threshold
        How thresholds are found, as the form shows it.
    per_plane : bool
        Whether each plane has thresholds of its own.
    values : tuple of float or None
        Thresholds set by hand.
    counted : Counted or None
        What was counted last.
    split : HistogramSplit or None
        The counts at the thresholds; None where there is no threshold.
    reason : str
        Why there is none.
    progress : str
        How far a count has come that is at work.
    stale : bool
        Whether the counts are not yet, or no longer, those of the image.
    """

    changed = Signal()
    """Anything may be different: draw it anew."""
    moved = Signal()
    """The thresholds were moved on the same counts, by hand; it comes often."""
    progressed = Signal()
    """Only ``progress`` is different."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = Threshold()
        self.per_plane = False
        self.values: tuple[float, ...] | None = None
        self.counted: Counted | None = None
        self.split: HistogramSplit | None = None
        self.reason = self.progress = ""
        self.stale = True
        self._held = False

    @property
    def threshold(self) -> Threshold:
        """The settings, with the scope and the thresholds set by hand."""
        scope = "plane" if self.per_plane else "stack"
        return self.settings.replace(scope=scope, values=self.values)

    @property
    def foreground(self) -> Foreground:
        """Which side of the thresholds is the foreground, and why.

        There must be a split.
        """
        assert self.split is not None
        of_stack = self.counted.foreground if self.counted else None
        if self.settings.foreground == "auto" and of_stack is not None:
            return of_stack
        return self.settings.foreground_of(self.split)

    @property
    def side(self) -> Side:
        """Which side of the thresholds is the foreground."""
        return self.foreground.side

    @property
    def local(self) -> bool:
        """Whether each pixel has a threshold of its own, so that none can be set."""
        return self.settings.method == "adaptive"

    @property
    def taken(self) -> tuple[int, ...]:
        """Classes that are objects, counted from 1, the darkest."""
        if self.settings.result == "classes":
            return tuple(range(1, self.settings.classes + 1))
        end = self.settings.classes if self.side == "bright" else 1
        return self.settings.object_classes or (end,)

    def written_down(self) -> Threshold:
        """Return the settings with the thresholds of these counts, for other pixels.

        Raises
        ------
        ValueError
            If the counts are not complete, or have no threshold.
        """
        if self.local:
            return self.threshold
        if self.stale:
            raise ValueError(
                "a threshold needs all of its pixels, got a count that is still at "
                "work; press the button again in a moment"
            )
        if self.split is None:
            raise ValueError(self.reason)
        values = self.split.thresholds
        return self.threshold.replace(values=values, foreground=self.side)

    def expire(self) -> None:
        """Note that the counts are no longer those of the pixels that are meant."""
        self.stale = True

    def begin(self, planes: int) -> None:
        """Say that planes are being counted; earlier counts are shown until then."""
        self.expire()
        self.progress = f"Counting {planes} planes …" if planes > 1 else ""
        self.progressed.emit()

    def take(self, counted: Counted) -> None:
        """Find the thresholds on new counts; while a line is held, once it is not."""
        self.counted, self.stale = counted, counted.share < 1
        self.progress = f"Counting … {counted.share:.0%}" if self.stale else ""
        if not self._held:
            self._find()

    def refuse(self, reason: str) -> None:
        """Say why there is nothing to count."""
        self.counted = self.split = None
        self._held = False
        self.reason, self.progress, self.stale = reason, "", False
        self.changed.emit()

    def set_settings(self, settings: Threshold) -> None:
        """Find thresholds another way; those set by hand hold for their method."""
        now = settings.method, settings.classes
        if now != (self.settings.method, self.settings.classes):
            self.values = None
        self.settings = settings
        self._find()

    def forget(self, *, per_plane: bool | None = None) -> None:
        """Let go of what was set by hand, for other pixels are counted next.

        Parameters
        ----------
        per_plane : bool, optional
            As in the attribute of this name; as it is unless given.
        """
        self.expire()
        self.values = None
        self.per_plane = self.per_plane if per_plane is None else per_plane

    def set_values(self, values: tuple[float, ...]) -> None:
        """Set the thresholds by hand.

        Raises
        ------
        ValueError
            If they do not fit the settings; it stays as it is then.
        """
        self.settings.replace(values=values)
        self.values = values
        self._find()

    def reset(self) -> None:
        """Go back to the thresholds that are found."""
        self._held, self.values = False, None
        self._find()

    def hold(self) -> None:
        """Take hold of a line: new counts must not change what is under the mouse."""
        self._held = True

    def release(self) -> None:
        """Let go of a line."""
        self._held = False
        self._find()

    def move_line(self, line: int, value: float) -> None:
        """Move one threshold, between its neighbours, as far as it goes.

        Parameters
        ----------
        line : int
            Its number, from 0 for the lowest.
        value : float
            In the image's units. Of whole numbers the threshold is the brightest
            value left of the line, so it is rounded down.
        """
        assert self.split is not None
        histogram, thresholds = self.split.histogram, list(self.split.thresholds)
        ends = (histogram.edges[0], *thresholds, histogram.edges[-1])
        low, high = ends[line] + histogram.step, ends[line + 2] - histogram.step
        value = min(max(value, low), high)
        value = float(math.floor(value) if histogram.exact else value)
        moved = [*thresholds[:line], value, *thresholds[line + 1 :]]
        rising = all(one < other for one, other in pairwise(moved))
        if rising and value != thresholds[line]:
            self.values = tuple(map(float, moved))
            self.split = self.split.at(*self.values)
            self.moved.emit()

    def _find(self) -> None:
        """Find the thresholds on the counts."""
        if self.counted is not None:
            try:
                self.split = self.threshold.split(self.counted.histogram)
                self.reason = ""
            except ValueError as error:
                self.split, self.reason = None, one_line(error)
        self.changed.emit()
