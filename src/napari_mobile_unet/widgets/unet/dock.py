"""The dock *Mobile U-Net*: labels over the open image, plane by plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.unet.segment import UNet
from napari_mobile_unet.widgets.shared.dock import Dock
from napari_mobile_unet.widgets.shared.form import Form
from napari_mobile_unet.widgets.shared.link_form import LinkForm
from napari_mobile_unet.widgets.shared.memory import Kept
from napari_mobile_unet.widgets.shared.recipe_panel import RecipePanel
from napari_mobile_unet.widgets.shared.run_panel import LabelsRun
from napari_mobile_unet.widgets.shared.section import Section
from napari_mobile_unet.widgets.shared.source_panel import COMBINED, SourcePanel
from napari_mobile_unet.widgets.unet.drawn_diameter import SizeButton
from napari_mobile_unet.widgets.unet.left_out import LeftOut
from napari_mobile_unet.widgets.unet.live_preview import LivePreview
from napari_mobile_unet.widgets.unet.model_box import ModelBox
from napari_mobile_unet.widgets.unet.result_view import ResultView

if TYPE_CHECKING:
    import napari.viewer

    from napari_mobile_unet.settings import Params

BATCH_SIZE = 4
"""Planes read at a time at first."""
DEFAULTS: dict[str, Params] = {
    "segment": UNet(),
    "objects": Objects(),
    "link": Link(),
}
"""The groups of settings that are remembered, as they are at first."""


OF_OBJECTS = ("diameter", "min_confidence")
"""Settings of the U-Net that classes of pixels have not."""


class UNetDock(Dock):
    """Runs a model over the chosen image layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    page = "Segment"
    document = "docs/model.md"

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.source = SourcePanel(self.viewer, combined=(*COMBINED, "all"))
        self.source.channel.setToolTip(
            "Channel (the first is 0); mean or max of all of them; or all, for a model "
            "that was taught to see them side by side"
        )
        self.model = ModelBox()
        self.folder_button = QPushButton("…")
        self.folder_button.setToolTip("Choose a model folder")
        self.folder_button.setMaximumWidth(32)
        self.settings = Form(
            UNet(),
            leave_out=("method", "model", "limits"),
            apart=("scope", "precision", "mirror", "colour"),
        )
        self.batch_size = QSpinBox()
        self.batch_size.setRange(1, 1024)
        self.batch_size.setValue(BATCH_SIZE)
        self.batch_size.setToolTip("Planes read at a time; the result is the same")
        self.reset_button = QPushButton("Back to defaults")
        self.reset_button.setToolTip("Set everything below the image as at first")
        self.measure_button = SizeButton(self.viewer, self.source)
        self.objects = Form(Objects(), leave_out=("spacing",))
        self.link = LinkForm(self.source)
        forms: dict[str, Form[Any]] = {
            "segment": self.settings,
            "objects": self.objects,
            "link": self.link,
        }
        self._kept = Kept(self.page, forms, DEFAULTS)
        self.preview = LivePreview(self.viewer, self.source, lambda: self.recipe)
        self.view = ResultView(self.viewer)
        self.recipes = RecipePanel(self.viewer, self.source)
        self.run = LabelsRun(self.viewer, self.source, "Segment")
        self.left_out = LeftOut(self.viewer, self.run.labels_of)
        self._lay_out()
        self.model.currentIndexChanged.connect(lambda _: self._recall())
        self.seen.connect(lambda seen: self.model.refresh() if seen else None)
        for form in (self.settings, self.objects):
            form.changed.connect(lambda _: self.preview.look())
            form.shown.connect(lambda _: self.preview.look())
        self.seen.connect(self.preview.follow_page)
        self.preview.answered.connect(self.left_out.take)
        self.left_out.wanted.connect(self.preview.keep_looking)
        self.settings.changed.connect(
            lambda settings: self.view.show_from(settings.min_confidence)
        )
        self.run.began.connect(self.preview.give_way)
        self.run.began.connect(self._on_began)
        self.view.taken.connect(self.looks.setVisible)
        self.run.job.ended.connect(lambda _: self._on_ended())
        self.folder_button.clicked.connect(self._choose_folder)
        self.measure_button.measured.connect(self._on_measured)
        self.measure_button.said.connect(self.run.status.say)
        self.reset_button.clicked.connect(lambda _: self._reset())
        self.run.clicked.connect(self._on_run)
        self.recipes.applied.connect(self.run.start_with)
        self._recall()

    def _lay_out(self) -> None:
        model_row = QHBoxLayout()
        model_row.addWidget(self.model, 1)
        model_row.addWidget(self.folder_button)
        model = QFormLayout()
        model.addRow("model", model_row)
        reading = QFormLayout()
        reading.addRow("batch size", self.batch_size)
        advanced = QWidget()
        rows = QVBoxLayout(advanced)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.settings.more)
        rows.addLayout(reading)
        self.looks = Section("View of the result", self.view)
        self.looks.hide()
        layout = self.column()
        layout.addWidget(self.source)
        layout.addLayout(model)
        layout.addWidget(self.settings)
        layout.addWidget(self.measure_button)
        layout.addWidget(self.preview)
        layout.addWidget(self.left_out)
        layout.addWidget(self.link)
        layout.addWidget(self.looks)
        for_objects = Section("Objects", self.objects)
        linking = Section("Linking", self.link.more)
        layout.addWidget(for_objects)
        layout.addWidget(linking)
        self._for_objects = (
            self.measure_button,
            self.left_out,
            self.link,
            for_objects,
            linking,
        )
        layout.addWidget(Section("Recipe", self.recipes))
        layout.addWidget(Section("Advanced", advanced))
        layout.addWidget(self.reset_button)
        layout.addStretch()
        self.foot(self.run)

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        self.run.cancel()
        self.recipes.disconnect_viewer()
        self.preview.disconnect_viewer()
        self.left_out.disconnect_viewer()
        self.view.disconnect_viewer()
        self.measure_button.disconnect_viewer()
        self.source.disconnect_viewer()

    @property
    def recipe(self) -> Recipe:
        """What the dock would do now."""
        segment = self.settings.value.replace(model=self.model.currentData())
        if self._of_classes:  # which have none of what is hidden then
            alone = segment.replace(
                **{name: getattr(UNet(), name) for name in OF_OBJECTS}
            )
            return Recipe(channel=self.source.chosen_channel, segment=alone)
        return Recipe(
            channel=self.source.chosen_channel,
            segment=segment,
            objects=self.objects.value,
            link=self.link.value,
        )

    @property
    def layer(self) -> Any:
        """The labels layer of the last run."""
        return self.run.layer

    def _on_began(self) -> None:
        """Let labels that are being made be seen as napari shows them."""
        self.view.take(None)

    def _on_ended(self) -> None:
        """Offer views of what a run has found."""
        layer = self.run.layer
        if self.run.job.running or layer is None or layer not in self.viewer.layers:
            return
        self.view.show_from(self.settings.value.min_confidence)
        self.view.take(layer)
        self.looks.unfold()
        self.preview.look()

    def _on_run(self) -> None:
        self.run.start(lambda: self.recipe, self.batch_size.value())
        if self.run.job.running:
            # Each image has its own object size.
            segment = self.settings.value.replace(diameter=0)
            self._kept.keep(model=self.model.currentData(), segment=segment)

    @property
    def _of_classes(self) -> bool:
        """Whether the chosen model tells classes of pixels."""
        return Recipe(segment=UNet(model=self.model.currentData())).of_classes

    def _recall(self) -> None:
        """Show the settings that the chosen model was last used with."""
        objects = not self._of_classes
        for name in OF_OBJECTS:
            self.settings.show_field(name, objects)
        for widget in self._for_objects:
            widget.setVisible(objects)
        if not objects:
            self.left_out.tick.setChecked(False)
        size = self.settings.value.diameter
        self._kept.recall(model=self.model.currentData())
        self.settings.value = self.settings.value.replace(diameter=size)

    def _reset(self) -> None:
        self._kept.reset()
        self.batch_size.setValue(BATCH_SIZE)

    def _on_measured(self, diameter: float) -> None:
        try:
            self.settings.value = self.settings.value.replace(
                diameter=round(diameter, 1)
            )
        except ValueError as error:
            self.run.refuse(one_line(error))
        else:
            self.run.status.say(f"Object size {diameter:.1f} pixels, as you drew it")

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Model folder")
        if not folder:
            return
        try:
            self.model.choose_folder(folder)
        except (ValueError, OSError) as error:
            self.run.refuse(one_line(error))
