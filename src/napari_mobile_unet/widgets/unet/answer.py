"""What a preview was asked for, and what was found in the visible plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_mobile_unet.unet.colour import CHANNELS
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.runs.preview import Previewed
    from napari_mobile_unet.types import Labels


class Asked(NamedTuple):
    """What a preview is of; the page may show another image by the time it comes."""

    layer: Image
    whole: Stack
    number: int
    window: Window
    recipe: Recipe


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found in the visible plane."""

    asked: Asked
    found: Previewed
    shown: Labels
    left_out: Labels
    text: str

    @property
    def place(self) -> Placement:
        """Where it lies in the world."""
        asked = self.asked
        return Placement.of_plane(asked.layer, asked.whole).cropped(asked.window)


def describe(recipe: Recipe, found: Previewed) -> str:
    """Return what was found in a plane, in a few words.

    Parameters
    ----------
    recipe : Recipe
        That was asked for.
    found : Previewed
        What came of it.
    """
    if names := recipe.class_names:
        return _shares(found.objects.labels, names)
    shown = int(found.objects.is_shown(found.doubtful_below).sum())
    hidden = len(found.objects.confidence) - shown
    colour = getattr(found.fitted.recipe.segment, "colour", "")
    chosen = getattr(recipe.segment, "colour", "") == "auto" and colour in CHANNELS
    where = f" in the {colour} channel" if chosen else ""
    if not shown and not hidden:
        return f"No objects found{where}; try another channel, size or model."
    if not shown:
        return (
            f"No objects shown{where}, {hidden} hidden: all are doubtful; try another "
            "channel, size or model."
        )
    return (
        f"{counted(shown, 'object')}{where}, {hidden} hidden, about "
        f"{found.across():.0f} px across"
    )


def _shares(labels: Labels, names: Sequence[str]) -> str:
    """Return how much of a plane each class has."""
    pixels = np.bincount(labels.ravel(), minlength=len(names) + 1)
    shares = pixels[1:] / max(labels.size, 1)
    told = [f"{name} {share:.1%}" for name, share in zip(names, shares, strict=True)]
    return f"{', '.join(told)} of what you see"
