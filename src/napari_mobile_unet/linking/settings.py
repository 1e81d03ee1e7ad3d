"""Whether, along which axis and how objects of neighbouring planes are one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from napari_mobile_unet.settings import Params


class Link(Params):
    """Whether objects of neighbouring planes are one."""

    method: Literal["none", "iou", "laptrack"] = "none"
    """Ids of their own in each plane; one id where objects overlap; or, over time, where laptrack follows their centres."""  # noqa: E501
    axis: Literal["auto", "Z", "T"] = "auto"
    """Along which axis: over depth, over time, or Z where the image has it, else T."""
    iou: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Smallest overlap of one object in neighbouring planes, IoU."""
    gap: Annotated[int, Field(ge=0, le=10)] = 1
    """Planes without the object that are bridged."""
    max_distance: Annotated[float, Field(gt=0)] = 15
    """How far laptrack lets a centre move between planes, in pixels."""

    def along(self, axes: str) -> str | None:
        """Return which of a stack's batch axes is linked, None for none.

        Raises
        ------
        ValueError
            If the stack has no such axis.
        """
        if self.method == "none":
            return None
        wanted: str = "ZT" if self.axis == "auto" else self.axis
        if self.method == "laptrack":
            wanted = wanted.replace("Z", "")
        found = next((axis for axis in wanted if axis in axes), None)
        if found is None:
            raise ValueError(
                f"objects are linked along {' or '.join(wanted)}; the planes lie on "
                f"axes {axes!r}; name the axes, or do not link"
            )
        return found
