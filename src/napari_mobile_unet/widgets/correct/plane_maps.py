"""What the model sees in the plane that is corrected, found when a tool needs it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError
from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.corrections.operations.one_click import typical_diameter
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.preview import Preview
from napari_mobile_unet.unet.segment import MIN_DIAMETER, UNet
from napari_mobile_unet.widgets.correct.view import channel_in_view, image_beside
from napari_mobile_unet.widgets.layers.convert import METADATA, stack_of
from napari_mobile_unet.widgets.layers.visible_plane import (
    visible_plane,
    window_in_view,
)
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari
    from napari.layers import Image, Labels
    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import Box, PlaneIndex
    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.widgets.correct.bench import Bench

AUTOMATIC = 1 << 20
"""Pixels of the largest plane that is looked at as soon as an object is chosen."""
LARGEST = 1024
"""Height and width in pixels of the part of a larger plane that is looked at: about a
second of waiting where the view has moved on."""
SEAM = 2
"""Number of the map of seams."""
RELIEF = 0.25
"""Height of the seam from which an object is split along it; below it is noise."""


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of a part of a plane, which are cut as if they were of all of it.

    Parameters
    ----------
    values : ndarray
        (rows, columns, maps), or of one map (rows, columns).
    window : tuple of slice
        The part of the plane; beyond it all maps are 0.
    """

    values: NDArray[Any]
    window: Box

    def __getitem__(self, box: Box) -> NDArray[Any]:
        """Return the maps in a box of the plane."""
        size = tuple(side.stop - side.start for side in box)
        cut = np.zeros((*size, *self.values.shape[2:]), self.values.dtype)
        to, of = [], []
        for side, own in zip(box, self.window, strict=True):
            low = max(side.start, own.start)
            high = max(low, min(side.stop, own.stop))
            to.append(slice(low - side.start, high - side.start))
            of.append(slice(low - own.start, high - own.start))
        cut[tuple(to)] = self.values[tuple(of)]
        return cut

    def covers(self, box: Box) -> bool:
        """Return whether a box is within the part that the maps are of."""
        return all(
            own.start <= side.start and side.stop <= own.stop
            for side, own in zip(box, self.window, strict=True)
        )

    def seams(self, box: Box) -> Maps | None:
        """Return the map of seams, if there is one that tells something in a box."""
        if self.values.shape[2] <= SEAM or not self.covers(box):
            return None
        seams = Maps(self.values[..., SEAM], self.window)
        return seams if seams[box].max(initial=0) >= RELIEF else None


@dataclass(frozen=True, eq=False)
class _Asked:
    """What maps are of."""

    labels: Labels
    image: Image
    data: Any
    channel: int
    number: int
    window: Window

    def same_as(self, other: _Asked | None) -> bool:
        return (
            other is not None
            and self.labels is other.labels
            and self.same_stack(other)
            and (self.number, self.window) == (other.number, other.window)
        )

    def same_stack(self, other: _Asked) -> bool:
        same = self.image is other.image and self.data is other.data
        return same and self.channel == other.channel


class PlaneMaps(QObject):
    """The maps of the visible image in the plane of the labels that is looked at.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the image is.
    bench : Bench
        The labels layer in hand.
    """

    said = Signal(str)

    def __init__(self, viewer: napari.Viewer, bench: Bench) -> None:
        super().__init__(bench)
        self._viewer, self._bench = viewer, bench
        self.wanted = True
        """Whether tools are to follow the model."""
        self._known: tuple[_Asked, Maps | None] | None = None
        self._asked: _Asked | None = None
        self._preview: tuple[_Asked, Preview] | None = None
        self._then: Callable[[], None] | None = None
        self._job = Job(self)
        self._job.yielded.connect(self._on_maps)
        self._job.failed.connect(self._on_failed)

    def at(self, plane: PlaneIndex) -> Maps | None:
        """Return the maps of the plane in view, if they are wanted and known."""
        asked = self._what(plane) if self.wanted else None
        known = self._known
        if asked is None or known is None or not asked.same_as(known[0]):
            return None
        return known[1]

    def ready(self, plane: PlaneIndex) -> bool:
        """Return whether nothing more can be known of the plane in view."""
        asked = self._what(plane) if self.wanted else None
        known = self._known
        return asked is None or (known is not None and asked.same_as(known[0]))

    def find(self, plane: PlaneIndex, then: Callable[[], None] | None = None) -> None:
        """Look at the plane in view, and do something then; only the latest is done."""
        asked, session = self._what(plane), self._bench.session
        if asked is None or session is None:
            return
        self._then = then
        if self._job.running and asked.same_as(self._asked):
            return
        self._asked = asked
        recipe = _recipe_of(asked.labels, typical_diameter(session.index, plane))
        preview = self._preview_of(asked)
        rows, columns = asked.window

        def work() -> Iterator[tuple[_Asked, Maps]]:
            yield asked, Maps(preview.maps(recipe), (rows, columns))

        self._job.start_next(work)

    def look_ahead(self) -> None:
        """Look at a plane that is not large before a tool asks for it."""
        layer = self._bench.layer
        if layer is None or not self.wanted or self._job.running:
            return
        if layer.data.shape[-2] * layer.data.shape[-1] > AUTOMATIC:
            return
        with suppress(ValueError):  # the view shows no single plane
            plane = self._bench.plane()
            if not self.ready(plane):
                self.find(plane)

    def cancel(self) -> None:
        """Stop looking, and forget what was seen."""
        self._job.cancel()
        self._known = self._asked = self._preview = self._then = None

    def _what(self, plane: PlaneIndex) -> _Asked | None:
        """Return what maps would be of; None where there is no image to look at."""
        layer = self._bench.layer
        image = None if layer is None else image_beside(self._viewer, layer)
        if layer is None or image is None:
            return None
        try:
            whole = stack_of(image)
        except ValueError:  # its axes are not known
            return None
        channel = channel_in_view(self._viewer, image, whole)
        number = visible_plane(self._viewer.dims, image, whole)
        window = window_in_view(self._viewer, image, whole, LARGEST)
        return _Asked(layer, image, image.data, channel, number, window)

    def _preview_of(self, asked: _Asked) -> Preview:
        """Return what looks at a plane, with all that is known of its stack."""
        known = self._preview
        if known is not None and asked.same_stack(known[0]):
            preview = known[1].at(asked.number, asked.window)
        else:
            stack = stack_of(asked.image).channel(asked.channel)
            preview = Preview(stack, asked.number, asked.window)
        self._preview = asked, preview
        return preview

    def _on_maps(self, found: tuple[_Asked, Maps]) -> None:
        self._known = found
        self._go_on()

    def _on_failed(self, reason: str) -> None:
        if self._asked is not None:
            self._known = self._asked, None
        self.said.emit(f"Without the model: {reason}")
        self._go_on()

    def _go_on(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()


def _recipe_of(layer: Labels, diameter: float) -> Recipe:
    """Return how the model looks at an image: by the settings that made the labels."""
    method = UNet()
    with suppress(ValidationError):  # they were made elsewhere
        made = Provenance.model_validate(layer.metadata.get(METADATA)).recipe.segment
        # Maps of classes tell nothing of where objects touch.
        if isinstance(made, UNet) and not Recipe(segment=made).of_classes:
            method = made
    # Steps and grey range are those of another image where this one was prepared.
    return Recipe(
        segment=method.replace(limits=None, diameter=max(MIN_DIAMETER, diameter))
    )
