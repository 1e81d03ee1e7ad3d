"""The dock *Otsu threshold*: the histogram, the line, and labels over the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QFormLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
)

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.shared.dock import Dock
from napari_mobile_unet.widgets.shared.figure import load_matplotlib
from napari_mobile_unet.widgets.shared.form import Form
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.link_form import LinkForm
from napari_mobile_unet.widgets.shared.memory import Kept
from napari_mobile_unet.widgets.shared.recipe_panel import RecipePanel
from napari_mobile_unet.widgets.shared.run_panel import LabelsRun
from napari_mobile_unet.widgets.shared.section import Section
from napari_mobile_unet.widgets.shared.source_panel import SourcePanel
from napari_mobile_unet.widgets.threshold.counting import iter_counted
from napari_mobile_unet.widgets.threshold.form import ThresholdForm
from napari_mobile_unet.widgets.threshold.histogram_panel import HistogramPanel
from napari_mobile_unet.widgets.threshold.live_mask import LiveMask
from napari_mobile_unet.widgets.threshold.model import ThresholdModel
from napari_mobile_unet.widgets.threshold.planes_panel import PlanesPanel
from napari_mobile_unet.widgets.threshold.region_masks import region_masks
from napari_mobile_unet.widgets.threshold.scope_box import ScopeBox

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari.viewer

    from napari_mobile_unet.settings import Params

DEFAULTS: dict[str, Params] = {
    "threshold": Threshold(),
    "objects": Objects(),
    "link": Link(),
}
"""The groups of settings that are remembered, as they are at first."""
DELAY = 120
"""Milliseconds without a change before grey values are counted again."""
EMPTY_BELOW = 0.7
"""η below which a plane with a threshold of its own counts as empty, until a person
sets another limit: noise alone has 0.64 (2/π, a normal distribution)."""
EXPLANATION = (
    "Otsu's method splits the grey values into two classes that each vary as little as "
    "possible: at its threshold the variance within the classes (dotted curve) is "
    "smallest, and η, the share of the variance that lies between them (solid curve), "
    "is largest. An η near 1 means that the classes are far apart; noise alone gives "
    "about 0.6."
)


class ThresholdDock(Dock):
    """Shows a threshold on the histogram of the chosen image layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.

    Attributes
    ----------
    model : ThresholdModel
        The thresholds; the widgets show it and change it.
    """

    page = "Threshold"
    document = "docs/threshold.md"

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.model = ThresholdModel(self)
        self.source = SourcePanel(self.viewer)
        self.scope = ScopeBox(self.viewer)
        self.settings = ThresholdForm()
        self.planes = PlanesPanel(self.model)
        self.live = LiveMask(self.viewer, self.source, self.model, self)
        self.histogram = HistogramPanel(self.model, self.live)
        self.objects = Form(Objects())
        self.link = LinkForm(self.source)
        self.recipes = RecipePanel(self.viewer, self.source)
        forms: dict[str, Form[Any]] = {
            "threshold": self.settings,
            "objects": self.objects,
            "link": self.link,
        }
        self._kept = Kept(self.page, forms, DEFAULTS)
        self.reset_button = QPushButton("Back to defaults")
        self.reset_button.setToolTip("Set everything below the image as at first")
        self.run = LabelsRun(self.viewer, self.source, "Make labels")
        self._waiting: list[tuple[int, ...]] = []
        self._counting = Job(self)
        self._page_seen, self._to_count = True, False
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(DELAY)
        self._lay_out()
        self._connect()
        self._kept.recall()
        self._on_theme()
        self._on_source()

    def _lay_out(self) -> None:
        scope = QFormLayout()
        scope.addRow("histogram of", self.scope)
        explanation = QLabel(EXPLANATION)
        explanation.setWordWrap(True)
        # As wide as the dock is, not as the text would like it to be.
        policy = QSizePolicy.Policy
        explanation.setSizePolicy(policy.Ignored, policy.MinimumExpanding)
        layout = self.column()
        layout.addWidget(self.source)
        layout.addLayout(scope)
        layout.addWidget(self.settings)
        layout.addWidget(self.histogram, 2)
        layout.addWidget(self.planes, 1)
        layout.addWidget(self.link)
        layout.addWidget(Section("How Otsu's method works", explanation))
        layout.addWidget(Section("Objects", self.objects))
        layout.addWidget(Section("Linking", self.link.more))
        layout.addWidget(Section("Recipe", self.recipes))
        layout.addWidget(Section("Advanced", self.settings.more))
        layout.addWidget(self.reset_button)
        self.foot(self.run)

    def _connect(self) -> None:
        self.source.changed.connect(self._on_source)
        self.source.moved.connect(self._on_moved)
        self.scope.changed.connect(self._on_scope)
        self.settings.changed.connect(self._on_settings)
        self.planes.chosen.connect(self._on_plane_chosen)
        self.settings.shown.connect(self._on_settings)
        self.reset_button.clicked.connect(lambda _: self._reset())
        self.run.clicked.connect(self._on_run)
        self.run.finished.connect(self._start_next)
        self.recipes.applied.connect(self.run.start_with)
        self.run.began.connect(lambda: self.live.setChecked(False))
        self._delay.timeout.connect(self._count)
        self._counting.yielded.connect(self.model.take)
        self._counting.failed.connect(self.model.refuse)
        self.seen.connect(self.live.follow_page)
        self.seen.connect(self._on_seen)
        self.viewer.dims.events.current_step.connect(self._on_step)
        self.viewer.dims.events.ndisplay.connect(self._on_step)
        self.viewer.events.theme.connect(self._on_theme)

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        self._delay.stop()
        self._counting.cancel()
        self.planes.cancel()
        self.run.cancel()
        self.recipes.disconnect_viewer()
        self.source.disconnect_viewer()
        self.scope.disconnect_viewer()
        self.viewer.dims.events.current_step.disconnect(self._on_step)
        self.viewer.dims.events.ndisplay.disconnect(self._on_step)
        self.viewer.events.theme.disconnect(self._on_theme)
        self.live.close_layer()

    @property
    def recipe(self) -> Recipe:
        """What the dock would do now; by itself it gives the same labels again.

        Raises
        ------
        ValueError
            If only a part of the image is counted, and its threshold is not known.
        """
        apart = self.scope.kind in ("shown", "region")
        recipe = Recipe(
            channel=self.source.chosen_channel,
            segment=self.model.written_down() if apart else self.model.threshold,
        )
        if recipe.of_classes:
            return recipe
        return recipe.replace(objects=self.objects.value, link=self.link.value)

    @property
    def layer(self) -> Any:
        """The labels layer of the last run."""
        return self.run.layer

    def _on_settings(self, settings: Threshold) -> None:
        self.model.set_settings(settings)

    def _on_run(self) -> None:
        self._waiting = self.settings.runs
        self._start_next()
        if self.run.job.running:
            # From which η on a plane is empty depends on the scope, which is not kept.
            threshold = self.settings.value.replace(min_separability=0)
            self._kept.keep(threshold=threshold)

    def _start_next(self) -> None:
        """Make the labels of the classes that come next."""
        if self._waiting:
            classes, *self._waiting = self._waiting
            self.run.start(lambda: self._recipe_of(classes))

    def _recipe_of(self, classes: tuple[int, ...]) -> Recipe:
        recipe = self.recipe
        assert isinstance(recipe.segment, Threshold)
        return recipe.replace(segment=recipe.segment.replace(object_classes=classes))

    def _reset(self) -> None:
        self._kept.reset()
        self.model.reset()
        self._on_scope()

    def _on_source(self) -> None:
        self._waiting = []
        self.model.forget()
        self._delay.start()

    def _on_moved(self) -> None:
        self.live.follow_image()
        if self.scope.kind == "region":  # which lies over other pixels now
            self._recount()

    def _on_scope(self) -> None:
        each = self.scope.kind == "each"
        self.model.forget(per_plane=each)
        limit = self.settings.fields["min_separability"]
        if limit.value == (0 if each else EMPTY_BELOW):  # a person's own value stays
            limit.value = EMPTY_BELOW if each else 0
        self._delay.start()

    def _on_step(self) -> None:
        self.live.read()
        if self.scope.kind in ("each", "shown"):
            self._recount()

    def _recount(self) -> None:
        """Count again after a moment; what was set by hand stays."""
        self.model.expire()
        self._delay.start()

    def _on_seen(self, seen: bool) -> None:
        """Count what is new since the page was seen last."""
        self._page_seen = seen
        if seen and self._to_count:
            self._delay.start()

    def _count(self) -> None:
        """Count the grey values of the scope in a thread, once the page is seen."""
        self._to_count = not self._page_seen
        if self._to_count:
            return
        stack, layer, whole = self.source.stack, self.source.layer, self.source.whole
        kind, region = self.scope.kind, self.scope.region
        self.live.read()
        each = kind == "each" and stack is not None and stack.n_planes > 1
        self.planes.look_at(stack if each else None)
        self._counting.cancel()
        if stack is None or layer is None or whole is None:
            self.model.refuse(self.source.note.text())
            return
        shown = self.source.plane_number(self.viewer)
        one = kind in ("each", "shown")
        numbers = range(shown, shown + 1) if one else range(stack.n_planes)
        try:
            masks = None if region is None else region_masks(region, layer, whole)
        except ValueError as error:
            self.model.refuse(one_line(error))
            return
        self.model.begin(len(numbers))

        def counted() -> Iterator[Any]:
            load_matplotlib()
            yield from iter_counted(
                stack, numbers, masks, with_foreground=kind == "each"
            )

        self._counting.start(counted)

    def _on_plane_chosen(self, number: int) -> None:
        self.source.show_plane(self.viewer, number)

    def _on_theme(self) -> None:
        self.histogram.set_theme(self.viewer.theme)
        self.planes.set_theme(self.viewer.theme)
