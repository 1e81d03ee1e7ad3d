"""What the old and the taught model find on a plane, as two layers in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.unet.model import load_model
from napari_mobile_unet.unet.segment import MIN_DIAMETER, UNet
from napari_mobile_unet.widgets.correct.view import show_plane
from napari_mobile_unet.widgets.layers.convert import PREVIEW
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari
    from napari.layers import Labels

    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.types import AnyLabels
    from napari_mobile_unet.widgets.teach.course import Candidate


class Found(NamedTuple):
    """Objects of a plane."""

    lesson: Lesson
    before: AnyLabels | None
    after: AnyLabels


class BeforeAfter(QObject):
    """Adds two labels layers, of which one is to be seen.

    Parameters
    ----------
    viewer : napari.Viewer
        Where they are shown.
    """

    shown = Signal()
    """The layers are there."""
    said = Signal(str)

    def __init__(self, viewer: napari.Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.layers: list[Labels] = []
        self._beside: dict[str, Labels] = {}
        self.job = Job(self)
        self.job.yielded.connect(self._on_found)
        self.job.failed.connect(self.said)

    def look(self, candidate: Candidate, beside: dict[str, Labels]) -> None:
        """Find the objects of the plane with most objects that were kept apart.

        Parameters
        ----------
        candidate : Candidate
            The taught model.
        beside : dict
            The labels layer of each image, by the name of the lessons' group.
        """
        self._beside = beside
        self.job.start_next(lambda: _iter_found(candidate))

    def turn(self) -> bool:
        """Show the other layer; return whether it is that of the taught model."""
        there = [layer for layer in self.layers if layer in self._viewer.layers]
        if len(there) == 2:
            before, after = there
            before.visible, after.visible = after.visible, not after.visible
        return bool(there) and there[-1].visible

    def remove(self) -> None:
        """Take the layers away."""
        for layer in self.layers:
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self.layers = []

    def _on_found(self, found: Found) -> None:
        self.remove()
        beside = self._beside.get(found.lesson.group)
        if beside is None or beside not in self._viewer.layers:
            return
        place = _plane_in_world(beside, found.lesson.plane)
        texts = ("before", found.before), ("after", found.after)
        for text, labels in texts:
            if labels is None:
                continue
            self.layers.append(
                self._viewer.add_labels(
                    labels.reshape((1,) * len(found.lesson.plane) + labels.shape),
                    name=f"{found.lesson.name} {text}",
                    affine=place,
                    units=beside.units,
                    axis_labels=beside.axis_labels,
                    metadata={PREVIEW: True},
                )
            )
        self.layers[0].visible = len(self.layers) == 1
        beside.visible = False
        show_plane(self._viewer, beside, found.lesson.plane)
        self.shown.emit()


def _iter_found(candidate: Candidate) -> Iterator[Found]:
    """Yield what the two models find on a plane that was kept apart, in part at least.

    Both see its objects in their true size.
    """
    # SciPy comes with it, which the page does without until then.
    from napari_mobile_unet.training.subject import subject_of

    architecture = load_model(candidate.folder).card.architecture
    apart = subject_of(architecture).divide(candidate.lessons).apart
    apart = apart or candidate.lessons
    name = max(apart, key=lambda lesson: len(lesson.ids)).name
    lesson = next(each for each in candidate.lessons if each.name == name)
    diameter = 0.0  # images of classes are seen in the size that they have
    if not architecture.classes:
        areas = np.bincount(lesson.labels[lesson.known])[1:]
        median = float(np.median(2 * np.sqrt(areas[areas > 0] / np.pi)))
        diameter = max(MIN_DIAMETER, median)

    def find(model: str) -> Any:
        recipe = Recipe(
            segment=UNet(
                model=model,
                diameter=diameter,
                limits=lesson.limits,
                colour="auto" if lesson.image.ndim == 2 else "all",
            ),
            channel="all" if lesson.channels else None,
        )
        several = "YXC" if lesson.channels else "YXS"
        axes = "YX" if lesson.image.ndim == 2 else several
        return segment(lesson.image, recipe, axes=axes)

    before = None
    # One that saw grey cannot look at channels side by side.
    if candidate.parent and (
        not lesson.channels or load_model(candidate.parent).card.channel_names
    ):
        before = find(candidate.parent)
    yield Found(lesson, before, find(str(candidate.folder)))


def _plane_in_world(layer: Labels, plane: tuple[int, ...]) -> Any:
    """Return the affine of a layer that holds one plane of another layer alone."""
    first = np.array((*plane, 0, 0), float)
    origin = np.array(layer.data_to_world(first))
    matrix = np.eye(layer.ndim + 1)
    for axis, step in enumerate(np.eye(layer.ndim)):
        matrix[:-1, axis] = np.array(layer.data_to_world(first + step)) - origin
    matrix[:-1, -1] = origin
    return matrix
