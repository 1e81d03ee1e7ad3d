"""What a run must have in common with the one that it continues."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from napari_mobile_unet.images.sampling import spaced
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.record import Record

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.recipes.recipe import Recipe


GLIMPSE = 512
"""Height and width in pixels of what a source is recognised by, in some planes."""


class Identity(Record):
    """What a run must have in common with the one that it goes on with."""

    provenance: Provenance
    """The recipe, the model, the source, the versions."""
    shape: tuple[int, ...]
    """Of the image."""
    dtype: str
    """Of the image."""
    content: str
    """SHA-256 of parts of some planes."""

    @classmethod
    def of(cls, recipe: Recipe, stack: Stack) -> Identity:
        """Return the identity of a recipe applied to a stack."""
        digest = hashlib.sha256()
        height, width = stack.plane_shape
        rows, columns = (
            slice(max(0, (length - GLIMPSE) // 2), (length + GLIMPSE) // 2)
            for length in (height, width)
        )
        for number in spaced(stack):
            digest.update(stack.plane(number, (rows, columns)).tobytes())
        return cls(
            provenance=Provenance.of(recipe, stack),
            shape=tuple(map(int, stack.data.shape)),
            dtype=str(stack.data.dtype),
            content=digest.hexdigest(),
        )

    def difference(self, other: Identity) -> str | None:
        """Return in what two runs differ, in words; None if in nothing."""
        mine, theirs = self.provenance, other.provenance
        for what, here, there in (
            ("shape", self.shape, other.shape),
            ("data type", self.dtype, other.dtype),
            ("axes", mine.axes, theirs.axes),
            ("model", mine.checksum[:12], theirs.checksum[:12]),
            ("versions", mine.versions, theirs.versions),
        ):
            if here != there:
                return f"its {what} was {here} and is {there}"
        if mine.recipe != theirs.recipe:
            return "its recipe is another one"
        return None if self.content == other.content else "its pixels have changed"
