"""A Tracks layer beside labels that were followed over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.layers import Tracks

from napari_mobile_unet.linking.tracks import napari_tracks
from napari_mobile_unet.widgets.layers.result import add_beside
from napari_mobile_unet.widgets.layers.space import space_of

if TYPE_CHECKING:
    import napari
    import pandas as pd
    from napari.layers import Labels

    from napari_mobile_unet.images.stack import Stack


class TracksBeside:
    """Keeps one Tracks layer for each labels layer.

    Parameters
    ----------
    viewer : napari.Viewer
        Where they go.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self._tracks: WeakKeyDictionary[Any, Tracks] = WeakKeyDictionary()
        self._extra: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    def show(self, labels: Labels, whole: Stack, objects: pd.DataFrame) -> None:
        """Show the way of objects that were followed over time, if they were."""
        for layer, earlier in list(self._tracks.items()):
            if layer is labels or layer not in self._viewer.layers:
                del self._tracks[layer]
                if earlier in self._viewer.layers:
                    self._viewer.layers.remove(earlier)
        followed = "parent" in objects and len(objects)
        if not followed or whole.labels_axes not in ("TYX", "TZYX"):
            return
        data, graph = napari_tracks(objects)
        if labels.ndim > len(whole.labels_axes):  # by an axis C, one long
            self._extra[labels] = 1 + whole.axes.index("C")
            data = np.insert(data, self._extra[labels], 0, axis=1)
        tracks = Tracks(
            data,
            graph=graph,
            name=f"{labels.name} tracks",
            **space_of(labels),
        )
        self._tracks[labels] = tracks
        add_beside(self._viewer, tracks)

    def follow(self, labels: Labels) -> None:
        """Bring the tracks of labels in line with their features."""
        tracks, features = self._tracks.get(labels), labels.features
        if tracks is None or tracks not in self._viewer.layers or not len(features):
            return
        data, graph = napari_tracks(features.rename(columns={"index": "label"}))
        if labels in self._extra:
            data = np.insert(data, self._extra[labels], 0, axis=1)
        if not np.array_equal(tracks.data, data):
            # One after the other, since each has to fit the other at any time.
            tracks.graph = {}
            tracks.data = data
            tracks.graph = graph
