"""The tool in hand: its gesture on the layer, and what it then does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject

from napari_mobile_unet.corrections.operations.scope import Scope, planes_in_scope
from napari_mobile_unet.corrections.operations.window import box_of_points, padded
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.widgets.correct.desk import REFUSALS
from napari_mobile_unet.widgets.correct.gestures import Gestures, Place
from napari_mobile_unet.widgets.correct.keys import Keys
from napari_mobile_unet.widgets.correct.plane_maps import PlaneMaps
from napari_mobile_unet.widgets.correct.previews import Previews
from napari_mobile_unet.widgets.correct.situation import Choice
from napari_mobile_unet.widgets.correct.surroundings import Surroundings
from napari_mobile_unet.widgets.correct.view import id_at
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

    from napari_mobile_unet.corrections.change import PlaneIndex
    from napari_mobile_unet.types import AnyLabels, Plane
    from napari_mobile_unet.widgets.correct.bench import Bench
    from napari_mobile_unet.widgets.correct.tools import Tool

Places = tuple[Place, ...]

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
        self.maps = PlaneMaps(viewer, bench)
        self.maps.said.connect(bench.said)
        self._around = Surroundings(viewer, bench, self.maps)
        self._previews = Previews(bench, self._around, self.maps)
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
        self.maps.cancel()
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
        self._previews.clear()
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
        if place is None:
            return ()
        try:
            own = id_at(layer, self._bench.plane(), place)
        except ValueError:  # the view shows no single plane
            return ()
        return (own,) if own else ()

    def _apply(
        self,
        tool: Tool,
        points: Places,
        *,
        ids: tuple[int, ...] | None = None,
        found: AnyLabels | None = None,
    ) -> None:
        """Do what a tool wants.

        Parameters
        ----------
        tool : Tool
            The tool.
        points : tuple of (float, float)
            Of its gesture.
        ids : tuple of int, optional
            The objects; those chosen, or under the gesture or pointer, by default.
        found : ndarray of int, optional
            What lies in a box that was segmented.
        """
        layer, desk = self._bench.layer, self._bench.desk
        if layer is None or desk is None:
            return
        desk.settle()
        try:
            plane = self._bench.plane()
            ids = self.ids(points) if ids is None else ids
            if not (ids or points or tool.group == "All"):
                raise ValueError(
                    f"{tool.title} works on objects; none is chosen; click on one"
                )
            if tool.gesture == "box" and found is None:
                self._segment_box(tool, points, plane)
                return
            if tool.by_maps and not self.maps.ready(plane):
                self._bench.said.emit("Looking at the plane with the model …")
                again = partial(self._apply, tool, points, ids=ids)
                self.maps.find(plane, self._only_here(plane, again))
                return
            situation = self._around.situation(desk.session, plane, ids, points)
            edit = tool.use(
                replace(
                    situation,
                    planes=planes_in_scope(
                        self.scope, layer.data.shape, plane, self.axis
                    ),
                    found=found,
                    smallest=self.smallest,
                    doubtful_below=self.doubtful_below,
                )
            )
        except REFUSALS as error:
            self._bench.said.emit(one_line(error))
            return
        finally:
            self._previews.clear()
        if isinstance(edit, Choice):
            self._bench.choose(edit.ids)
            self._bench.said.emit(edit.text)
        else:
            desk.do(tool.name, lambda: edit.changes, text=edit.text, on=edit.on)

    def _only_here(
        self, plane: PlaneIndex, action: Callable[[], None]
    ) -> Callable[[], None]:
        """Return an action that is taken only where this plane is still looked at."""
        layer = self._bench.layer

        def act() -> None:
            bench = self._bench
            with suppress(ValueError):  # the view shows no single plane
                if bench.layer is layer and bench.plane() == plane:
                    action()

        return act

    def preview(self, tool: Tool, points: Places = (), *, closed: bool = False) -> None:
        """Show what a tool would do in this plane, and the line that is drawn."""
        self._previews.show(tool, self.ids(points), points, closed=closed)

    def end_preview(self) -> None:
        """Take away what a preview shows, unless seeds wait for more of them."""
        if not self._seeds:
            self._previews.clear()

    def _segment_box(self, tool: Tool, points: Places, plane: PlaneIndex) -> None:
        """Segment a box off this thread; the tool is applied when that is done."""
        layer, image = self._bench.layer, self._around.image(plane)
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

            yield self._only_here(
                plane, partial(self._apply, tool, points, found=found)
            )

        self._bench.said.emit("Segmenting the box …")
        self.segmenting.start(work)

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
        self.preview(tool, tuple(places), closed=closed)
