"""Whether, along which axis and how objects are linked from plane to plane."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from napari_mobile_unet.settings import Called, Params


class Link(Params):
    """How objects are linked from plane to plane."""

    method: Annotated[
        Literal["none", "iou", "laptrack"],
        Called(
            "link planes",
            {"none": "no", "iou": "by overlap", "laptrack": "by movement"},
        ),
    ] = "none"
    """No (none): new ids in each plane; by overlap (iou): one id where objects overlap,
    by IoU, the area they share over the area they cover; by movement (laptrack): one id
    where centres move little over time."""
    axis: Annotated[
        Literal["auto", "Z", "T"], Called("along", {"auto": "Z, else T"})
    ] = "auto"
    """Axis to link along; auto: Z if the image has it, T otherwise."""
    iou: Annotated[float, Field(gt=0, le=1), Called("smallest IoU")] = 0.25
    """Smallest IoU of an object with itself in the next plane: the area that both share
    over the area that they cover together; 1 is equal, 0 apart."""
    gap: Annotated[int, Field(ge=0, le=10), Called("missing for")] = 1
    """Number of planes that an object may be missing from."""
    max_distance: Annotated[
        float, Field(ge=0.01, le=1_000_000), Called("largest step")
    ] = 15
    """By movement: largest distance that a centre moves between planes, in pixels."""

    def along(self, axes: str) -> str | None:
        """Return which of a stack's batch axes is linked, or None.

        Raises
        ------
        ValueError
            If the stack does not have that axis.
        """
        if self.method == "none":
            return None
        possible: str = "ZT" if self.axis == "auto" else self.axis
        if self.method == "laptrack":
            possible = possible.replace("Z", "")
        found = next((axis for axis in possible if axis in axes), None)
        if found is None:
            raise ValueError(
                f"objects are linked along {' or '.join(possible) or 'T'}, got planes "
                f"along {axes or 'no axis'}; name the axes, or do not link"
            )
        return found
