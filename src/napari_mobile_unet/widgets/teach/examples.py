"""The list of what a model is taught with: pairs of image and labels layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Labels, Shapes
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.widgets.layers.convert import channels_of
from napari_mobile_unet.widgets.shared.layer_box import LayerBox
from napari_mobile_unet.widgets.shared.source_panel import COMBINED
from napari_mobile_unet.widgets.teach.pair import Pair, channel_count, locks_of

if TYPE_CHECKING:
    import napari


MARKED, EVERYTHING = "what I marked", "everything"
ROWS = 88
"""Pixels of the list's height."""


class ExamplesPanel(QWidget):
    """Chooses pairs of image and labels layers, and lists them.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers.
    """

    changed = Signal()
    """Another pair, or one less."""

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.pairs: list[Pair] = []
        self.image = LayerBox(viewer)
        self.channel = QComboBox()
        self.channel.setToolTip(
            "Channel to learn from; mean or max of all of them; or all: a network that "
            "sees them side by side"
        )
        self.labels = LayerBox(viewer, kind=Labels)
        self.right = QComboBox()
        self.right.addItems([MARKED, EVERYTHING])
        self.right.setToolTip(
            "What of the labels is right. Planes are marked as finished, and objects "
            "locked, on the page Correct; inside a shapes layer, so is what its "
            "rectangles and polygons enclose; all else counts as unknown"
        )
        self.right.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.right.setMinimumContentsLength(12)
        self.add_button = QPushButton("Add")
        self.add_button.setToolTip("Teach with this image and its labels, too")
        self.remove_button = QPushButton("Remove")
        self.remove_button.setToolTip("Leave out the pair chosen in the list")
        self.suggest_button = QPushButton("Suggest a plane")
        self.suggest_button.setToolTip(
            "Go to the plane of these labels with most objects that may be wrong: to "
            "correct it teaches most"
        )
        self.list = QListWidget()
        self.list.setFixedHeight(ROWS)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setToolTip("What the model is taught with")
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        form = QFormLayout()
        form.addRow("image", self.image)
        form.addRow("channel", self.channel)
        self._form = form
        form.addRow("labels", self.labels)
        form.addRow("right is", self.right)
        buttons = QHBoxLayout()
        for button in (self.add_button, self.remove_button, self.suggest_button):
            buttons.addWidget(button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(form)
        rows.addLayout(buttons)
        rows.addWidget(self.list)
        rows.addWidget(self.hint)
        self.add_button.clicked.connect(lambda _: self.add())
        self.remove_button.clicked.connect(lambda _: self.remove())
        self.labels.chosen.connect(lambda _: self._show())
        self.right.currentIndexChanged.connect(lambda _: self._show())
        self.image.chosen.connect(lambda _: self._on_image())
        viewer.layers.events.inserted.connect(self._offer_regions)
        viewer.layers.events.removed.connect(self._on_removed)
        self._offer_regions()
        self._on_image()

    def add(self) -> None:
        """Add the chosen pair, or replace what was said of it."""
        image, labels = self.image.layer, self.labels.layer
        if image is None or labels is None:
            return
        everything = self.right.currentText() == EVERYTHING
        pair = Pair(
            image,
            labels,
            everything,
            self.right.currentData(),
            self.channel.currentData() or 0,
        )
        self.pairs = [old for old in self.pairs if old.labels is not labels] + [pair]
        self._show()
        self.changed.emit()

    def remove(self) -> None:
        """Leave out the pair chosen in the list."""
        row = self.list.currentRow()
        if 0 <= row < len(self.pairs):
            del self.pairs[row]
            self._show()
            self.changed.emit()

    def refresh(self) -> None:
        """Show what is finished and locked by now."""
        self._show()

    def _show(self) -> None:
        row = self.list.currentRow()
        self.list.clear()
        self.list.addItems([pair.text for pair in self.pairs])
        for number, pair in enumerate(self.pairs):
            self.list.item(number).setToolTip(pair.text)
        self.list.setCurrentRow(min(row, len(self.pairs) - 1))
        both = self.image.layer is not None and self.labels.layer is not None
        self.add_button.setEnabled(both)
        self.remove_button.setEnabled(bool(self.pairs))
        self.suggest_button.setEnabled(self.labels.layer is not None)
        self.hint.setText(self._next_step())
        self.hint.setVisible(not self.pairs)

    def _next_step(self) -> str:
        """Return what to do first, as long as the list is empty."""
        image, labels = self.image.layer, self.labels.layer
        if image is None:
            return "Open an image to begin."
        if labels is None:
            return "Find the objects of the image on the page Segment first."
        marked = self.right.currentText() == MARKED
        if marked and not (locks_of(labels).finished or locks_of(labels).ids):
            return (
                "No plane of these labels is finished yet. On the page Correct make "
                "all objects of one plane right and press Plane finished; Suggest a "
                "plane goes to the one that teaches most."
            )
        return "Press Add to teach with these labels."

    def _on_image(self) -> None:
        """Offer the channels of the image, if it has several."""
        layer = self.image.layer
        count = 0 if layer is None else channel_count(layer)
        self.channel.clear()
        if count:
            names = channels_of(layer, count) or (ChannelInfo(),) * count
            for number, named in enumerate(names):
                self.channel.addItem(f"{number}  {named.name}".rstrip(), number)
            for combined in (*COMBINED, "all"):
                self.channel.addItem(combined, combined)
        self._form.setRowVisible(self.channel, bool(count))
        self._show()

    def _offer_regions(self) -> None:
        """Offer the shapes layers there are now, after what is always offered."""
        chosen = self.right.currentData()
        while self.right.count() > 2:
            self.right.itemData(2).events.name.disconnect(self._rename)
            self.right.removeItem(2)
        for layer in self._viewer.layers:
            if isinstance(layer, Shapes):
                self.right.addItem(f"inside {layer.name}", layer)
                layer.events.name.connect(self._rename)
                if layer is chosen:
                    self.right.setCurrentIndex(self.right.count() - 1)

    def _rename(self) -> None:
        for row in range(2, self.right.count()):
            self.right.setItemText(row, f"inside {self.right.itemData(row).name}")
        self._show()

    def _on_removed(self, event: Any) -> None:
        self._offer_regions()
        gone = event.value
        left = [p for p in self.pairs if gone not in (p.image, p.labels, p.region)]
        if len(left) < len(self.pairs):
            self.pairs = left
            self._show()
            self.changed.emit()

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        self._viewer.layers.events.inserted.disconnect(self._offer_regions)
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        for row in range(2, self.right.count()):
            self.right.itemData(row).events.name.disconnect(self._rename)
        self.image.disconnect_viewer()
        self.labels.disconnect_viewer()
