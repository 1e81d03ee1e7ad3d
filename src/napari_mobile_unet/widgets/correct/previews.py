"""What a tool would do, shown before it is written."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from napari_mobile_unet.widgets.correct.desk import REFUSALS
from napari_mobile_unet.widgets.correct.situation import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.corrections.change import Change
    from napari_mobile_unet.corrections.session import Corrections
    from napari_mobile_unet.widgets.correct.bench import Bench
    from napari_mobile_unet.widgets.correct.gestures import Place
    from napari_mobile_unet.widgets.correct.plane_maps import PlaneMaps
    from napari_mobile_unet.widgets.correct.surroundings import Surroundings
    from napari_mobile_unet.widgets.correct.tools import Tool

MOST = 100
"""Chosen objects up to which a preview is shown."""
SLOW = 0.05
"""Seconds from which previews wait for the end of the gesture."""


class Previews:
    """Shows what tools would do in the plane that is looked at; nothing is written.

    Where that took long, the line alone is shown until the gesture ends.

    Parameters
    ----------
    bench : Bench
        The labels layer in hand.
    around : Surroundings
        What tools may look at.
    maps : PlaneMaps
        What the model sees.
    """

    def __init__(self, bench: Bench, around: Surroundings, maps: PlaneMaps) -> None:
        self._bench, self._around, self._maps = bench, around, maps
        self._slow = False

    def show(
        self,
        tool: Tool,
        ids: tuple[int, ...],
        points: tuple[Place, ...],
        *,
        closed: bool,
    ) -> None:
        """Show what a tool would do to objects, and the line or the seeds so far."""
        session, marks = self._bench.session, self._bench.marks
        if session is None or marks is None:
            return
        changes: Sequence[Change] = ()
        applies = bool(ids or points) and len(ids) <= MOST and tool.gesture != "box"
        if applies and not self._slow:
            begun = time.perf_counter()
            with suppress(*REFUSALS):  # a line that is not across yet, and the like
                changes = self._changes(session, tool, ids, points)
            self._slow = time.perf_counter() - begun > SLOW
        apart = tool.gesture == "seeds"
        marks.sketch(session, points, changes, closed=closed, apart=apart)

    def clear(self) -> None:
        """Take away what is shown."""
        self._slow = False
        if self._bench.marks is not None:
            self._bench.marks.clear_sketch()

    def _changes(
        self,
        session: Corrections,
        tool: Tool,
        ids: tuple[int, ...],
        points: tuple[Place, ...],
    ) -> Sequence[Change]:
        plane = self._bench.plane()
        if tool.by_maps and not self._maps.ready(plane):
            self._maps.find(plane)  # it is shown the next time
            return ()
        edit = tool.use(self._around.situation(session, plane, ids, points))
        return () if isinstance(edit, Choice) else edit.changes
