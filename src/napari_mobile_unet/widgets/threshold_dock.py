"""The dock *Otsu threshold*: the histogram, the line, and labels over the image."""

from __future__ import annotations

import threading
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
)
from superqt import QCollapsible

from napari_mobile_unet.console import one_line
from napari_mobile_unet.histogram import count_planes
from napari_mobile_unet.instances import Objects
from napari_mobile_unet.link import Link
from napari_mobile_unet.recipe import Recipe
from napari_mobile_unet.threshold import Threshold
from napari_mobile_unet.widgets._dock import Dock
from napari_mobile_unet.widgets._form import Form
from napari_mobile_unet.widgets._histogram_canvas import HistogramCanvas
from napari_mobile_unet.widgets._job import Job
from napari_mobile_unet.widgets._labels_run import LabelsRun
from napari_mobile_unet.widgets._source import SourcePanel

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari.viewer
    from numpy.typing import NDArray

    from napari_mobile_unet.histogram import Histogram
    from napari_mobile_unet.split import Otsu

PAUSE = 120
"""Milliseconds without a change before the histogram is counted again."""


class ThresholdDock(Dock):
    """Shows Otsu's threshold on the histogram of the chosen image layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.source = SourcePanel(self.viewer)
        self.settings = Form(Threshold(), leave_out=("method", "values"))
        self.canvas = HistogramCanvas()
        self.log = QCheckBox("log counts")
        self.typed = QLineEdit()
        self.typed.setToolTip("Thresholds in the image's units; type to set your own")
        self.reset_button = QPushButton("Otsu")
        self.reset_button.setToolTip("Go back to Otsu's threshold")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.objects = Form(Objects())
        self.link = Form(Link())
        self.run = LabelsRun(self.viewer, self.source, "Make labels")
        self.split: Otsu | None = None
        self._histogram: Histogram | None = None
        self._values: tuple[float, ...] | None = None
        self._scope = self.settings.value.scope
        self._counting = Job(self)
        self._stale = threading.Event()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._lay_out()
        self._connect()
        self._on_source()

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.addWidget(QLabel("threshold"))
        line.addWidget(self.typed, 1)
        line.addWidget(self.reset_button)
        line.addWidget(self.log)
        more = QCollapsible("Objects")
        more.addWidget(self.objects)
        linking = QCollapsible("Over Z and T")
        linking.addWidget(self.link)
        layout = QVBoxLayout(self)
        for widget in (self.source, self.settings):
            layout.addWidget(widget)
        layout.addWidget(self.canvas, 1)
        layout.addLayout(line)
        for widget in (self.text, more, linking, self.run):
            layout.addWidget(widget)

    def _connect(self) -> None:
        self.source.changed.connect(self._on_source)
        self.settings.changed.connect(self._on_settings)
        self.log.toggled.connect(self._draw)
        self.typed.editingFinished.connect(self._on_typed)
        self.canvas.moved.connect(self._set_by_hand)
        self.reset_button.clicked.connect(self._on_reset)
        self.run.clicked.connect(self._on_run)
        self._pause.timeout.connect(self._count)
        self._counting.yielded.connect(self._on_counted)
        self._counting.failed.connect(self._on_empty)
        self.viewer.dims.events.current_step.connect(self._on_step)
        self.viewer.events.theme.connect(self._on_theme)

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        self._pause.stop()
        self._stale.set()
        self._counting.cancel()
        self.run.job.cancel()
        self.source.disconnect_viewer()
        self.viewer.dims.events.current_step.disconnect(self._on_step)
        self.viewer.events.theme.disconnect(self._on_theme)

    @property
    def threshold(self) -> Threshold:
        """The settings as the dock shows them, with thresholds set by hand."""
        return self.settings.value.replace(values=self._values)

    @property
    def recipe(self) -> Recipe:
        """What the dock would do now."""
        return Recipe(
            channel=self.source.chosen_channel,
            segment=self.threshold,
            objects=self.objects.value,
            link=self.link.value,
        )

    @property
    def layer(self) -> Any:
        """The labels layer of the last run."""
        return self.run.layer

    def _on_run(self) -> None:
        try:
            self.run.start(self.recipe)
        except ValueError as error:
            show_error(one_line(error))

    def _on_source(self) -> None:
        self._values = None
        self._pause.start()

    def _on_settings(self, settings: Threshold) -> None:
        if self._values is not None and len(self._values) != settings.classes - 1:
            self._values = None
        if settings.scope == self._scope:
            self._split()
        else:
            self._scope = settings.scope
            self._pause.start()

    def _on_step(self) -> None:
        if self.settings.value.scope == "plane":
            self._pause.start()

    def _count(self) -> None:
        """Count the scope's grey values in a thread; give up a count that is stale."""
        self._stale.set()
        self._stale = stale = threading.Event()
        stack = self.source.stack
        if stack is None:
            self._counting.cancel()
            self._on_empty(self.source.note.text())
            return
        shown = self.source.plane_number(self.viewer)
        whole = self._scope == "stack"
        numbers = range(stack.n_planes) if whole else range(shown, shown + 1)
        if len(numbers) > 1:
            self.text.setText(f"Counting {len(numbers)} planes …")

        def planes() -> Iterator[NDArray[Any]]:
            wanted = takewhile(lambda _: not stale.is_set(), numbers)
            return (stack.plane(number) for number in wanted)

        def counted() -> Iterator[Histogram]:
            yield count_planes(planes)

        self._counting.start(counted)

    def _on_counted(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._split()

    def _split(self) -> None:
        """Find the thresholds on the counts, and show them."""
        if self._histogram is None:
            return
        try:
            self.split = self.threshold.split(self._histogram)
        except ValueError as error:
            self._on_empty(one_line(error))
            return
        values = ", ".join(f"{value:.6g}" for value in self.split.thresholds)
        self.typed.setText(values)
        self._draw()

    def _draw(self) -> None:
        if self.split is None:
            return
        text = self.canvas.show_split(
            self.split,
            foreground=self.threshold.side(self.split),
            log=self.log.isChecked() or None,
            theme=self.viewer.theme,
        )
        self.text.setText(text)

    def _on_empty(self, reason: str) -> None:
        """Say why there is no histogram."""
        self.split = self._histogram = None
        self.canvas.show_reason(reason, theme=self.viewer.theme)
        self.typed.clear()
        self.text.setText(reason)

    def _on_theme(self) -> None:
        if self.split is None:
            self._on_empty(self.text.text())
        else:
            self._draw()

    def _on_typed(self) -> None:
        """Take the thresholds that the person typed."""
        if self.split is None:
            return
        shown = ", ".join(f"{value:.6g}" for value in self.split.thresholds)
        if self.typed.text().strip() == shown:
            return
        try:
            values = tuple(float(part) for part in self.typed.text().split(","))
        except ValueError:
            show_error(
                "thresholds must be numbers with commas between them, got "
                f"{self.typed.text()!r}; type one less than there are classes"
            )
            self.typed.setText(shown)
            return
        self._set_by_hand(values)

    def _set_by_hand(self, values: tuple[float, ...]) -> None:
        """Split at these thresholds in place of Otsu's."""
        try:
            self.settings.value.replace(values=values)
        except ValueError as error:
            show_error(one_line(error))
        else:
            self._values = values
        self._split()

    def _on_reset(self) -> None:
        self._values = None
        self._split()
