"""What is beside the labels in hand: images, other labels, what the model sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.widgets.correct.situation import Situation
from napari_mobile_unet.widgets.correct.view import (
    confidence_of,
    image_beside,
    image_plane,
    labels_beside,
)

if TYPE_CHECKING:
    import napari

    from napari_mobile_unet.corrections.change import LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.session import Corrections
    from napari_mobile_unet.types import Plane
    from napari_mobile_unet.widgets.correct.bench import Bench
    from napari_mobile_unet.widgets.correct.plane_maps import PlaneMaps


class Surroundings:
    """What tools may look at.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layers are.
    bench : Bench
        The labels layer in hand.
    maps : PlaneMaps
        What the model sees.
    """

    def __init__(self, viewer: napari.Viewer, bench: Bench, maps: PlaneMaps) -> None:
        self._viewer, self._bench, self._maps = viewer, bench, maps

    def situation(
        self,
        session: Corrections,
        plane: PlaneIndex,
        ids: tuple[int, ...],
        points: tuple[tuple[float, float], ...],
    ) -> Situation:
        """Return what a tool is used on, with this plane as its scope."""
        return Situation(
            session=session,
            plane=plane,
            planes=[plane],
            ids=ids,
            points=points,
            image=lambda: self.image(plane),
            others=self._others,
            maps=lambda: self._maps.at(plane),
            confidence=lambda: confidence_of(self._bench.layer),
        )

    def image(self, plane: PlaneIndex) -> Plane | None:
        """Return the grey values beside the labels, if there are any."""
        layer = self._bench.layer
        assert layer is not None
        image = image_beside(self._viewer, layer)
        if image is None:
            return None
        return image_plane(self._viewer, image, layer, plane)

    def _others(self) -> list[LabelArray]:
        layer, marks = self._bench.layer, self._bench.marks
        assert layer is not None and marks is not None
        beside = labels_beside(self._viewer, layer)
        return [other.data for other in beside if other is not marks.layer]
