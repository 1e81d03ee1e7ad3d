"""What a run would find in the visible plane, shown while settings are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.runs.preview import Preview
from napari_mobile_unet.widgets.layers.preview_labels import PreviewLabels
from napari_mobile_unet.widgets.layers.visible_plane import window_in_view
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.unet.answer import Answer, Asked, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari
    from napari.layers import Image

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel

AUTOMATIC = 1 << 20
"""Pixels of the largest plane that has a preview unless a person wants none."""
LARGEST = 2048
"""Height and width in pixels of the part of a larger plane that is looked at."""
SOON = 15
"""Milliseconds after which a setting that was changed is looked at."""
REST = 150
"""Milliseconds for which a plane, or a place, must be in view to be looked at."""
PATIENCE = 300
"""Milliseconds of work after which it is said that there is some."""


class LivePreview(QWidget):
    """A tick, one layer over the visible plane, and a line that says what is found.

    Ticked by itself for small planes, until a person decides; after a run it is off for
    that image, whose labels are to be seen. Taking the layer away is the same as taking
    the tick away. It is there while its page is seen.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer goes.
    source : SourcePanel
        Which image is looked at.
    described : callable
        Returns the recipe, or raises where settings contradict each other.
    """

    answered = Signal(object)
    """An `Answer`, or None where there is nothing to look at."""

    def __init__(
        self,
        viewer: napari.Viewer,
        source: SourcePanel,
        described: Callable[[], Recipe],
    ) -> None:
        super().__init__()
        self._viewer, self._source, self._described = viewer, source, described
        self.tick = QCheckBox("Preview on the visible plane")
        self.tick.setToolTip(
            "Show what a run would find in the plane that you see, while you change "
            f"the settings; of planes above {LARGEST} × {LARGEST} pixels the middle of "
            "the view"
        )
        self.status = QLabel()
        self.status.setWordWrap(True)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.tick)
        rows.addWidget(self.status)
        self._labels = PreviewLabels(viewer, "preview", self._on_gone, opacity=0.6)
        self._job = Job(self)
        self._wanted: bool | None = None
        self._off: WeakSet[Image] = WeakSet()
        self._of: Image | None = None
        self._page_seen = True
        self._for_others = False
        self._preview: tuple[Stack, Preview] | None = None
        self._asked: Asked | None = None
        self._soon, self._busy = QTimer(self), QTimer(self)
        self._soon.setSingleShot(True)
        self._busy.setSingleShot(True)
        self._busy.setInterval(PATIENCE)
        self.status.hide()
        self._connect()
        self._on_source()

    @property
    def layer(self) -> object:
        """The layer, while it is shown."""
        return self._labels.layer

    def _connect(self) -> None:
        self.tick.clicked.connect(self._on_clicked)
        self.tick.toggled.connect(lambda _: self.look())
        self._source.changed.connect(self._on_source)
        self._source.moved.connect(self._on_moved)
        self._viewer.dims.events.current_step.connect(self._on_step)
        self._viewer.dims.events.ndisplay.connect(self.look)
        self._viewer.scene.camera.events.center.connect(self._on_camera)
        self._soon.timeout.connect(self._find)
        self._busy.timeout.connect(lambda: self._say("Looking at the plane …"))
        self._job.yielded.connect(self._on_answer)
        self._job.failed.connect(self._on_failed)
        self._job.ended.connect(lambda _: self._busy.stop())

    def disconnect_viewer(self) -> None:
        """Stop what runs, take the layer away and let go of the viewer's events."""
        self._soon.stop()
        self._busy.stop()
        self._job.cancel()
        self._viewer.dims.events.current_step.disconnect(self._on_step)
        self._viewer.dims.events.ndisplay.disconnect(self.look)
        self._viewer.scene.camera.events.center.disconnect(self._on_camera)
        self._labels.remove()

    def look(self) -> None:
        """Look at the visible plane again, by the settings as they are now."""
        self._soon.start(SOON)

    def follow_page(self, seen: bool) -> None:
        """Show the layer while its page is seen."""
        self._page_seen = seen
        self.look()

    def give_way(self) -> None:
        """Go, for an image is being segmented."""
        if self._source.layer is not None:
            self._off.add(self._source.layer)
        self.tick.setChecked(False)
        self._soon.stop()
        self._stop("")

    def _on_clicked(self, ticked: bool) -> None:
        self._wanted = ticked
        if ticked and self._of is not None:
            self._off.discard(self._of)

    def _on_gone(self) -> None:
        """Follow a person who took the layer away; its image may be gone as well."""
        if self._of is not None:
            self._off.add(self._of)
        self.tick.setChecked(False)

    def _on_source(self) -> None:
        """Tick or not, for another image; look at it anew in any case."""
        layer, whole = self._source.layer, self._source.whole
        if whole is not None and layer is not self._of:
            self._of = layer
            height, width = whole.plane_shape
            wanted = self._wanted
            if wanted is None:
                wanted = height * width <= AUTOMATIC
            self.tick.setChecked(wanted and layer not in self._off)
        self._labels.clear()
        self.look()

    def keep_looking(self, wanted: bool) -> None:
        """Look at the visible plane for others, whether the tick is set or not."""
        self._for_others = wanted
        self.look()

    @property
    def _looking(self) -> bool:
        return self._for_others or self.tick.isChecked()

    def _on_moved(self) -> None:
        """Follow an image that lies elsewhere, without looking at it again."""
        stack, whole = self._source.stack, self._source.whole
        if self._preview is not None and stack is not None and whole is not None:
            self._preview = stack, self._preview[1]
        self.look()

    def _on_step(self) -> None:
        if self._looking and self._asked is not None:
            if self._asked.number == self._source.plane_number(self._viewer):
                return  # a slider of another image
            self._labels.clear()  # of another plane
            self.answered.emit(None)
            self._soon.start(REST)

    def _on_camera(self) -> None:
        asked, layer = self._asked, self._source.layer
        if not self._looking or asked is None or layer is not asked.layer:
            return
        if self._window(asked.layer, asked.whole) != asked.window:
            self._soon.start(REST)

    def _window(self, layer: Image, whole: Stack) -> Window:
        return window_in_view(self._viewer, layer, whole, LARGEST)

    def _find(self) -> None:
        """Look at the visible plane in a thread, one look at a time."""
        layer, whole, stack = self._source.layer, self._source.whole, self._source.stack
        seen = self._page_seen and self._viewer.dims.ndisplay == 2
        wanted = self._looking and seen
        if layer is None or whole is None or stack is None or not wanted:
            self._stop("")
            return
        try:
            recipe = self._described()
        except (ValueError, OSError) as error:
            self._stop(one_line(error))
            return
        number = self._source.plane_number(self._viewer)
        window = self._window(layer, whole)
        asked = self._asked = Asked(layer, whole, number, window, recipe)
        preview = self._preview_of(stack, number, window)
        self._busy.start()

        def answers() -> Iterator[Answer]:
            found = preview.find(recipe)
            yield Answer(asked, found, *found.split(), describe(recipe, found))

        self._job.start_next(answers)

    def _preview_of(self, stack: Stack, number: int, window: Window) -> Preview:
        """Return the preview of a plane, with all that is known of it or its stack."""
        known = self._preview
        if known is None or known[0] is not stack:
            preview = Preview(stack, number, window)
        elif (known[1].number, known[1].window) != (number, window):
            preview = known[1].at(number, window)
        else:
            return known[1]
        self._preview = stack, preview
        return preview

    def _on_answer(self, answer: Answer) -> None:
        asked = answer.asked
        if asked is not self._asked:
            return  # the next answer is on its way
        self._busy.stop()
        if self.tick.isChecked():
            self._labels.show(asked.layer, answer.place, answer.shown)
        else:
            self._labels.remove()
        self._say(answer.text)
        self.answered.emit(answer)

    def _on_failed(self, reason: str) -> None:
        self._stop(reason)

    def _stop(self, reason: str) -> None:
        """Show nothing, and say why."""
        self._busy.stop()
        self._job.cancel()
        self._asked = None
        self._labels.remove()
        self._say(reason)
        self.answered.emit(None)

    def _say(self, text: str) -> None:
        self.status.setText(text)
        self.status.setVisible(bool(text))
