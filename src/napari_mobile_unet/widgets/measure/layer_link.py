"""A table and its layer: clicks in the layer, and what is chosen in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils import DirectLabelColormap
from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.preview_labels import PreviewLabels
from napari_mobile_unet.widgets.layers.visible_plane import show_plane, visible_plane

if TYPE_CHECKING:
    from collections.abc import Generator

    import napari
    from napari.layers import Labels
    from numpy.typing import NDArray

    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.types import AnyLabels, Mask

CHOSEN = "#ffd23f"
"""Outlines of chosen objects: yellow."""
SEEN = 90
"""Pixels on the screen that an object should fill to be well seen."""


class LayerLink(QObject):
    """Outlines chosen objects in the visible plane, and tells which are clicked.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer is.
    """

    clicked = Signal(int)
    """The id of an object that was clicked."""
    moved = Signal()
    """Another plane is seen."""

    def __init__(self, viewer: napari.Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.layer: Labels | None = None
        self._chosen = pd.DataFrame()
        self._outlines = PreviewLabels(
            viewer,
            "chosen objects",
            lambda: None,
            opacity=1,
            colormap=DirectLabelColormap(
                color_dict={None: CHOSEN, 0: np.zeros(4), 1: CHOSEN}
            ),
        )
        viewer.mouse_drag_callbacks.append(self._on_press)
        viewer.dims.events.current_step.connect(self._on_moved)
        viewer.dims.events.ndisplay.connect(self._on_moved)

    def disconnect_viewer(self) -> None:
        """Take the outlines away, and let go of the viewer."""
        self.take(None)
        self._viewer.mouse_drag_callbacks.remove(self._on_press)
        self._viewer.dims.events.current_step.disconnect(self._on_moved)
        self._viewer.dims.events.ndisplay.disconnect(self._on_moved)

    def take(self, layer: Labels | None) -> None:
        """Link with another layer, or with none."""
        self._outlines.remove()
        self._chosen, self.layer = pd.DataFrame(), layer

    @property
    def frame(self) -> int | None:
        """The frame of a time-lapse that is seen; None of other layers."""
        if self.layer is None:
            return None
        stack = stack_of(self.layer)
        if "T" not in stack.batch_axes or stack.sizes["T"] == 1:
            return None
        number = visible_plane(self._viewer.dims, self.layer, stack)
        return stack.index(number)[stack.batch_axes.index("T")]

    def choose(self, rows: pd.DataFrame) -> None:
        """Outline the objects of some rows of the table."""
        self._chosen = rows
        if self.layer is not None and len(rows) == 1:
            self.layer.selected_label = int(rows["label"].iloc[0])
        self.draw()

    def go_to(self, row: pd.Series) -> None:
        """Move sliders and camera to the object of a row of the table."""
        layer = self.layer
        if layer is None:
            return
        stack = stack_of(layer)
        known = {"T": "t", "Z": "centroid_z"}
        index = {
            axis: round(float(row[name]))
            for axis, name in known.items()
            if name in row and stack.sizes.get(axis, 1) > 1
        }
        place = [index.get(axis, 0) for axis in stack.batch_axes]
        number = 0
        for size, each in zip(stack.batch_shape, place, strict=True):
            number = number * size + each
        if stack.batch_axes and self._viewer.dims.ndisplay == 2:
            show_plane(self._viewer.dims, layer, stack, number)
        if not {"centroid_y", "centroid_x"} <= set(row.index):
            return
        point = index | {"Y": row["centroid_y"], "X": row["centroid_x"]}
        here = np.array([point.get(axis, 0) for axis in stack.axes], float)
        camera = self._viewer.scene.camera
        world = np.array(layer.data_to_world(here))
        camera.center = tuple(world)[-3:]
        if "bbox_x_min" in row.index:
            size = max(row[f"bbox_{a}_max"] - row[f"bbox_{a}_min"] for a in "yx")
            beyond = here + [size * (axis == "X") for axis in stack.axes]
            width = np.linalg.norm(np.array(layer.data_to_world(beyond)) - world)
            camera.zoom = max(camera.zoom, SEEN / float(width))

    def draw(self) -> None:
        """Outline the chosen objects of the visible plane."""
        layer = self.layer
        if layer is None or layer not in self._viewer.layers:
            self._outlines.remove()
            return
        rows, frame = self._chosen, self.frame
        if frame is not None and "t" in rows:
            rows = rows[rows["t"] == frame]
        if not len(rows) or self._viewer.dims.ndisplay == 3:
            self._outlines.clear()
            return
        stack = stack_of(layer)
        number = visible_plane(self._viewer.dims, layer, stack)
        outline = np.zeros(stack.plane_shape, np.uint8)
        window = _window_of(rows, stack.plane_shape)
        plane = stack.plane(number, window)
        plane = plane if plane.ndim == 2 else plane[..., 0]
        outline[window] = _rim_of(plane, rows["label"].to_numpy())
        self._outlines.show(layer, Placement.of_plane(layer, stack), outline)

    def _on_moved(self) -> None:
        if self.layer is not None:
            self.draw()
            self.moved.emit()

    def _on_press(
        self, _viewer: napari.Viewer, event: Any
    ) -> Generator[None, None, None]:
        """Tell of the object under a click, unless a tool of napari is at work."""
        layer, active = self.layer, self._viewer.layers.selection.active
        at_work = getattr(active, "mode", "pan_zoom") != "pan_zoom"
        if layer is None or event.button != 1 or event.modifiers or at_work:
            return
        if self._viewer.dims.ndisplay != 2 or not layer.visible:
            return
        place = layer.world_to_data(event.position[-layer.ndim :])
        yield
        if event.type == "mouse_move":
            return  # the view was moved
        index = tuple(np.round(place).astype(int).tolist())
        shape = layer.data.shape
        if all(0 <= n < size for n, size in zip(index, shape, strict=True)):
            own = int(np.asarray(layer.data[index]))
            if own:
                self.clicked.emit(own)


def _window_of(rows: pd.DataFrame, shape: tuple[int, int]) -> Window:
    """Return the part of a plane that holds the objects of rows, and a pixel more."""
    sides = []
    for axis, length in zip("yx", shape, strict=True):
        first, last = 0, length
        if f"bbox_{axis}_min" in rows:
            first = max(0, int(rows[f"bbox_{axis}_min"].min()) - 1)
            last = min(length, int(rows[f"bbox_{axis}_max"].max()) + 1)
        sides.append(slice(first, last))
    return sides[0], sides[1]


def _rim_of(plane: AnyLabels, ids: NDArray[np.int64]) -> Mask:
    """Return the pixels of some objects that have another id, or nothing, beside."""
    own = np.pad(plane, 1, constant_values=0)
    middle = own[1:-1, 1:-1]
    rim: Mask = middle != own[:-2, 1:-1]
    for other in (own[2:, 1:-1], own[1:-1, :-2], own[1:-1, 2:]):
        rim |= middle != other
    some = np.flatnonzero(rim)
    rim.ravel()[some] = np.isin(middle.ravel()[some], ids)
    return rim
