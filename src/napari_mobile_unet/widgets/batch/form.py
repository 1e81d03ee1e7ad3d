"""The form of a batch: images, recipe, results, and how the work is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari.layers import Labels
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.io.paths import SUFFIXES
from napari_mobile_unet.messages import INPUT_ERRORS
from napari_mobile_unet.parallel.executors import PROCESSES, THREADS
from napari_mobile_unet.recipes.library import Library
from napari_mobile_unet.runs.inputs import ALL
from napari_mobile_unet.widgets.batch.plan import Plan
from napari_mobile_unet.widgets.shared.recipe_box import RecipeBox
from napari_mobile_unet.widgets.shared.section import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    import napari

RESULTS = "results"
"""Folder for the results, in that of the images, unless a person names another."""
MOST_WORKERS = 1024
"""Most threads or processes."""


class PlanForm(QWidget):
    """Edits what a batch is.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose labels layers have recipes.
    """

    changed = Signal()
    """Other images or another folder: other states."""
    edited = Signal()
    """Anything else: another command."""

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._places: tuple[str, ...] = ()
        self.folder_button = _button("Folder …", "Choose a folder of images")
        self.files_button = _button("Files …", "Choose images one by one")
        self.found = QLabel()
        self.found.setWordWrap(True)
        policy = QSizePolicy.Policy
        self.found.setSizePolicy(policy.Ignored, policy.Minimum)
        self.pattern = QLineEdit(ALL)
        self.pattern.setToolTip(
            'Which files of the folder: "*.tif", several as "*.tif; *.png", and '
            '"**/*.tif" in its folders, too'
        )
        self.recipes = RecipeBox(viewer, following=False)
        self.output = QLineEdit()
        self.output.setToolTip(
            "The folder for labels, tables and records; what is done there is not "
            "done again"
        )
        self.output_button = _button("…", "Choose the folder for the results")
        self.output_button.setAccessibleName("Folder for the results")
        self.output_button.setMaximumWidth(32)
        self.axes = QLineEdit()
        self.axes.setPlaceholderText("those of each file")
        self.axes.setToolTip("One letter of PTCZYXS for each dimension of all images")
        self.form = QComboBox()
        for text, form in (("OME-TIFF", "tif"), ("OME-Zarr", "zarr")):
            self.form.addItem(text, form)
        self.form.setToolTip("File format of the labels")
        self.overlay = QCheckBox("picture of the outlines")
        self.overlay.setToolTip("Write a PNG with the outlines of each image, too")
        self.executor = QComboBox()
        self.executor.setEditable(True)
        self.executor.addItems([THREADS, PROCESSES])
        self.executor.setToolTip(
            "Where planes are worked on: threads of napari, processes beside it, which "
            "start anew for each image and pay for large stacks only, or the address "
            "of a Dask scheduler, tcp://HOST:PORT"
        )
        self.workers = QSpinBox()
        self.workers.setRange(0, MOST_WORKERS)
        self.workers.setSpecialValueText("automatic")
        self.workers.setToolTip("Number of threads or processes")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        images, output = QHBoxLayout(), QHBoxLayout()
        for widget in (self.folder_button, self.files_button):
            images.addWidget(widget)
        output.addWidget(self.output, 1)
        output.addWidget(self.output_button)
        rows = QFormLayout()
        rows.addRow("images", images)
        rows.addRow("called", self.pattern)
        rows.addRow(self.found)
        rows.addRow("recipe", self.recipes)
        rows.addRow("results", output)
        apart = QWidget()
        more = QFormLayout(apart)
        more.addRow("axes", self.axes)
        more.addRow("labels as", self.form)
        more.addRow("", self.overlay)
        more.addRow("work in", self.executor)
        more.addRow("workers", self.workers)
        for form in (rows, more):
            form.setContentsMargins(0, 0, 0, 0)
            form.setFieldGrowthPolicy(
                QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow
            )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(rows)
        column.addWidget(Section("Advanced", apart))
        column.addStretch()

    def _connect(self) -> None:
        self.folder_button.clicked.connect(lambda _: self._choose_folder())
        self.files_button.clicked.connect(lambda _: self._choose_files())
        self.output_button.clicked.connect(lambda _: self._choose_output())
        for line in (self.pattern, self.output):
            line.editingFinished.connect(self.changed)
        self.form.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.axes.editingFinished.connect(self.edited)
        self.recipes.changed.connect(self.edited)
        self.overlay.toggled.connect(lambda _: self.edited.emit())
        self.executor.currentTextChanged.connect(lambda _: self.edited.emit())
        self.workers.valueChanged.connect(lambda _: self.edited.emit())

    @property
    def plan(self) -> Plan:
        """What the form shows; without a recipe if that cannot be read.

        Raises
        ------
        pydantic.ValidationError
            If a value is refused.
        """
        try:
            recipe = self.recipes.recipe
        except INPUT_ERRORS:
            recipe = None
        return Plan(
            places=self._places,
            pattern=self.pattern.text().strip() or ALL,
            recipe=recipe,
            output=self.output.text().strip(),
            axes=self.axes.text().strip().upper(),
            form=self.form.currentData(),
            overlay=self.overlay.isChecked(),
            executor=self.executor.currentText().strip(),
            workers=self.workers.value(),
        )

    @plan.setter
    def plan(self, plan: Plan) -> None:
        self._places = plan.places
        self.pattern.setText(plan.pattern)
        if plan.recipe is not None and not isinstance(self.recipes.key, Labels):
            self.recipes.choose(Library().name_of(plan.recipe) or plan.recipe)
        self.output.setText(plan.output)
        self.axes.setText(plan.axes)
        self.form.setCurrentIndex(self.form.findData(plan.form))
        self.overlay.setChecked(plan.overlay)
        self.executor.setCurrentText(plan.executor)
        self.workers.setValue(plan.workers)
        self.changed.emit()

    def take(self, places: Sequence[str]) -> None:
        """Take images; the results go beside them unless a folder is named."""
        self._places = tuple(places)
        first = Path(places[0])
        beside = first if first.is_dir() else first.parent
        self.output.setText(str(beside / RESULTS))
        self.changed.emit()

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        self.recipes.disconnect_viewer()

    def _choose_folder(self) -> None:
        if folder := QFileDialog.getExistingDirectory(self, "Folder of images"):
            self.take([folder])

    def _choose_files(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        files, _ = QFileDialog.getOpenFileNames(
            self, "Images", "", f"Images ({kinds});;All files (*)"
        )
        if files:
            self.take(files)

    def _choose_output(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, "Folder for the results", self.output.text()
        )
        if folder:
            self.output.setText(folder)
            self.changed.emit()


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    return button
