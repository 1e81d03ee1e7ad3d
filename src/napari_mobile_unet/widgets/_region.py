"""Where grey values are counted: all planes, one of them, or inside a drawn region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np
from napari.layers import Labels, Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox

from napari_mobile_unet.widgets._layers import PREVIEW

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Mask

    Kind = Literal["stack", "each", "shown", "region"]

CHOICES: dict[Kind, str] = {
    "stack": "whole stack",
    "each": "each plane on its own",
    "shown": "this plane",
}
"""Where counts come from, besides the regions."""
LARGEST = 32767
"""Sides in pixels that OpenCV warps."""


class ScopeBox(QComboBox):
    """Chooses where grey values are counted; offers the viewer's regions, too."""

    changed = Signal()

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._watched: Any = None
        self.setToolTip(
            "Where grey values are counted: in all planes, in each plane for itself, "
            "in the plane that is shown, or inside shapes or labels in all planes. "
            "The threshold holds for all planes, but for those on their own"
        )
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(12)
        for kind, text in CHOICES.items():
            self.addItem(text, kind)
        for event in ("inserted", "removed"):
            getattr(viewer.layers.events, event).connect(self.refresh)
        self.currentIndexChanged.connect(lambda _: self._on_chosen())
        self.refresh()

    @property
    def kind(self) -> Kind:
        """What is chosen."""
        data: Any = self.currentData()
        # Every entry that is a str is a Kind: the class itself put them there.
        return data if isinstance(data, str) else "region"  # type: ignore[return-value]

    @property
    def region(self) -> Labels | Shapes | None:
        """The layer whose objects are the region, if one is chosen."""
        return self.currentData() if self.kind == "region" else None

    def refresh(self) -> None:
        """Offer the regions there are now; keep the choice if it still is one."""
        chosen = self.currentData()
        self.blockSignals(True)
        while self.count() > len(CHOICES):
            self.itemData(len(CHOICES)).events.name.disconnect(self._rename)
            self.removeItem(len(CHOICES))
        for layer in self._viewer.layers:
            if isinstance(layer, (Labels, Shapes)) and PREVIEW not in layer.metadata:
                self.addItem(_inside(layer), layer)
                layer.events.name.connect(self._rename)
        kept = [i for i in range(self.count()) if self.itemData(i) is chosen]
        if not kept and isinstance(chosen, str):
            kept = [self.findData(chosen)]
        self.setCurrentIndex(kept[0] if kept else 0)
        self.blockSignals(False)
        if chosen is not None and not kept:
            self._on_chosen()

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        for event in ("inserted", "removed"):
            getattr(self._viewer.layers.events, event).disconnect(self.refresh)
        for index in range(len(CHOICES), self.count()):
            self.itemData(index).events.name.disconnect(self._rename)
        self._watch(None)

    def _rename(self) -> None:
        for index in range(len(CHOICES), self.count()):
            self.setItemText(index, _inside(self.itemData(index)))

    def _on_chosen(self) -> None:
        self._watch(self.region)
        self.changed.emit()

    def _watch(self, layer: Layer | None) -> None:
        """Follow what is drawn on the chosen region, and where it lies."""
        before, self._watched = self._watched, layer
        place = ("scale", "translate", "rotate", "shear", "affine")
        for name in ("data", "paint", *place):
            for which, connect in ((before, False), (layer, True)):
                event = getattr(which.events, name, None) if which else None
                if event is not None and connect:
                    event.connect(self._on_drawn)
                elif event is not None:
                    event.disconnect(self._on_drawn)

    def _on_drawn(self) -> None:
        self.changed.emit()


def _inside(layer: Layer) -> str:
    return f"inside {layer.name}"


def region_masks(
    region: Labels | Shapes, source: Layer, stack: Stack
) -> Callable[[int], Mask]:
    """Return a function from the number of a plane to where the region lies on it.

    Parameters
    ----------
    region : Labels or Shapes
        Wherever it lies in the world. Shapes hold for all planes; labels for the
        planes that they have.
    source : Layer
        The image.
    stack : Stack
        Of the image.

    Raises
    ------
    ValueError
        If no shape covers a pixel of the image.
    """
    if isinstance(region, Shapes):
        drawn = _draw_shapes(region, source, stack)
        if not drawn.any():
            raise ValueError(
                f"a region must lie on the image; {region.name!r} covers none of its "
                "pixels; draw one over it"
            )
        return lambda _: drawn
    return lambda number: _cut_labels(region, source, stack, number)


