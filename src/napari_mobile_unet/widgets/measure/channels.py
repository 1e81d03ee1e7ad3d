"""The choice of images whose grey values are measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QListWidget, QListWidgetItem, QSizePolicy

from napari_mobile_unet.images.parts import reordered
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.objects.align import match_axes
from napari_mobile_unet.objects.calibration import calibration_of
from napari_mobile_unet.objects.columns import channel_suffixes, names_in
from napari_mobile_unet.objects.measurement import Measurement, channels_of
from napari_mobile_unet.widgets.layers.convert import PREVIEW, stack_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import napari
    from napari.layers import Labels

ROWS = 4
"""Images that are seen at once."""


class ChannelList(QListWidget):
    """Ticks the image layers that are measured; those of another size cannot be.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers.
    """

    changed = Signal()

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._labels: Labels | None = None
        self._images: list[Any] = []
        self._off: set[Any] = set()
        self.setToolTip("Images whose grey values are measured in the objects")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for event in ("inserted", "removed", "reordered"):
            getattr(viewer.layers.events, event).connect(self.refresh)
        self.itemChanged.connect(self._on_tick)
        self.refresh()

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events."""
        for event in ("inserted", "removed", "reordered"):
            getattr(self._viewer.layers.events, event).disconnect(self.refresh)

    def set_labels(self, layer: Labels | None) -> None:
        """Offer the images that fit these labels."""
        self._labels = layer
        self.refresh()

    @property
    def chosen(self) -> list[Image]:
        """The images that are ticked."""
        return [
            image
            for row, image in enumerate(self._images)
            if self.item(row).checkState() == Qt.CheckState.Checked
        ]

    def refresh(self) -> None:
        """Offer the layers that there are now; ticks stay."""
        self.blockSignals(True)
        self.clear()
        self._images = [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Image) and PREVIEW not in layer.metadata
        ]
        for image in self._images:
            item = QListWidgetItem(image.name)
            reason = self._unfit(image)
            item.setToolTip(reason)
            if reason:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            else:
                on = image not in self._off
                item.setCheckState(
                    Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
                )
            self.addItem(item)
        row = max(self.sizeHintForRow(0), 20)
        self.setFixedHeight(row * min(max(self.count(), 1), ROWS) + 6)
        self.blockSignals(False)
        self.changed.emit()

    def _unfit(self, image: Image) -> str:
        """Return why an image cannot be measured; nothing if it can."""
        if self._labels is None:
            return "There are no labels to measure it in"
        try:
            match_axes(stack_of(self._labels).channel(0), stack_of(image))
        except ValueError as error:
            return one_line(error)
        return ""

    def _on_tick(self, item: QListWidgetItem) -> None:
        image = self._images[self.row(item)]
        if item.checkState() == Qt.CheckState.Checked:
            self._off.discard(image)
        else:
            self._off.add(image)
        self.changed.emit()


def measurement_of(
    layer: Labels, images: Collection[Image], groups: Collection[str]
) -> Measurement:
    """Return what is measured of a labels layer.

    Parameters
    ----------
    layer : Labels
        The objects.
    images : collection of Image
        Whose grey values; each channel of each is one.
    groups : collection of str
        Of columns.

    Raises
    ------
    ValueError
        If the labels have several positions, or an image does not fit them.
    """
    if layer.multiscale:
        raise ValueError(
            "objects are measured at one scale; received a labels layer of several; "
            "convert it to a single one"
        )
    labels = stack_of(layer).channel(0).squeeze()
    named = []
    lends = None
    titles = _distinct([image.name for image in images])
    for image, title in zip(images, titles, strict=True):
        found, seen = match_axes(labels, replace(stack_of(image), name=image.name))
        labels = reordered(found, labels.axes) if found.axes != labels.axes else found
        lends = lends or seen
        parts = channels_of(seen)
        alone = len(images) == 1
        for number, (name, stack) in enumerate(parts):
            word = name or (str(number) if len(parts) > 1 else "")
            named.append((word if alone else f"{title} {word}".strip(), stack))
    if "P" in labels.axes:
        raise ValueError(
            f"objects are measured in one position at a time; received "
            f"{labels.sizes['P']} positions; open one of them"
        )
    suffixes = channel_suffixes([name for name, _ in named])
    return Measurement(
        labels,
        calibration_of(labels, lends, None, None),
        {s: stack for s, (_, stack) in zip(suffixes, named, strict=True)},
        names_in(groups),
    )


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names without the words that all have: "c:1" of "a.tif c:1"."""
    words = [name.split() for name in names]
    common = set.intersection(*map(set, words)) if len(words) > 1 else set()
    short = [" ".join(w for w in each if w not in common) for each in words]
    return short if all(short) else list(names)
