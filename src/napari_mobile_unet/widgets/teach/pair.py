"""An image layer and its labels layer, which a model is taught with."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.saved import METADATA, SavedState
from napari_mobile_unet.training.lessons import lessons_of, names_of
from napari_mobile_unet.widgets.layers.convert import channels_of, stack_of
from napari_mobile_unet.widgets.teach.regions import finished_regions
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image, Labels, Shapes

    from napari_mobile_unet.corrections.locks import LockState
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.types import Channel


@dataclass(frozen=True, eq=False)
class Pair:
    """An image layer and its labels layer.

    Parameters
    ----------
    image : Image
        The image.
    labels : Labels
        Its labels.
    everything : bool
        Whether all of them are right, whatever was marked.
    region : Shapes, optional
        Inside its shapes they are right, too.
    channel : int, "mean", "max" or "all"
        Of an image of several channels; all are seen side by side.
    """

    image: Image
    labels: Labels
    everything: bool
    region: Shapes | None = None
    channel: Channel = 0

    @property
    def locks(self) -> LockState:
        """What the person locked and finished in the labels."""
        return locks_of(self.labels)

    @property
    def text(self) -> str:
        """What the list says of it."""
        channel = f" {self.channel}" if channel_count(self.image) else ""
        names = f"{self.image.name}{channel} · {self.labels.name}"
        if self.everything:
            return f"everything: {names}"
        planes, ids = self.locks.finished, self.locks.ids
        parts = [f"{counted(len(planes), 'plane')} finished"] if planes else []
        parts += [f"{counted(len(ids), 'object')} locked"] if ids else []
        parts += [f"inside {self.region.name}"] if self.region is not None else []
        return f"{', '.join(parts) or 'nothing marked'}: {names}"

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that are seen side by side; empty for one."""
        count = channel_count(self.image) if self.channel == "all" else 0
        return names_of(count, channels_of(self.image, count)) if count else ()

    @property
    def stack(self) -> Stack:
        """The image as a stack of one channel, or of all.

        Raises
        ------
        ValueError
            If its axes do not fit.
        """
        stack = stack_of(self.image)
        if "C" not in stack.axes:
            return stack
        named = channels_of(self.image, stack.sizes["C"])
        return replace(stack, channels=named).channel(self.channel)

    def lessons(self, *, classes: bool = False) -> list[Lesson]:
        """Return what can be taught with it.

        Parameters
        ----------
        classes : bool
            Whether the values of the labels are classes of pixels.

        Raises
        ------
        ValueError
            If image and labels do not fit.
        """
        locks = self.locks
        finished = None if self.everything else set(locks.finished)
        locked = () if self.everything else locks.ids
        labels = self.labels.data[0] if self.labels.multiscale else self.labels.data
        regions = None
        if self.region is not None:
            regions = finished_regions(self.region, self.labels)
        return lessons_of(
            self.stack,
            labels,
            self.image.name,
            finished=finished,
            locked=locked,
            regions=regions,
            classes=classes,
        )


def lessons_of_pairs(pairs: Sequence[Pair], classes: bool) -> list[Lesson]:
    """Return what can be taught with some pairs.

    Raises
    ------
    ValueError
        If a pair does not fit, or nothing of any is known to be right.
    """
    lessons = [lesson for pair in pairs for lesson in pair.lessons(classes=classes)]
    if not lessons:
        raise ValueError(
            "teaching needs a plane that is finished, or a locked object; nothing in "
            "these labels is marked so; mark it on the page Correct, or add the pair "
            "again as “everything”"
        )
    return lessons


def locks_of(layer: Labels) -> LockState:
    """Return what a person locked and finished in a layer, from its metadata."""
    try:
        text = json.dumps(layer.metadata[METADATA])
        return SavedState.model_validate_json(text).locks
    except (KeyError, TypeError, ValueError):
        return SavedState(version=1).locks


def channel_count(layer: Image) -> int:
    """Return how many channels an image has; 0 if it has no axis for them."""
    try:
        return stack_of(layer).sizes.get("C", 0)
    except ValueError:  # said once it is taught with
        return 0
