"""The base of pre-processing steps: what each of them can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import cv2
import numpy as np
from pydantic import field_validator

from napari_mobile_unet.images.pixels import finite_values
from napari_mobile_unet.preprocessing.opencv import Limit, put_back_nan, to_native
from napari_mobile_unet.settings import Params

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_mobile_unet.types import Plane


class Step(Params):
    """The base of every step."""

    @property
    def cost(self) -> float:
        """Seconds for a megapixel of grey values, about.

        Measured on two cores at 2.8 GHz by ``benchmarks/steps.py``: to compare steps,
        and to tell what a preview can do at once from what it cannot.
        """
        return 0.02

    def fit(self, planes: Iterable[Plane]) -> Self:
        """Return the step with the values that it takes from the whole stack."""
        return self

    def fit_to_plane(self, plane: Plane) -> Self:
        """Return the step with the values that it takes from each plane.

        Applied to parts of the plane, it then gives what it gives in the whole.
        """
        return self

    def apply(self, plane: Plane) -> Plane:
        """Return the plane after this step: uint8, uint16 or float32.

        Raises
        ------
        ValueError
            If the step cannot work on such a plane.
        MemoryError
            If the result is too large.
        """
        try:
            return self._apply_to_any(to_native(plane))
        except cv2.error as error:
            if error.code != cv2.Error.STS_NO_MEM:
                raise
            raise MemoryError(
                f"a step needs memory for its result; {self!r:.80} of a plane of "
                f"{plane.shape[:2]} needs more than there is; make the result smaller"
            ) from error

    def _apply_to_any(self, native: Plane) -> Plane:
        """Return a plane of native type, NaN in it or not, after this step."""
        if native.dtype.kind != "f":
            return self._apply(native)
        missing = ~np.isfinite(native)
        if not missing.any():
            return self._apply(native)
        if missing.all():
            filled = np.zeros_like(native)
        else:
            filled = np.where(missing, np.float32(np.median(native[~missing])), native)
        result = self._apply(filled).astype(np.float32)
        return put_back_nan(result, missing)

    def _apply(self, plane: Plane) -> Plane:
        """Return a plane of native type without NaN after this step."""
        raise NotImplementedError(f"{type(self).__name__} must define _apply")


class RangedStep(Step):
    """The base of steps that look at the range of a plane's grey values."""

    limits: tuple[Limit, Limit] | None = None
    """Darkest and brightest grey value; those of each plane if not given."""

    @field_validator("limits")
    @classmethod
    def _check_order(
        cls, value: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        if value and value[0] > value[1]:
            raise ValueError(
                f"the lower limit comes first; received {value}; swap the two"
            )
        return value

    def fit_to_plane(self, plane: Plane) -> Self:
        """Return the step with the range of a plane, if it has none."""
        values = finite_values(to_native(plane))
        if self.limits is not None or not values.size:
            return self
        return self.replace(limits=(float(values.min()), float(values.max())))

    def _range(self, plane: Plane) -> tuple[float, float]:
        return self.limits or (float(plane.min()), float(plane.max()))
