"""The tool in hand: its gesture on the layer, and what it then does."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject

from napari_mobile_unet.corrections.operations.scope import Scope, planes_in_scope
from napari_mobile_unet.corrections.operations.window import box_of_points, padded
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.widgets.correct.desk import REFUSALS
from napari_mobile_unet.widgets.correct.gestures import Gestures, Place
from napari_mobile_unet.widgets.correct.keys import Keys
from napari_mobile_unet.widgets.correct.situation import Choice, Situation
from napari_mobile_unet.widgets.correct.view import (
    confidence_of,
    id_at,
    image_beside,
    image_plane,
    labels_beside,
)
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.session import Corrections
    from napari_mobile_unet.types import AnyLabels, Plane
    from napari_mobile_unet.widgets.correct.bench import Bench
    from napari_mobile_unet.widgets.correct.tools import Tool

Places = tuple[Place, ...]

MOST = 100
"""Chosen objects up to which a preview is shown."""
SLOW = 0.05
"""Seconds from which previews wait for the end of the gesture."""
CONTEXT = 64
"""Pixels around a box that are segmented with it, so that its edge is seen whole."""


class Hand(QObject):
    """The tool in hand, on the layer of a bench.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer is.
    bench : Bench
        The layer with its session.
    segment : callable
        Finds objects in a part of an image, for the tool that segments a box.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        bench: Bench,
        segment: Callable[[Plane], AnyLabels],
    ) -> None:
        super().__init__(bench)
        self._viewer, self._bench, self._segment = viewer, bench, segment
        self.tool: Tool | None = None
        self.scope: Scope = "plane"
        """The planes that tools change."""
        self.axis = 0
        """The leading axis that the scope runs along."""
        self.smallest = 16
        """Pixels, for the tool that chooses small objects."""
        self.doubtful_below = 0.5
        """Confidence, for the tool that chooses doubtful objects."""
        self.gestures: Gestures | None = None
        self._seeds: list[Place] = []
        self._slow = False
        self._keys: Keys | None = None
        self.segmenting = Job(self)
        self.segmenting.yielded.connect(lambda ready: ready())
        self.segmenting.failed.connect(bench.said)

    def begin(self) -> None:
        """Listen to gestures on the bench's layer."""
        layer = self._bench.layer
        assert layer is not None
        self.gestures = Gestures(self._viewer, layer, self)
        self.gestures.clicked.connect(self._on_clicked)
        self.gestures.made.connect(self._on_made)
        self.gestures.moved.connect(self._on_moved)
        layer.events.mode.connect(self._on_mode)

    def end(self) -> None:
        """Put the tool away, and let go of the layer."""
        self.segmenting.cancel()
        self._bind(None)
        if self.gestures is not None and self._bench.layer is not None:
            self._bench.layer.events.mode.disconnect(self._on_mode)
            self.gestures.close()
        self.gestures, self.tool, self._seeds = None, None, []

    def use(self, tool: Tool) -> None:
        """Use a tool at once, or take it in hand until its gesture is made."""
        self._bench.said.emit("")
        if self.gestures is None:
            self._bench.said.emit("Choose a labels layer to correct")
        elif tool.gesture == "now":
            self._apply(tool, ())
        else:
            self.hold(None if self.tool is tool else tool)
        self._bench.changed.emit()

    def hold(self, tool: Tool | None) -> None:
        """Take a tool in hand, or put it away."""
        self.tool, self._seeds = tool, []
        if self.gestures is not None:
            self.gestures.take(tool.gesture if tool else "now")
        self._bind(tool)
        self._clear_sketch()
        self._bench.changed.emit()

    def _bind(self, tool: Tool | None) -> None:
        """Bind keys that napari's polygon needs only while a tool is in hand."""
        if self._keys is not None:
            self._keys.close()
        self._keys, layer = None, self._bench.layer
        if tool is not None and layer is not None:
            keys: dict[str, Callable[[], object]] = {
                "Enter": self.finish_gesture,
                "Escape": lambda: self.hold(None),
            }
            self._keys = Keys(layer, keys)

    def _on_mode(self) -> None:
        """Put the tool away where one of napari's is taken."""
        layer = self._bench.layer
        if self.tool is not None and layer is not None and layer.mode != "pan_zoom":
            self.hold(None)

    def finish_gesture(self) -> None:
        """Apply the tool in hand to the places clicked so far."""
        if self.tool is not None and self._seeds:
            places, self._seeds = tuple(self._seeds), []
            self._apply(self.tool, places)

    def ids(self, points: Places = ()) -> tuple[int, ...]:
        """Return the chosen objects, else that under the gesture or the pointer."""
        layer, gestures, chosen = self._bench.layer, self.gestures, self._bench.chosen
        if chosen or layer is None or gestures is None:
            return chosen
        place = points[0] if points else gestures.pointer
        own = 0 if place is None else id_at(layer, self._bench.plane(), place)
        return (own,) if own else ()

    def _apply(
        self, tool: Tool, points: Places, found: AnyLabels | None = None
    ) -> None:
        """Do what a tool wants; ``found`` is what lies in a box that was segmented."""
        layer, desk = self._bench.layer, self._bench.desk
        if layer is None or desk is None:
            return
        desk.settle()
        try:
            plane = self._bench.plane()
            ids = self.ids(points)
            if not (ids or points or tool.group == "All"):
                raise ValueError(
                    f"{tool.title} works on objects; none is chosen; click on one"
                )
            if tool.gesture == "box" and found is None:
                self._segment_box(tool, points, plane)
                return
            planes = planes_in_scope(self.scope, layer.data.shape, plane, self.axis)
            situation = self._situation(desk.session, plane, ids, points)
            edit = tool.use(replace(situation, planes=planes, found=found))
        except REFUSALS as error:
            self._bench.said.emit(one_line(error))
            return
        finally:
            self._clear_sketch()
        if isinstance(edit, Choice):
            self._bench.choose(edit.ids)
            self._bench.said.emit(edit.text)
        else:
            desk.do(tool.name, lambda: edit.changes, text=edit.text, on=edit.on)

    def _situation(
        self,
        session: Corrections,
        plane: PlaneIndex,
        ids: tuple[int, ...],
        points: Places,
    ) -> Situation:
        """Return what a tool is used on, with this plane as its scope."""
        return Situation(
            session=session,
            plane=plane,
            planes=[plane],
            ids=ids,
            points=points,
            image=lambda: self._image(plane),
            others=self._others,
            confidence=lambda: confidence_of(self._bench.layer),
            smallest=self.smallest,
            doubtful_below=self.doubtful_below,
        )

    def preview(self, tool: Tool, points: Places = (), *, closed: bool = False) -> None:
        """Show what a tool would do in this plane, and the line that is drawn.

        Nothing is written. Where that took long, the line alone is shown until the
        gesture ends.
        """
        bench = self._bench
        desk, marks = bench.desk, bench.marks
        if desk is None or marks is None:
            return
        changes: list[Change] = []
        ids = self.ids(points)
        if (ids or points) and len(ids) <= MOST and not self._slow:
            begun = time.perf_counter()
            with suppress(*REFUSALS):  # a line that is not across yet, and the like
                plane = bench.plane()
                edit = tool.use(self._situation(desk.session, plane, ids, points))
                changes = [] if isinstance(edit, Choice) else edit.changes
            self._slow = time.perf_counter() - begun > SLOW
        apart = tool.gesture == "seeds"
        marks.sketch(desk.session, points, changes, closed=closed, apart=apart)

    def end_preview(self) -> None:
        """Take away what a preview shows, unless seeds wait for more of them."""
        if not self._seeds:
            self._clear_sketch()

    def _segment_box(self, tool: Tool, points: Places, plane: PlaneIndex) -> None:
        """Segment a box off this thread; the tool is applied when that is done."""
        layer, image = self._bench.layer, self._image(plane)
        assert layer is not None
        if image is None:
            raise ValueError(
                "a box is segmented anew in the image; there is no visible image of "
                "the labels' size; show one"
            )
        box = box_of_points(points, layer.data.shape)
        around = padded(box, CONTEXT, layer.data.shape)
        inside = tuple(
            slice(inner.start - outer.start, inner.stop - outer.start)
            for inner, outer in zip(box, around, strict=True)
        )

        def work() -> Iterator[Callable[[], None]]:
            found = np.asarray(self._segment(image[around]))[inside]

            def apply() -> None:
                if self._bench.layer is layer and self._bench.plane() == plane:
                    self._apply(tool, points, found)

            yield apply

        self._bench.said.emit("Segmenting the box …")
        self.segmenting.start(work)

    def _image(self, plane: PlaneIndex) -> Plane | None:
        layer = self._bench.layer
        assert layer is not None
        image: Any = image_beside(self._viewer, layer)
        return None if image is None else image_plane(image, plane)

    def _others(self) -> list[LabelArray]:
        layer, marks = self._bench.layer, self._bench.marks
        assert layer is not None and marks is not None
        beside = labels_beside(self._viewer, layer)
        return [other.data for other in beside if other is not marks.layer]

    def _on_clicked(self, place: tuple[float, float], more: bool) -> None:
        """Choose the object under a click; with Shift, one more or one less."""
        layer = self._bench.layer
        assert layer is not None
        try:
            own = id_at(layer, self._bench.plane(), place)
        except ValueError as error:
            self._bench.said.emit(one_line(error))
            return
        before = self._bench.chosen if more else ()
        if own in before:
            self._bench.choose(tuple(each for each in before if each != own))
        else:
            self._bench.choose((*before, own) if own else before)

    def _on_made(self, places: Places) -> None:
        if self.tool is None:
            return
        if self.tool.gesture == "seeds":
            self._seeds.extend(places)
            self.preview(self.tool, tuple(self._seeds))
            self._bench.said.emit(
                f"{len(self._seeds)} seeds; Enter splits, Escape ends"
            )
        else:
            self._apply(self.tool, places)

    def _on_moved(self, places: list[Place], closed: bool) -> None:
        tool = self.tool
        if tool is None:
            return
        if tool.gesture != "box":
            self.preview(tool, tuple(places), closed=closed)
        elif self._bench.marks is not None and self._bench.session is not None:
            self._bench.marks.sketch(self._bench.session, places, closed=True)

    def _clear_sketch(self) -> None:
        self._slow = False
        if self._bench.marks is not None:
            self._bench.marks.clear_sketch()
