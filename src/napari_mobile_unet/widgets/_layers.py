"""Between napari's layers and stacks, with nothing lost on the way."""

from __future__ import annotations

import math
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import zarr
from napari.layers import Image, Labels
from platformdirs import user_cache_path
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QWidget

from napari_mobile_unet.axes import suggest_axes
from napari_mobile_unet.ngff import CHUNK
from napari_mobile_unet.stack import Stack

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer
    from numpy.typing import NDArray

WORDS = {
    "position": "P",
    "time": "T",
    "channel": "C",
    "depth": "Z",
    "row": "Y",
    "column": "X",
}
"""Axis labels that mean a letter."""

PREVIEW = "mobile_unet_preview"
"""Key that marks a layer that only shows what a step would do."""

SHARE = 0.5
"""Share of the free memory that labels may take."""

METADATA = "mobile_unet"
"""Key under which a result layer records where it comes from."""


def stack_of(layer: Image | Labels, axes: str | None = None) -> Stack:
    """Return a layer's data as a stack, with its scale, translation and units.

    Parameters
    ----------
    layer : Image or Labels
        Of a multiscale layer the finest level is taken.
    axes : str, optional
        Given by the person; else the layer's axis labels, if they are known
        letters or words, else the likeliest for its shape.

    Raises
    ------
    ValueError
        If the axes do not fit.
    """
    data = layer.data[0] if layer.multiscale else layer.data
    rgb = bool(getattr(layer, "rgb", False))
    named = _named_axes(layer, rgb)
    return Stack.from_array(
        data,
        axes or named or suggest_axes(data.shape, rgb),
        scale=tuple(layer.scale),
        translate=tuple(layer.translate),
        units=tuple(str(unit) for unit in layer.units),
        name=layer.name,
        axes_source="given" if axes else "metadata" if named else "shape",
    )


def _named_axes(layer: Layer, rgb: bool) -> str | None:
    """Return the axes that a layer's labels name, if they all mean something."""
    labels = [str(label).strip() for label in layer.axis_labels]
    letters = [WORDS.get(label.lower(), label.upper()) for label in labels]
    known = all(letter in tuple("PTCZYX") for letter in letters)
    if not known or len(set(letters)) < len(letters):
        return None
    return "".join(letters) + "S" * rgb


def image_layers(stack: Stack) -> list[Image]:
    """Return a stack as layers, one for each channel, with all its coordinates."""
    if "C" in stack.axes:
        return [
            layer
            for number in range(stack.sizes["C"])
            for layer in image_layers(stack.channel(number))
        ]
    name = stack.name
    data, axes = stack.data, stack.axes
    if "S" in axes and axes[-1] != "S":
        data, axes = np.moveaxis(data, axes.index("S"), -1), axes.replace("S", "") + "S"
    if axes.endswith("S") and data.dtype == np.uint16:
        # napari shows colour of 8 bits, or of floats from 0 to 1.
        data = data.astype(np.float32) / np.float32(65535)
    return [Image(data, name=name, rgb="S" in axes, **coordinates(stack))]


def coordinates(stack: Stack) -> dict[str, Any]:
    """Return the keywords that put a layer of this stack's labels where it lies."""
    return {
        "scale": stack.labels_scale,
        "translate": stack.labels_translate,
        "units": stack.labels_units,
        "axis_labels": tuple(stack.labels_axes.lower()),
    }


def placed_like(source: Layer, stack: Stack, axes: str) -> dict[str, Any]:
    """Return the keywords that put a result on some of a layer's axes over it.

    Rotation, shear and affine are taken over where the result has all the layer's
    dimensions; dropping one of them from a general affine is not possible.
    """
    spatial = stack.axes.replace("S", "")
    keep = [spatial.index(axis) for axis in axes]
    place = {
        "scale": tuple(source.scale[i] for i in keep),
        "translate": tuple(source.translate[i] for i in keep),
        "units": tuple(source.units[i] for i in keep),
        "axis_labels": tuple(axis.lower() for axis in axes),
    }
    if len(keep) == source.ndim:
        place |= {
            "rotate": source.rotate,
            "shear": source.shear,
            "affine": source.affine.affine_matrix,
        }
        if stack.axes_source == "metadata":
            place["axis_labels"] = tuple(source.axis_labels)
    return place


def prepared_like(source: Layer, stack: Stack, prepared: Stack) -> dict[str, Any]:
    """Return the keywords that put prepared planes, resized or not, over a layer."""
    return placed_like(source, stack, prepared.labels_axes) | {
        "scale": prepared.labels_scale,
        "translate": prepared.labels_translate,
    }


def single_plane(stack: Stack, plane: NDArray[Any]) -> Stack:
    """Return one prepared plane as a stack that lies where this stack's planes do."""
    return stack.on_axes(np.zeros(stack.plane_shape, bool), "YX").with_planes([plane])


