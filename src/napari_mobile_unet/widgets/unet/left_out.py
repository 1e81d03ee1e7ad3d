"""Objects that are too doubtful to be shown: seen in their own colour, and accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils import DirectLabelColormap
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_mobile_unet.corrections.operations.draw import add_found
from napari_mobile_unet.corrections.operations.window import box_of
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.preview_labels import PreviewLabels
from napari_mobile_unet.widgets.shared.pages import page_behind
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import napari
    from napari.layers import Labels
    from numpy.typing import NDArray

    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.widgets.unet.answer import Answer

COLOUR = "#ff8c1a"
"""Of all that is left out: orange."""
COVERED = 0.5
"""Share of a left-out object that is labelled already from which on it is not shown."""
UNDONE = "What is accepted is locked; Ctrl+Z in the picture takes the last one back."
SEGMENT_FIRST = "Segment first: objects are accepted into the labels of a run."


class LeftOut(QWidget):
    """A tick that shows what is left out of the visible plane, and its acceptance.

    A click on such an object makes it a part of the labels of the last run: through
    the history of the page *Correct*, so that it can be undone, and is locked.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer goes.
    labels_of : callable
        Returns the labels layer of a run over the chosen image by a recipe, or None.
    """

    wanted = Signal(bool)
    """Whether the visible plane is to be looked at."""

    def __init__(
        self, viewer: napari.Viewer, labels_of: Callable[[Recipe], Labels | None]
    ) -> None:
        super().__init__()
        self._viewer, self._labels_of = viewer, labels_of
        self.tick = QCheckBox("Show left-out objects")
        self.tick.setToolTip(
            "Show in orange what is found in the visible plane, but left out since it "
            "is less confident than the limit; click on one to accept it"
        )
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.button = QPushButton("Accept all of this plane")
        self.button.setToolTip(
            "Make all orange objects a part of the labels; one step of their history, "
            "which can be undone"
        )
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        for widget in (self.tick, self.note, self.button):
            rows.addWidget(widget)
        self._layer = PreviewLabels(
            viewer,
            "left out",
            lambda: self.tick.setChecked(False),
            opacity=0.6,
            colormap=DirectLabelColormap(
                color_dict={None: COLOUR, 0: np.zeros(4), 1: COLOUR}
            ),
        )
        self._answer: Answer | None = None
        self._left: NDArray[np.int32] = np.zeros((0, 0), np.int32)
        self._page: Any = None
        self._accepted = False
        self.tick.toggled.connect(self._on_tick)
        self.button.clicked.connect(lambda _: self._accept(np.unique(self._left)))
        viewer.mouse_drag_callbacks.append(self._on_press)
        self._show()

    def disconnect_viewer(self) -> None:
        """Take the layer away, and let go of the viewer."""
        self._viewer.mouse_drag_callbacks.remove(self._on_press)
        self._layer.remove()

    def take(self, answer: Answer | None) -> None:
        """Show what is left out of a plane; of none, nothing."""
        self._answer = answer
        self._show()

    def _on_tick(self, ticked: bool) -> None:
        self.wanted.emit(ticked)
        self._show()

    def _show(self) -> None:
        """Show what is left out and not labelled yet, and say what can be done."""
        answer, ticked = self._answer, self.tick.isChecked()
        self.note.setVisible(ticked)
        self.button.setVisible(ticked)
        self.button.setEnabled(False)
        if answer is None or not ticked:
            self._left = np.zeros((0, 0), np.int32)
            self._layer.remove()
            self.note.setText("")
            return
        labels = self._labels_of(answer.asked.recipe)
        self._left = _not_labelled(answer, labels)
        self._layer.show(answer.asked.layer, answer.place, self._left)
        count = len(np.unique(self._left[self._left > 0]))
        self.button.setEnabled(count > 0 and labels is not None)
        if not count:
            said = "Nothing is left out of this plane."
        elif labels is None:
            said = f"{count} left out. {SEGMENT_FIRST}"
        else:
            said = f"{count} left out; click on one to accept it."
        self.note.setText(f"{said} {UNDONE}" if self._accepted else said)

    def _on_press(
        self, _viewer: napari.Viewer, event: Any
    ) -> Generator[None, None, None]:
        """Accept the object under a click, unless a tool of napari is at work."""
        layer, active = self._layer.layer, self._viewer.layers.selection.active
        at_work = getattr(active, "mode", "pan_zoom") != "pan_zoom"
        if layer is None or event.button != 1 or event.modifiers or at_work:
            return
        place = layer.world_to_data(event.position[-layer.ndim :])
        yield
        if event.type == "mouse_move":
            return  # the view was moved
        index = tuple(np.round(place).astype(int).tolist())
        inside = all(
            0 <= n < size for n, size in zip(index, layer.data.shape, strict=True)
        )
        own = int(layer.data[index]) if inside else 0
        if own:
            self._accept([own])

    def _accept(self, ids: Any) -> None:
        """Make objects a part of the labels, through their one history."""
        answer = self._answer
        if answer is None:
            return
        labels = self._labels_of(answer.asked.recipe)
        if labels is None:
            self.note.setText(SEGMENT_FIRST)
            return
        found = np.where(np.isin(self._left, ids), self._left, 0)
        whole = Placement.of_result(answer.asked.layer, answer.asked.whole)
        where = whole.index(answer.asked.number)
        box = box_of(whole.oriented(found) > 0)
        beside = any(isinstance(each, int) for each in where[-2:])
        if box is None or beside or labels.data.shape != whole.shape:
            self.note.setText(
                "These labels do not lie over the image pixel by pixel, with rows and "
                "columns last; segment again to accept objects."
            )
            return
        part = whole.oriented(found)[box]
        start = tuple(
            first + side.start
            for first, side in zip(whole.start(answer.asked.window), box, strict=True)
        )
        self._do(labels, part, start, where[:-2])

    def _do(self, labels: Labels, part: NDArray[Any], start: Any, plane: Any) -> None:
        count = len(np.unique(part[part > 0]))
        page = page_behind(self._viewer, "Correct")
        if page is not self._page:
            self._page = page
            page.bench.stepped.connect(lambda _: self._show())

        def add(desk: Any) -> None:
            session = desk.session
            done = desk.do(
                "accept",
                lambda: add_found(session.labels, session.index, part, start, plane),
                text=f"accept {counted(count, 'object')}",
            )
            if done:
                self._viewer.layers.selection.active = labels  # so that its keys work
                self._accepted = True
            self._show()

        self.note.setText("Looking the objects up …")
        page.at(labels, add)


def _not_labelled(answer: Answer, labels: Labels | None) -> NDArray[np.int32]:
    """Return what is left out of a plane and not labelled for the most part."""
    left = answer.left_out
    whole = Placement.of_result(answer.asked.layer, answer.asked.whole)
    if labels is None or labels.data.shape != whole.shape:
        return left
    plane = np.asarray(labels.data[whole.index(answer.asked.number)])
    there = whole.oriented(plane)[answer.asked.window] > 0
    counts = np.bincount(left.ravel())
    covered = np.bincount(left[there], minlength=len(counts))
    kept = covered <= COVERED * counts
    kept[0] = False
    return np.where(kept[left], left, 0)
