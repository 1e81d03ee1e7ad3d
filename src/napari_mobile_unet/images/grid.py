"""Where an image lies: its axes, and the place of its pixels along each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_mobile_unet.images.axes import check_letters, without
from napari_mobile_unet.images.units import PIXEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PLAIN = (1.0, 0.0, PIXEL)
"""Scale, translation and unit of an axis that is not calibrated."""


@dataclass(frozen=True)
class Grid:
    """Named axes, and where pixels lie along them; it knows nothing of an array.

    Parameters
    ----------
    axes : str
        Letters of "PTCZYXS", each at most once. S stands for the samples of RGB,
        which have no place; the other axes are ``world_axes``.
    scale : tuple of float
        Distance between pixels in ``units``, for each world axis; 1 by default.
    translate : tuple of float
        Centre of the first pixel in ``units``, for each world axis; 0 by default.
    units : tuple of str
        For each world axis, a name such as "micrometer" or "second"; "pixel" by
        default.

    Raises
    ------
    ValueError
        If a letter is unknown or doubled, or there is another number of values than
        of world axes.

    Examples
    --------
    >>> grid = Grid("CYX", scale=(1, 0.5, 0.5))
    >>> grid.without("C").scale
    (0.5, 0.5)
    >>> grid.resized({"Y": 2, "X": 2}).translate
    (0.0, 0.25, 0.25)
    """

    axes: str
    scale: tuple[float, ...] = ()
    translate: tuple[float, ...] = ()
    units: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the fields, and fill in what was left out."""
        check_letters(self.axes)
        size, first, unit = _PLAIN
        self._fill("scale", map(float, self.scale), size)
        self._fill("translate", map(float, self.translate), first)
        self._fill("units", map(str, self.units), unit)

    def _fill(self, name: str, given: Iterable[object], default: object) -> None:
        count = len(self.world_axes)
        values = tuple(given) or (default,) * count
        if len(values) != count:
            raise ValueError(
                f"{name} needs one value for each axis but S; received {values} "
                f"for axes {self.axes!r}; give {count}"
            )
        object.__setattr__(self, name, values)

    @property
    def world_axes(self) -> str:
        """All axes but S, as napari has them: samples have no place in the world."""
        return without(self.axes, "S")

    def select(self, axes: str) -> Grid:
        """Return the grid on some of these axes, in any order; S may be added.

        Raises
        ------
        ValueError
            If another axis is not among them.
        """
        if missing := set(axes) - set(self.axes) - {"S"}:
            raise ValueError(
                f"axes are selected from {self.axes!r}; received {axes!r}; "
                f"leave out {''.join(sorted(missing))}"
            )
        return self.renamed(axes)

    def without(self, letters: str) -> Grid:
        """Return the grid less some axes."""
        return self.select(without(self.axes, letters))

    def renamed(self, axes: str) -> Grid:
        """Return a grid with other axes; one that is new has pixels of size 1."""
        rows = zip(self.scale, self.translate, self.units, strict=True)
        known = dict(zip(self.world_axes, rows, strict=True))
        places = [known.get(axis, _PLAIN) for axis in without(axes, "S")]
        return Grid(
            axes,
            scale=tuple(step for step, _, _ in places),
            translate=tuple(first for _, first, _ in places),
            units=tuple(unit for _, _, unit in places),
        )

    def resized(self, ratios: Mapping[str, float]) -> Grid:
        """Return the grid of the same field of view with larger or smaller pixels.

        Parameters
        ----------
        ratios : mapping of str to float
            For some axes, the new distance between pixels over the old one.
        """
        # The edges of the field stay, so the centre of the first pixel moves.
        scale, translate = [], []
        for axis, step, first in zip(
            self.world_axes, self.scale, self.translate, strict=True
        ):
            ratio = ratios.get(axis, 1.0)
            scale.append(step * ratio)
            translate.append(first + step * (ratio - 1) / 2)
        return Grid(self.axes, tuple(scale), tuple(translate), self.units)
