"""What a layer is besides its pixels, as a text that its file carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import Field

from napari_mobile_unet.images.units import factor
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.settings import Params
from napari_mobile_unet.widgets.layers.convert import FILE
from napari_mobile_unet.widgets.layers.placement import Matrix, Placement

if TYPE_CHECKING:
    from napari.layers import Image, Labels

    from napari_mobile_unet.images.grid import Grid

LOOK = ("blending", "opacity", "colormap", "contrast_limits", "gamma")
"""What is kept of how a layer looks."""
CLOSE = 1e-6
"""Part of a pixel by which sizes and places may differ after a change of units."""


class Column(Params):
    """One column of a table."""

    dtype: str
    """As pandas calls it."""
    values: list[Any]
    """None where there is none."""

    @classmethod
    def of(cls, series: pd.Series) -> Self:
        """Return a column as plain data.

        Raises
        ------
        TypeError
            If it holds something that JSON cannot.
        """
        values = series.astype(object).where(series.notna(), None).tolist()
        return cls(dtype=str(series.dtype), values=[plain(value) for value in values])

    @property
    def series(self) -> pd.Series:
        """The column for pandas."""
        return pd.Series(self.values, dtype=self.dtype)


class LayerRecord(Params):
    """What the format of a file has no place for, so that the same layer comes back."""

    version: Literal[1] = 1
    kind: Literal["image", "labels"]
    name: str
    axes: str
    """A letter for each dimension of the data."""
    shape: tuple[int, ...]
    axis_labels: tuple[str, ...]
    scale: tuple[float, ...]
    translate: tuple[float, ...]
    units: tuple[str, ...]
    rotate: Matrix
    shear: Matrix
    affine: Matrix
    dtype: str
    """Of the data in napari; the file may have a smaller one."""
    content: str = ""
    """SHA-256 of parts of the labels, which the table belongs to."""
    features: dict[str, Column] = Field(default_factory=dict)
    look: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def of(
        cls, layer: Image | Labels, axes: str, place: Placement, content: str
    ) -> tuple[Self, list[str]]:
        """Return the record of a layer, and names of what cannot be kept in it.

        Parameters
        ----------
        layer : Image or Labels
            The layer.
        axes : str
            Of its data, S included.
        place : Placement
            Where it lies.
        content : str
            Digest of its labels.
        """
        lost: list[str] = []
        metadata = {}
        for key, value in layer.metadata.items():
            try:
                if key != FILE:
                    metadata[str(key)] = plain(value)
            except TypeError:
                lost.append(f"metadata {key!r}")
        features = {}
        table = getattr(layer, "features", pd.DataFrame())
        for name in table:
            try:
                features[str(name)] = Column.of(table[name])
            except TypeError:
                lost.append(f"column {name!r}")
        data = layer.data[0] if layer.multiscale else layer.data
        record = cls(
            kind="labels" if layer._type_string == "labels" else "image",
            name=layer.name,
            axes=axes,
            shape=tuple(map(int, data.shape)),
            axis_labels=tuple(map(str, layer.axis_labels)),
            scale=place.scale,
            translate=place.translate,
            units=tuple(map(str, place.units)),
            rotate=place.rotate,
            shear=place.shear,
            affine=place.affine,
            dtype=str(np.dtype(data.dtype)),
            content=content,
            features=features,
            look=_look(layer),
            metadata=metadata,
        )
        return record, lost

    @classmethod
    def load(cls, note: str) -> Self | None:
        """Return the record in a note, None if it holds none."""
        try:
            return cls.from_json(note) if note else None
        except ValueError:
            return None

    @property
    def table(self) -> pd.DataFrame:
        """The features of the layer."""
        return pd.DataFrame({name: c.series for name, c in self.features.items()})

    @property
    def is_turned(self) -> bool:
        """Whether more than scale and translation places the layer."""
        count = len(self.scale)
        return not (
            np.array_equal(self.rotate, np.eye(count))
            and np.array_equal(self.shear, np.eye(count))
            and np.array_equal(self.affine, np.eye(count + 1))
        )

    def keywords(self, grid: Grid) -> dict[str, Any]:
        """Return the keywords that put the layer where it was.

        If another program has given the file other pixel sizes or another place since,
        these count.

        Parameters
        ----------
        grid : Grid
            As the file says it.
        """
        axes = grid.world_axes
        place = Placement(
            axes,
            self.shape[: len(axes)],
            self.scale,
            self.translate,
            self.units,
            self.axis_labels,
            self.rotate,
            self.shear,
            self.affine,
        )
        if self._agrees(grid):
            return place.keywords()
        return {
            "scale": grid.scale,
            "translate": grid.translate,
            "units": grid.units,
            "axis_labels": self.axis_labels,
        }

    def _agrees(self, grid: Grid) -> bool:
        """Return whether a file has the pixel sizes and the place of this record."""
        for number, axis in enumerate(grid.world_axes):
            if axis not in "ZYX":  # formats have no place for some of the others
                continue
            try:
                by = factor(self.units[number], grid.units[number])
            except ValueError:
                by = 1.0
            step, first = self.scale[number] * by, self.translate[number] * by
            near = CLOSE * abs(grid.scale[number])
            apart = (step - grid.scale[number], first - grid.translate[number])
            if max(map(abs, apart)) > near:
                return False
        return True


def plain(value: Any) -> Any:
    """Return a value as JSON has it: lists for tuples and arrays.

    Raises
    ------
    TypeError
        If JSON has nothing for it.
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(each) for key, each in value.items()}
    raise TypeError(f"JSON has no {type(value).__name__}")


def _look(layer: Image | Labels) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in LOOK:
        value = getattr(layer, key, None)
        if key == "colormap":
            if layer._type_string == "labels" or getattr(layer, "rgb", False):
                continue
            value = value.name if value is not None else None
        if value is not None:
            found[key] = plain(tuple(value) if key == "contrast_limits" else value)
    return found
