"""Which image a dock works on, what its axes mean, and which channel is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QWidget

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.widgets.layers.convert import (
    METADATA,
    TYPED,
    channels_of,
    stack_of,
    typed_axes,
)
from napari_mobile_unet.widgets.layers.visible_plane import show_plane, visible_plane
from napari_mobile_unet.widgets.shared.file_offer import FileOffer
from napari_mobile_unet.widgets.shared.layer_box import LayerBox
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import napari
    from napari.layers import Image

    from napari_mobile_unet.images.channels import ChannelInfo
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Channel

AXES_FROM = {
    "given": "axes as you typed",
    "metadata": "axes from the layer",
    "shape": "axes guessed from the shape, please check",
}
"""What is said of where the axes come from."""
COMBINED: tuple[Channel, ...] = ("mean", "max")
"""Ways to make one image of all channels."""
SWATCH = 12
"""Width in pixels of a channel's colour in the box."""


class SourcePanel(QWidget):
    """The image, its axes and its channel; shown, and changeable, before any run.

    Parameters
    ----------
    viewer : Viewer
        Whose layers.
    combined : sequence
        What is offered of all channels, beside each of them.
    """

    changed = Signal()
    """Another image, other data, other axes or another channel."""
    moved = Signal()
    """The image lies elsewhere in the world."""

    def __init__(
        self,
        viewer: napari.Viewer,
        parent: QWidget | None = None,
        combined: Sequence[Channel] = COMBINED,
    ) -> None:
        super().__init__(parent)
        self._combined = combined
        self.box = LayerBox(viewer)
        self.axes = QLineEdit()
        self.axes.setToolTip(
            "One letter for each dimension: P position, T time, C channel, Z depth, "
            "Y height, X width. Change them if they are wrong"
        )
        self.axes.setMaximumWidth(110)
        self.channel = QComboBox()
        self.channel.setToolTip("Channel (the first is 0), or all of them combined")
        self.note = QLabel()
        self.note.setWordWrap(True)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow("image", self.box)
        self._form.addRow("axes", self.axes)
        self._form.addRow("channel", self.channel)
        self._form.addRow(self.note)
        self.offer = FileOffer()
        self.offer.named.connect(self._on_named)
        self._form.addRow(self.offer)
        self._in_file: Sequence[ChannelInfo] = ()
        self._stack: Stack | None = None
        self._single: tuple[Stack, Channel, Stack] | None = None
        self.box.chosen.connect(self._on_layer)
        self.axes.editingFinished.connect(self._on_axes)
        self.channel.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._watched: Image | None = None
        self._on_layer(self.box.layer)

    @property
    def layer(self) -> Image | None:
        """The image layer."""
        return self.box.layer

    @property
    def whole(self) -> Stack | None:
        """The layer with all its channels; None if its axes do not fit."""
        return self._stack

    @property
    def stack(self) -> Stack | None:
        """The layer as a stack of the chosen channel; None if its axes do not fit."""
        whole, channel = self._stack, self.channel.currentData()
        if whole is None or "C" not in whole.axes:
            return whole
        # The same one as long as nothing changes: what is known of it stays known.
        if self._single is None or self._single[:2] != (whole, channel):
            self._single = whole, channel, whole.channel(channel)
        return self._single[2]

    @property
    def chosen_channel(self) -> Channel | None:
        """The channel; None where there is only one."""
        whole = self._stack
        several = whole is not None and "C" in whole.axes
        return self.channel.currentData() if several else None

    @property
    def prepared(self) -> Provenance | None:
        """How the image was made, if we made it."""
        metadata = {} if self.layer is None else self.layer.metadata
        try:
            return Provenance.model_validate(metadata.get(METADATA))
        except ValueError:
            return None

    def plane_number(self, viewer: napari.Viewer) -> int:
        """Return the number of the plane that the viewer shows."""
        layer, stack = self.layer, self._stack
        if layer is None or stack is None:
            return 0
        return visible_plane(viewer.dims, layer, stack)

    def show_plane(self, viewer: napari.Viewer, number: int) -> None:
        """Move the viewer's sliders to a plane."""
        layer, stack = self.layer, self._stack
        if layer is not None and stack is not None:
            show_plane(viewer.dims, layer, stack, number)

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        self.box.disconnect_viewer()
        self.offer.cancel()
        self._watch(None)

    def _watch(self, layer: Image | None) -> None:
        """Follow what the layer's data mean, and where they lie, on this layer only."""
        before, self._watched = self._watched, layer
        places = ("scale", "translate", "rotate", "shear", "affine", "units")
        answers = dict.fromkeys(places, self._on_place) | {
            "data": self._read,
            "axis_labels": self._on_labels,
            "metadata": self._on_metadata,
        }
        for event, answer in answers.items():
            if before is not None:
                getattr(before.events, event).disconnect(answer)
            if layer is not None:
                getattr(layer.events, event).connect(answer)

    def _offer_channels(self, count: int) -> None:
        """Offer each channel and all of them combined; keep the choice if possible."""
        before, layer = self.channel.currentData(), self.layer
        self.channel.clear()
        for which in (*range(count), *self._combined):
            self.channel.addItem(str(which), which)
        self.channel.setCurrentIndex(max(0, self.channel.findData(before)))
        named = () if layer is None else channels_of(layer, count)
        self._name_channels(named or self._in_file)

    def _on_named(self, channels: Sequence[ChannelInfo]) -> None:
        """Take up what the layer's file says of its channels."""
        self._in_file = channels
        self._name_channels(channels)

    def _name_channels(self, channels: Sequence[ChannelInfo]) -> None:
        """Show names and colours of channels beside their numbers."""
        if len(channels) != self.channel.count() - len(self._combined):
            return
        for number, channel in enumerate(channels):
            self.channel.setItemText(number, f"{number}  {channel.name}".rstrip())
            if channel.colour:
                swatch = QPixmap(SWATCH, SWATCH)
                swatch.fill(QColor(channel.colour))
                self.channel.setItemIcon(number, QIcon(swatch))

    def _on_layer(self, layer: Image | None) -> None:
        self._watch(layer)
        self._in_file = ()
        self._read()
        self.offer.consider(layer)

    def _read(self) -> None:
        self._show(None)

    def _on_labels(self) -> None:
        """Take the names that the layer's axes have got, before those once typed."""
        self._remember(None)
        self._read()

    def _on_metadata(self) -> None:
        """Take up axes that were typed for this layer in another dock."""
        layer, stack = self.layer, self._stack
        typed = None if layer is None else typed_axes(layer)
        given = stack is not None and stack.axes_source == "given"
        if stack is not None and typed != (stack.axes if given else None):
            self._read()

    def _remember(self, axes: str | None) -> None:
        """Keep axes that were typed with their layer, or forget them."""
        layer = self.layer
        if layer is None or layer.metadata.get(TYPED) == axes:
            return
        others = {key: each for key, each in layer.metadata.items() if key != TYPED}
        layer.metadata = others | ({TYPED: axes} if axes else {})

    def _on_place(self) -> None:
        layer, stack = self.layer, self._stack
        if layer is not None and stack is not None:
            given = stack.axes if stack.axes_source == "given" else None
            self._stack = stack_of(layer, given)
            self.moved.emit()

    def _on_axes(self) -> None:
        text = self.axes.text().strip().upper()
        if self._stack is None or text != self._stack.axes:
            if not text:
                self._remember(None)
            self._show(text or None)
            if text and self._stack is not None:
                self._remember(text)

    def _show(self, axes: str | None) -> None:
        """Take up the layer, with the person's axes if there are any."""
        layer, self._stack = self.layer, None
        self.channel.blockSignals(True)
        try:
            if layer is None:
                self.axes.clear()
                self.note.setText("Open an image to begin.")
            else:
                self._stack = stack = stack_of(layer, axes)
                self.axes.setText(stack.axes)
                sizes = " × ".join(f"{a} {n}" for a, n in stack.sizes.items())
                planes = counted(stack.n_planes, "plane")
                certain = stack.axes_source == "shape" and set(stack.axes) <= set("YXS")
                source = "" if certain else f"; {AXES_FROM[stack.axes_source]}"
                self.note.setText(f"{sizes}: {planes}{source}")
                self._offer_channels(stack.sizes.get("C", 1))
        except ValueError as error:
            self.note.setText(one_line(error))
        finally:
            self.channel.blockSignals(False)
        has_channels = self._stack is not None and "C" in self._stack.axes
        self._form.setRowVisible(self.channel, has_channels)
        self.changed.emit()
