"""What a run must have in common with the one that it continues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.record import Record

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack


class Identity(Record):
    """What a run must have in common with the one that it continues."""

    provenance: Provenance
    """The recipe, the model, the source, the versions."""
    shape: tuple[int, ...]
    """Of the image."""
    dtype: str
    """Of the image."""
    content: str
    """SHA-256 of parts of some planes; see ``content_digest``."""

    @classmethod
    def of(cls, provenance: Provenance, stack: Stack) -> Identity:
        """Return the identity of a run over a stack, with all its channels."""
        return cls(
            provenance=provenance,
            shape=tuple(map(int, stack.data.shape)),
            dtype=str(stack.data.dtype),
            content=content_digest(stack),
        )

    def difference(self, other: Identity) -> str | None:
        """Return in what another run differs from this one; None if in nothing."""
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
            return "its recipe was another one"
        return None if self.content == other.content else "its pixels have changed"
