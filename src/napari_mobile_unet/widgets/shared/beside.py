"""What stands beside the labels of runs, and follows them: table and tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject

from napari_mobile_unet.objects.pieces import extras_of
from napari_mobile_unet.widgets.layers.convert import features_of
from napari_mobile_unet.widgets.shared.table_follows import TableFollows
from napari_mobile_unet.widgets.shared.tracks import TracksBeside

if TYPE_CHECKING:
    import napari
    from napari.layers import Labels
    from napari.utils.events import Event

    from napari_mobile_unet.widgets.shared.shown_run import ShownRun


class Beside(QObject):
    """Keeps table and tracks of each labels layer that a dock has made.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layers are.
    """

    def __init__(self, viewer: napari.Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._tracks = TracksBeside(viewer)
        self._tables: dict[Any, TableFollows] = {}
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Let go of the viewer and of all layers."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        for layer in list(self._tables):
            self.leave(layer)

    def leave(self, layer: Any) -> None:
        """Follow a layer no longer, such as while a run writes to it."""
        table = self._tables.pop(layer, None)
        if table is not None:
            table.follow(None)
            table.deleteLater()

    def show(self, layer: Labels, run: ShownRun) -> None:
        """Show what a run has found, and follow its labels."""
        objects = run.objects
        layer.refresh()
        layer.features = features_of(objects)
        self.follow(layer, run, fresh=True)

    def follow(self, layer: Labels, run: ShownRun, *, fresh: bool = False) -> None:
        """Follow labels of a run; of those that are not fresh the table stays."""
        self.leave(layer)
        objects = run.objects
        self._tracks.show(layer, run.whole, objects)
        table = self._tables[layer] = TableFollows(self)
        table.updated.connect(self._tracks.follow)
        table.follow(layer, run.stack, extras_of(objects) if fresh else None)

    def _on_removed(self, event: Event) -> None:
        self.leave(event.value)
