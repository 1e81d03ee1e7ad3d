"""One labels layer with the class of each pixel, which no objects are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.runs.classes import iter_classes
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.result import Results
from napari_mobile_unet.widgets.layers.storage import empty_labels
from napari_mobile_unet.widgets.layers.written import Written
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari
    from napari.layers import Image

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.thresholding.threshold import Threshold
    from napari_mobile_unet.widgets.layers.result import Result

WHAT = "classes"
"""Tells these labels from those of objects of the same image."""


class _Classified(NamedTuple):
    image: Image
    result: Result
    written: Written
    place: Placement
    threshold: Threshold
    theirs: bool


class ClassLayer(QObject):
    """Makes labels of classes in a thread, and shows them.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer goes.
    """

    said = Signal(str)
    """What came of it."""

    def __init__(self, viewer: napari.Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._results = Results(viewer)
        self.job = Job(self)
        self.job.yielded.connect(self._show)
        self.job.failed.connect(self.said)

    def make(
        self, image: Image, whole: Stack, stack: Stack, threshold: Threshold
    ) -> None:
        """Make labels of an image; those of before are replaced.

        Parameters
        ----------
        image : Image
            The layer.
        whole, stack : Stack
            It, with all its channels and with the chosen one.
        threshold : Threshold
            How classes are found.
        """
        place = Placement.of_result(image, whole)
        result = self._results.of(image, (WHAT, stack.name))

        def work() -> Iterator[_Classified]:
            theirs = result.is_theirs()
            labels, _ = empty_labels(place)
            written = Written(labels, place.index)
            for number, plane in enumerate(iter_classes(stack, threshold)):
                written.put(number, place.oriented(plane.astype(labels.dtype)))
            yield _Classified(image, result, written, place, threshold, theirs)

        self.job.start(work)

    def _show(self, done: _Classified) -> None:
        count = done.threshold.classes
        kept = done.result.begin(
            done.written,
            f"{count} classes · {done.image.name}",
            done.place.keywords(),
            {},
            theirs=done.theirs,
        )
        # No objects come of them, so that no recipe of objects is claimed.
        metadata = {"mobile_unet_classes": done.threshold.model_dump(mode="json")}
        done.result.layer.metadata = metadata
        done.result.layer.features = {"index": np.arange(1, count + 1)}
        said = f"{count} classes, 1 is the darkest"
        if kept:
            said += f"; what you changed is kept in {kept!r}, which is hidden now"
        self.said.emit(said)