def drawn_diameter(drawn: Shapes, source: Layer, stack: Stack) -> float:
    """Return the diameter in pixels of the disc of the area of the last closed shape.

    Raises
    ------
    ValueError
        If there is none, or it has no area.
    """
    outlines = _outlines(drawn, source, stack)
    area = cv2.contourArea(outlines[-1].astype(np.float32)) if outlines else 0.0
    if not area:
        raise ValueError(
            f"the size of an object needs a closed shape, got none in {drawn.name!r}; "
            "draw an ellipse around one object"
        )
    return float(2 * np.sqrt(area / np.pi))


def _draw_shapes(region: Shapes, source: Layer, stack: Stack) -> Mask:
    """Return (Y, X), True inside any closed shape."""
    mask = np.zeros(stack.plane_shape, np.uint8)
    for outline in _outlines(region, source, stack):
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
    return mask.view(np.bool_)


def _outlines(drawn: Shapes, source: Layer, stack: Stack) -> list[NDArray[Any]]:
    """Return (n, 2) x and y of the outline of each closed shape, in image pixels."""
    rows, columns = _rows_and_columns(stack)
    outlines = []
    for corners, kind in zip(drawn.data, drawn.shape_type, strict=True):
        if kind in ("line", "path"):
            continue
        outline = _ellipse(corners) if kind == "ellipse" else corners
        places = np.array([_carry(point, drawn, source) for point in outline])
        outlines.append(places[:, [columns, rows]])
    return outlines


def _ellipse(corners: NDArray[Any]) -> NDArray[Any]:
    """Return the outline of the ellipse in a box of four corners."""
    centre = corners.mean(0)
    first = (corners[0] + corners[1]) / 2 - centre
    second = (corners[1] + corners[2]) / 2 - centre
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)[:, None]
    return np.asarray(centre + np.cos(angles) * first + np.sin(angles) * second)


def _cut_labels(region: Labels, source: Layer, stack: Stack, number: int) -> Mask:
    """Return (Y, X), True where labels lie over one plane of the image."""
    rows, columns = _rows_and_columns(stack)
    index = np.zeros(source.ndim)
    spatial = stack.axes.replace("S", "")
    for axis, place in zip(stack.batch_axes, stack.index(number), strict=True):
        index[spatial.index(axis)] = place
    origin = _carry(index, source, region)
    leading = tuple(round(float(place)) for place in origin[:-2])
    data = region.data[0] if region.multiscale else region.data
    sizes = data.shape[:-2]
    if any(not 0 <= n < size for n, size in zip(leading, sizes, strict=True)):
        return np.zeros(stack.plane_shape, bool)
    plane = np.asarray(data[leading]) > 0
    matrix = np.zeros((2, 3))
    for position, side in enumerate((columns, rows)):
        along = index.copy()
        along[side] += 1
        matrix[:, position] = (_carry(along, source, region) - origin)[[-1, -2]]
    matrix[:, 2] = origin[[-1, -2]]
    same = np.allclose(matrix, [[1, 0, 0], [0, 1, 0]])
    if same and plane.shape == stack.plane_shape:
        return plane
    if max(*plane.shape, *stack.plane_shape) > LARGEST:
        raise ValueError(
            f"a region on a grid of its own may have {LARGEST} pixels a side, got "
            f"{plane.shape} over {stack.plane_shape}; draw it as a shape"
        )
    height, width = stack.plane_shape
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(plane.view(np.uint8), matrix, (width, height), flags=flags)
    return np.asarray(cut, np.uint8).view(np.bool_)


def _rows_and_columns(stack: Stack) -> tuple[int, int]:
    spatial = stack.axes.replace("S", "")
    return spatial.index("Y"), spatial.index("X")


def _carry(point: Any, start: Layer, end: Layer) -> NDArray[Any]:
    """Return where a point of one layer's data lies in another's."""
    world = np.asarray(start.data_to_world(point), float)
    missing = max(0, end.ndim - len(world))
    world = np.concatenate([np.zeros(missing), world])[-end.ndim :]
    return np.asarray(end.world_to_data(world), float)
