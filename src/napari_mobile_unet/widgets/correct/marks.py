"""Outlines over the plane that is corrected: what is chosen or locked, and a sketch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from napari.layers import Labels
from napari.utils import DirectLabelColormap

from napari_mobile_unet.corrections.change import read_box
from napari_mobile_unet.corrections.operations.window import padded
from napari_mobile_unet.widgets.correct import sketch
from napari_mobile_unet.widgets.correct.napari_private import redraw
from napari_mobile_unet.widgets.layers.convert import PREVIEW
from napari_mobile_unet.widgets.layers.result import add_beside
from napari_mobile_unet.widgets.layers.space import space_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import napari

    from napari_mobile_unet.corrections.change import Box, Change, PlaneIndex
    from napari_mobile_unet.corrections.session import Corrections

LOCKED, CHOSEN = 1, 2
"""Values of the marks; a sketch has others."""
COLOURS = {LOCKED: "#35c46a", CHOSEN: "#ffd23f", **sketch.COLOURS}
"""Green and yellow, and those of a sketch."""


class Marks:
    """A layer that outlines objects in the visible plane, and shows what is drawn.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer goes; above the labels, beside the selection.
    target : Labels
        The layer that is corrected.
    """

    def __init__(self, viewer: napari.Viewer, target: Labels) -> None:
        self._viewer, self._target = viewer, target
        self._plane: PlaneIndex = ()
        self._marked: set[int] = set()
        self._sketch: sketch.Sketch | None = None
        self.layer: Labels | None = None

    def show(
        self, session: Corrections, plane: PlaneIndex, chosen: Iterable[int]
    ) -> None:
        """Outline the locked and the chosen objects of a plane, and nothing else."""
        chosen = set(chosen)
        if self.layer is None and self._target in self._viewer.layers:
            self._add(plane)
        if self.layer is None or not self._shown:  # somebody took it away
            return
        if plane != self._plane:
            self._move(plane)
        locked = session.locks.ids
        here = [own for own in session.index.ids_in(plane) if own in locked | chosen]
        data = self.layer.data
        data[...] = 0
        for own in here:
            self._outline(session, plane, own, CHOSEN if own in chosen else LOCKED)
        self._sketch = None  # it is gone with all that was there
        self._marked = chosen
        redraw(self.layer, [self._all])

    def choose(self, session: Corrections, chosen: Iterable[int]) -> None:
        """Outline other objects as the chosen ones; only their boxes are drawn anew."""
        if self.layer is None or not self._shown:
            return
        boxes = self._cleared()
        for ids, value in ((self._marked, 0), (set(chosen), CHOSEN)):
            for own in ids:
                if self._plane not in session.index.planes_of(own):
                    continue
                kept = value or (LOCKED if own in session.locks.ids else 0)
                boxes.append(self._outline(session, self._plane, own, kept))
        self._marked = set(chosen)
        self._draw(boxes)

    def follow(
        self,
        session: Corrections,
        boxes: Sequence[tuple[PlaneIndex, Box]],
        relocked: Sequence[int] = (),
    ) -> None:
        """Outline anew what lies in boxes that changed, and objects whose lock did."""
        if self.layer is None or not self._shown:
            return
        own_boxes = [
            (self._plane, session.index.box(own, self._plane))
            for own in relocked
            if session.index.count(own, self._plane)
        ]
        drawn = self._cleared()
        for plane, box in (*boxes, *own_boxes):
            if plane != self._plane:
                continue
            around = padded(box, 1, self._target.data.shape)
            self.layer.data[(*self._first, *around)] = 0
            drawn.append(around)
            for own in session.index.at(plane, around):
                chosen = own in self._marked
                if chosen or own in session.locks.ids:
                    value = CHOSEN if chosen else LOCKED
                    drawn.append(self._outline(session, plane, own, value))
        self._draw(drawn)

    def sketch(
        self,
        session: Corrections,
        places: Sequence[tuple[float, float]] = (),
        changes: Sequence[Change] = (),
        *,
        closed: bool = False,
        apart: bool = False,
    ) -> None:
        """Show a line that is drawn and what would come of it, in place of the last.

        Parameters
        ----------
        session : Corrections
            Of the labels.
        places : sequence of (float, float)
            Rows and columns of the line; none for no line.
        changes : sequence of Change
            What it would do.
        closed, apart : bool
            Whether the line is an outline, or its places are seeds.
        """
        if self.layer is None or not self._shown:
            return
        drawn = self._cleared()
        made = self._sketch = sketch.Sketch(self.layer.data[self._first])
        drawn += made.outlines(session, self._plane, changes)
        if apart:
            drawn += [made.cross(place) for place in places]
        elif len(places) > 1:
            drawn.append(made.line(places, closed=closed))
        self._draw(drawn)

    def clear_sketch(self) -> None:
        """Take the sketch away."""
        if self.layer is not None and self._shown:
            self._draw(self._cleared())

    def _cleared(self) -> list[Box]:
        """Put back what the sketch covers, and return where."""
        made, self._sketch = self._sketch, None
        return [] if made is None else made.clear()

    def remove(self) -> None:
        """Take the layer away."""
        if self._shown:
            self._viewer.layers.remove(self.layer)
        self.layer = None

    @property
    def _shown(self) -> bool:
        return self.layer in self._viewer.layers

    @property
    def _first(self) -> tuple[int, ...]:
        return (0,) * len(self._plane)

    @property
    def _all(self) -> tuple[PlaneIndex, Box]:
        height, width = self._target.data.shape[-2:]
        return self._first, (slice(0, height), slice(0, width))

    def _draw(self, boxes: Iterable[Box]) -> None:
        assert self.layer is not None
        redraw(self.layer, [(self._first, box) for box in boxes if box is not None])

    def _outline(
        self, session: Corrections, plane: PlaneIndex, own: int, value: int
    ) -> Box:
        """Mark the rim of an object, and return its box."""
        assert self.layer is not None
        box = session.index.box(own, plane)
        mask = np.asarray(read_box(session.labels, plane, box) == own)
        inner = cv2.erode(np.pad(mask.view(np.uint8), 1), np.ones((3, 3), np.uint8))[
            1:-1, 1:-1
        ]
        part = self.layer.data[(*self._first, *box)]
        part[mask & (inner == 0)] = value
        return box

    def _add(self, plane: PlaneIndex) -> None:
        target = self._target
        shape = (*(1,) * (target.ndim - 2), *target.data.shape[-2:])
        colours: dict[Any, Any] = {None: (0, 0, 0, 0), 0: (0, 0, 0, 0), **COLOURS}
        self.layer = Labels(
            np.zeros(shape, np.uint8),
            name="marks",
            metadata={PREVIEW: True},
            colormap=DirectLabelColormap(color_dict=colours),
            opacity=1,
            **space_of(target),
        )
        self._move(plane)
        add_beside(self._viewer, self.layer)

    def _move(self, plane: PlaneIndex) -> None:
        """Lay the layer over another plane."""
        assert self.layer is not None
        target, self._plane = self._target, plane
        ends = ((*plane, 0, 0), (0,) * target.ndim)
        step = np.subtract(*(target.data_to_world(end) for end in ends))
        linear = np.asarray(target.affine.linear_matrix)
        self.layer.translate = target.translate + np.linalg.solve(linear, step)