def empty_labels(stack: Stack) -> tuple[Any, str]:
    """Return labels of a stack, all 0, and where they are if that is not memory.

    Labels that would take more than ``SHARE`` of the memory that is free go to a
    Zarr array in the person's cache folder.
    """
    size = math.prod(stack.labels_shape) * np.dtype(np.int32).itemsize
    if size <= SHARE * psutil.virtual_memory().available:
        return np.zeros(stack.labels_shape, np.int32), ""
    folder = user_cache_path("napari-mobile-unet", ensure_exists=True) / "labels"
    path = folder / f"{uuid.uuid4().hex}.zarr"
    array = zarr.create_array(
        path,
        shape=stack.labels_shape,
        chunks=tuple(
            min(length, CHUNK) if axis in "YX" else 1
            for axis, length in zip(stack.labels_axes, stack.labels_shape, strict=True)
        ),
        dtype="int32",
    )
    return array, f"Labels need {size / 2**30:.1f} GiB, too much for memory: {path}"


class Result:
    """The layer that a dock's results go to; updated in place, never over strokes.

    A labels layer that a person has painted on is left as it is, and the next
    result goes to a layer of its own: its undo history would otherwise write old
    values into the new mask.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self.layer: Any = None
        self.source: Any = None
        self._painted = False

    def begin(
        self,
        data: NDArray[Any],
        source: Layer,
        name: str,
        place: dict[str, Any],
        metadata: dict[str, Any],
        kind: type[Layer] = Labels,
    ) -> bool:
        """Show data in the layer, a new one if need be.

        Returns
        -------
        bool
            Whether an earlier layer was kept since it carries a person's strokes.
        """
        kept = self._usable() and self._painted
        same = self._usable() and not kept and self.source is source
        if same and self.layer.ndim == data.ndim - bool(getattr(self.layer, "rgb", 0)):
            self.layer.data = data
            for key, value in place.items():
                setattr(self.layer, key, value)
            self.layer.metadata = {**self.layer.metadata, METADATA: metadata}
            return False
        layer = kind(data, name=name, metadata={METADATA: metadata}, **place)
        self.layer, self.source, self._painted = layer, source, False
        if isinstance(layer, Labels):
            layer.events.paint.connect(self._on_paint)
        self._viewer.add_layer(layer)
        return kept

    def _usable(self) -> bool:
        return self.layer is not None and self.layer in self._viewer.layers

    def _on_paint(self) -> None:
        self._painted = True


class LayerBox(QComboBox):
    """Chooses one of the viewer's image layers; follows the layer list.

    Attributes
    ----------
    following : bool
        Whether a layer that becomes the active one becomes the choice, too.
    """

    chosen = Signal(object)
    """The layer, or None."""

    def __init__(self, viewer: napari.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: list[Image] = []
        self._viewer = viewer
        self.following = True
        self.setToolTip("Image that is worked on")
        # Long names would make the whole dock as wide as they are.
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(12)
        for event in ("inserted", "removed", "reordered"):
            getattr(viewer.layers.events, event).connect(self.refresh)
        viewer.layers.selection.events.active.connect(self._on_active)
        self.currentIndexChanged.connect(lambda _: self.chosen.emit(self.layer))
        self.refresh()

    @property
    def layer(self) -> Image | None:
        """The chosen layer."""
        index = self.currentIndex()
        return self._layers[index] if 0 <= index < len(self._layers) else None

    @layer.setter
    def layer(self, layer: Image) -> None:
        self.setCurrentIndex(self._layers.index(layer))

    def refresh(self) -> None:
        """Offer the image layers there are now; keep the choice if it still is one."""
        before, known = self.layer, self._layers
        for layer in known:
            layer.events.name.disconnect(self._rename)
        self._layers = [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Image) and PREVIEW not in layer.metadata
        ]
        for layer in self._layers:
            layer.events.name.connect(self._rename)
        self.blockSignals(True)
        self.clear()
        self.addItems([layer.name for layer in self._layers])
        active = self._viewer.layers.selection.active
        # A new layer may have been made the active one before it was known here.
        fresh = self.following and not any(layer is active for layer in known)
        for choice in (active if fresh else before, before, active, *self._layers[:1]):
            if any(layer is choice for layer in self._layers):
                self.setCurrentIndex(self._layers.index(choice))
                break
        self.blockSignals(False)
        if self.layer is not before:
            self.chosen.emit(self.layer)

    def _rename(self) -> None:
        for index, layer in enumerate(self._layers):
            self.setItemText(index, layer.name)

    def _on_active(self) -> None:
        active = self._viewer.layers.selection.active
        if self.following and any(layer is active for layer in self._layers):
            self.layer = active

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        for event in ("inserted", "removed", "reordered"):
            getattr(self._viewer.layers.events, event).disconnect(self.refresh)
        self._viewer.layers.selection.events.active.disconnect(self._on_active)
        for layer in self._layers:
            layer.events.name.disconnect(self._rename)
