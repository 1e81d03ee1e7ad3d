"""The dock *Otsu threshold*: the histogram, the line, and labels over the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QFormLayout,
    QLabel,
    QSizePolicy,
)
from superqt import QCollapsible

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.widgets.shared.dock import Dock
from napari_mobile_unet.widgets.shared.form import Form
from napari_mobile_unet.widgets.shared.run_panel import LabelsRun
from napari_mobile_unet.widgets.shared.source_panel import SourcePanel
from napari_mobile_unet.widgets.threshold.counting import Counting
from napari_mobile_unet.widgets.threshold.form import ThresholdForm
from napari_mobile_unet.widgets.threshold.histogram_panel import HistogramPanel
from napari_mobile_unet.widgets.threshold.live_mask import LiveMask
from napari_mobile_unet.widgets.threshold.planes_panel import PlanesPanel
from napari_mobile_unet.widgets.threshold.region_masks import region_masks
from napari_mobile_unet.widgets.threshold.scope_box import ScopeBox

if TYPE_CHECKING:
    import napari.viewer

    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.thresholding.threshold import Threshold
    from napari_mobile_unet.types import Side
    from napari_mobile_unet.widgets.threshold.counting import Counted

PAUSE = 120
"""Milliseconds without a change before grey values are counted again."""
EMPTY = 0.7
"""η below which a plane on its own is taken for empty, unless a person says other:
that of noise alone is 0.64 (2/π, a normal distribution)."""
HOW = (
    "Otsu's threshold parts the grey values into two classes that are as alike within "
    "as can be: the weighted variance within them (dotted) is smallest, and so the "
    "share of the variance that lies between them, η (solid), is largest. η near 1: "
    "the classes are far apart; near 0.6: what one class of noise alone would give."
)


class ThresholdDock(Dock):
    """Shows a threshold on the histogram of the chosen image layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.source = SourcePanel(self.viewer)
        self.scope = ScopeBox(self.viewer)
        self.settings = ThresholdForm()
        self.planes = PlanesPanel()
        self.live = LiveMask(self.viewer, self.source, self)
        self.histogram = HistogramPanel(self.live)
        self.objects = Form(Objects())
        self.link = Form(Link())
        self.run = LabelsRun(self.viewer, self.source, "Make labels")
        self.split: HistogramSplit | None = None
        self._counted: Counted | None = None
        self._values: tuple[float, ...] | None = None
        self._before = self.settings.value
        self._counting = Counting(self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._lay_out()
        self._connect()
        self._on_source()

    def _lay_out(self) -> None:
        where = QFormLayout()
        where.addRow("counted in", self.scope)
        how = QCollapsible("How Otsu's threshold is found")
        explained = QLabel(HOW)
        explained.setWordWrap(True)
        # As wide as the dock is, not as the text would like it to be.
        policy = QSizePolicy.Policy
        explained.setSizePolicy(policy.Ignored, policy.MinimumExpanding)
        how.addWidget(explained)
        more = QCollapsible("Objects")
        more.addWidget(self.objects)
        linking = QCollapsible("Over Z and T")
        linking.addWidget(self.link)
        layout = self.column()
        layout.addWidget(self.source)
        layout.addLayout(where)
        layout.addWidget(self.settings)
        layout.addWidget(self.histogram, 2)
        layout.addWidget(self.planes, 1)
        for widget in (how, more, linking, self.run):
            layout.addWidget(widget)

    def _connect(self) -> None:
        self.source.changed.connect(self._on_source)
        self.source.moved.connect(self._on_moved)
        self.scope.changed.connect(self._on_scope)
        self.settings.changed.connect(self._on_settings)
        self.histogram.moved.connect(self._set_by_hand)
        self.histogram.given.connect(self._on_typed)
        self.histogram.reset.connect(self._on_reset)
        self.histogram.changed.connect(self._draw)
        self.live.toggled.connect(self._show_mask)
        self.live.came.connect(self._show_mask)
        self.planes.chosen.connect(self._go_to)
        self.run.clicked.connect(self._on_run)
        self._pause.timeout.connect(self._count)
        self._counting.counted.connect(self._on_counted)
        self._counting.failed.connect(self._on_empty)
        self.viewer.dims.events.current_step.connect(self._on_step)
        self.viewer.dims.events.ndisplay.connect(self._on_step)
        self.viewer.events.theme.connect(self._on_theme)

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        self._pause.stop()
        self._counting.cancel()
        self.planes.cancel()
        self.run.cancel()
        self.source.disconnect_viewer()
        self.scope.disconnect_viewer()
        self.viewer.dims.events.current_step.disconnect(self._on_step)
        self.viewer.dims.events.ndisplay.disconnect(self._on_step)
        self.viewer.events.theme.disconnect(self._on_theme)
        self.live.close_layer()

    @property
    def threshold(self) -> Threshold:
        """The settings as the dock shows them, with thresholds set by hand."""
        each = self.scope.kind == "each"
        scope = "plane" if each else "stack"
        return self.settings.value.replace(scope=scope, values=self._values)

    @property
    def side(self) -> Side:
        """Which side of the threshold is the foreground."""
        found = self._counted.side if self._counted else None
        chosen = self.settings.value.foreground
        if chosen != "auto" or self.split is None:
            return "dark" if chosen == "dark" else "bright"
        return found or self.split.foreground.side

    @property
    def recipe(self) -> Recipe:
        """What the dock would do now; by itself it gives the same labels again."""
        threshold = self.threshold
        apart = self.scope.kind in ("shown", "region")
        if apart and self.split is not None and threshold.method != "adaptive":
            # The counts are not those of the stack: what they gave is written down.
            threshold = threshold.replace(
                values=self.split.thresholds, foreground=self.side
            )
        return Recipe(
            channel=self.source.chosen_channel,
            segment=threshold,
            objects=self.objects.value,
            link=self.link.value,
        )

    @property
    def layer(self) -> Any:
        """The labels layer of the last run."""
        return self.run.layer

    def _on_run(self) -> None:
        self.run.start(lambda: self.recipe)
        if self.run.job.running:
            self.live.setChecked(False)  # the labels themselves are to be seen now

    def _on_source(self) -> None:
        self._values = None
        self._pause.start()

    def _on_moved(self) -> None:
        self.live.close_layer()  # it is put in its new place
        self._show_mask()
        if self.scope.kind == "region":  # which lies over other pixels now
            self._pause.start()

    def _on_scope(self) -> None:
        self._values = None
        limit = self.settings.fields["min_separability"]
        each = self.scope.kind == "each"
        if limit.value == (0 if each else EMPTY):  # a person's own value stays
            limit.value = EMPTY if each else 0
        self._pause.start()

    def _on_settings(self, settings: Threshold) -> None:
        before, self._before = self._before, settings
        if settings.method != before.method or settings.classes != before.classes:
            self._values = None
        self._split()
        self._look_at_planes()

    def _on_step(self) -> None:
        self.live.read()
        if self.scope.kind in ("each", "shown"):
            self._pause.start()

    def _count(self) -> None:
        """Count the scope's grey values in a thread."""
        stack, layer = self.source.stack, self.source.layer
        self.live.read()
        if stack is None or layer is None:
            self._counting.cancel()
            self._on_empty(self.source.note.text())
            return
        kind, region = self.scope.kind, self.scope.region
        shown = self.source.plane_number(self.viewer)
        one = kind in ("each", "shown")
        numbers = range(shown, shown + 1) if one else range(stack.n_planes)
        try:
            whole = self.source.whole
            masks = region_masks(region, layer, whole) if region and whole else None
        except ValueError as error:
            self._counting.cancel()
            self._on_empty(one_line(error))
            return
        if len(numbers) > 1:
            self.histogram.text.setText(f"Counting {len(numbers)} planes …")
        self._counting.count(stack, numbers, masks, with_side=kind == "each")
        self._look_at_planes()

    def _look_at_planes(self) -> None:
        """Look for the threshold of each plane, if each has its own."""
        stack = self.source.stack
        each = self.scope.kind == "each" and stack is not None and stack.n_planes > 1
        settings = self.settings.value
        self.planes.look(stack if each else None, settings)
        self.planes.show_limit(settings.min_separability, self.viewer.theme)

    def _go_to(self, number: int) -> None:
        """Show a plane in the viewer."""
        layer, whole = self.source.layer, self.source.whole
        if layer is None or whole is None:
            return
        world = whole.grid.world_axes
        point = list(layer.world_to_data(self.viewer.dims.point))
        for axis, place in zip(whole.batch_axes, whole.index(number), strict=True):
            point[world.index(axis)] = place
        last = self.viewer.dims.ndim  # layers are aligned by their last axes
        axes = range(last - layer.ndim, last)
        self.viewer.dims.set_point(axes, layer.data_to_world(point))

    def _on_counted(self, counted: Counted) -> None:
        self._counted = counted
        if self.histogram.canvas.dragging:  # not under the person's hand
            return
        self._split()
        if counted.share < 1:
            self.histogram.text.setText(
                f"Counted {counted.share:.0%} …<br>{self.histogram.text.text()}"
            )

    def _split(self) -> None:
        """Find the thresholds on the counts, and show them."""
        if self._counted is None:
            return
        try:
            self.split = self.threshold.split(self._counted.histogram)
        except ValueError as error:
            self._on_empty(one_line(error), keep_counts=True)
            return
        self._draw()
        self._show_mask()

    def _draw(self) -> None:
        if self.split is not None:
            self.histogram.show_split(
                self.split, self.threshold, self.side, self.viewer.theme
            )

    def _show_mask(self) -> None:
        if self.split is None:
            self.live.close_layer()
        else:
            side = self.side
            self.live.show_mask(self.threshold.replace(foreground=side), self.split)

    def _on_empty(self, reason: str, *, keep_counts: bool = False) -> None:
        """Say why there is no threshold."""
        self.split = None
        if not keep_counts:
            self._counted = None
        self.histogram.show_reason(reason, self.viewer.theme)
        self._show_mask()

    def _on_theme(self) -> None:
        if self.split is None:
            self._on_empty(self.histogram.text.text(), keep_counts=True)
        else:
            self._draw()
        self._look_at_planes()

    def _on_typed(self, values: tuple[float, ...]) -> None:
        """Split at the thresholds that the person typed."""
        try:
            self.settings.value.replace(values=values)
        except ValueError as error:
            show_error(one_line(error))
        else:
            self._values = values
        self._split()

    def _set_by_hand(self, values: tuple[float, ...]) -> None:
        """Split at these thresholds in place of those found; the axes stay."""
        assert self.split is not None
        self._values = values
        self.split = self.split.at(*values)
        self._show_mask()
        self.histogram.move_split(self.split)

    def _on_reset(self) -> None:
        self._values = None
        self._split()
