"""Where the pixels of a layer lie in napari's world."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.images.windows import Window

Matrix = tuple[tuple[float, ...], ...]

NEGLIGIBLE = 1e-9
"""Part of a pixel; what a step along one axis moves along another by rounding."""


@dataclass(frozen=True)
class Placement:
    """The axes and shape of a layer's data, and the way from its pixels to the world.

    napari takes a pixel p to ``affine · (rotate · shear · scale · p + translate)``
    and lays the last axes of a layer over the last ones of all others.

    Parameters
    ----------
    axes : str
        A letter of "PTCZYX" for each dimension; samples of colour are none.
    shape : tuple of int
        Pixels along each axis.
    scale, translate : tuple of float
        For each axis, in its units.
    units : tuple
        For each axis, a name or a unit of pint's.
    axis_labels : tuple of str
        For each axis, as napari shows it.
    rotate, shear : tuple of tuple of float
        (axes, axes) matrices.
    affine : tuple of tuple of float
        (axes + 1, axes + 1), in homogeneous coordinates.

    Examples
    --------
    >>> from napari.layers import Image, Labels
    >>> from napari_mobile_unet.images.stack import Stack
    >>> image = Image(np.zeros((5, 64, 48)), scale=(2, 0.5, 0.5), rotate=30)
    >>> place = Placement.of_result(image, Stack.from_array(image.data, "ZYX"))
    >>> halved = place.resized(Y=32, X=24)
    >>> halved.shape, halved.scale
    ((5, 32, 24), (2.0, 1.0, 1.0))
    >>> labels = Labels(np.zeros(halved.shape, int), **halved.keywords())
    """

    axes: str
    shape: tuple[int, ...]
    scale: tuple[float, ...]
    translate: tuple[float, ...]
    units: tuple[Any, ...]
    axis_labels: tuple[str, ...]
    rotate: Matrix
    shear: Matrix
    affine: Matrix

    @classmethod
    def of_stack(cls, stack: Stack) -> Self:
        """Return where a stack lies by its own scale and translation."""
        axes, shape = _pixel_grid(stack)
        identity = _rows(np.eye(len(axes)))
        return cls(
            axes,
            shape,
            stack.scale,
            stack.translate,
            stack.units,
            tuple(axes.lower()),
            rotate=identity,
            shear=identity,
            affine=_rows(np.eye(len(axes) + 1)),
        )

    @classmethod
    def of_layer(cls, layer: Layer, stack: Stack) -> Self:
        """Return where an image layer lies, with all its axes.

        Parameters
        ----------
        layer : Layer
            The image.
        stack : Stack
            Of the image, with all its channels.
        """
        axes, shape = _pixel_grid(stack)
        named = stack.axes_source == "metadata"
        return cls(
            axes,
            shape,
            _floats(layer.scale),
            _floats(layer.translate),
            tuple(layer.units),
            tuple(layer.axis_labels) if named else tuple(axes.lower()),
            rotate=_rows(layer.rotate),
            shear=_rows(_shear_matrix(layer)),
            affine=_rows(layer.affine.affine_matrix),
        )

    @classmethod
    def of_result(cls, layer: Layer, stack: Stack) -> Self:
        """Return where labels of an image, or its prepared planes, lie.

        They have no axis C where channels come first, as a rule. Elsewhere, or where
        the image is turned or sheared along its channels, napari would lay their
        other axes over the wrong ones: there C stays, one pixel over all channels.

        Parameters
        ----------
        layer, stack
            As for `of_layer`.
        """
        whole = cls.of_layer(layer, stack)
        if "C" not in whole.axes:
            return whole
        return whole.without("C") if whole.separates("C") else whole.resized(C=1)

    @classmethod
    def of_plane(cls, layer: Layer, stack: Stack) -> Self:
        """Return where one plane of an image lies, whichever it is.

        On Y and X alone, as a rule. Where these do not come last, or the image is
        turned or sheared across its planes, on all axes: see `filled`.

        Parameters
        ----------
        layer, stack
            As for `of_layer`.
        """
        whole = cls.of_layer(layer, stack)
        others = "".join(axis for axis in whole.axes if axis not in "YX")
        return whole.without(others) if whole.separates(others) else whole

    def resized(self, **lengths: int) -> Self:
        """Return where other numbers of pixels lie over the same extent.

        Parameters
        ----------
        **lengths : int
            Pixels along some axes, such as ``Y=32, X=24``; the others stay.
        """
        now = zip(self.axes, self.shape, strict=True)
        shape = tuple(lengths.get(axis, length) for axis, length in now)
        ratios = np.array(self.shape) / np.array(shape)
        # The edges stay, so that the centre of the first pixel moves.
        shift = self._linear @ (ratios - 1) / 2
        return replace(
            self,
            shape=shape,
            scale=_floats(np.array(self.scale) * ratios),
            translate=_floats(np.array(self.translate) + shift),
        )

    def cropped(self, window: Window) -> Placement:
        """Return where a part of a plane lies.

        Parameters
        ----------
        window : tuple of slice
            Rows and columns, with or without ends.
        """
        ranges = {
            axis: range(*side.indices(self.shape[self.axes.index(axis)]))
            for axis, side in zip("YX", window, strict=True)
        }
        now = list(zip(self.axes, self.shape, strict=True))
        first = [ranges[axis].start if axis in ranges else 0 for axis in self.axes]
        return replace(
            self,
            shape=tuple(len(ranges[a]) if a in ranges else n for a, n in now),
            translate=_floats(np.array(self.translate) + self._linear @ first),
        )

    def separates(self, axes: str) -> bool:
        """Return whether some axes can be left out: they come first and on their own.

        On their own they are if a step along one of them leads along no other axis
        of the world, and no other step along theirs.
        """
        count = len(axes)
        matrix = np.abs(self._to_world[:-1, :-1])
        steps = matrix / matrix.max(1, keepdims=True)
        mixed = max(
            steps[:count, count:].max(initial=0), steps[count:, :count].max(initial=0)
        )
        return set(self.axes[:count]) == set(axes) and bool(mixed <= NEGLIGIBLE)

    def without(self, axes: str) -> Self:
        """Return where data without some axes lie: at each position along them.

        Raises
        ------
        ValueError
            If these axes cannot be left out.
        """
        if not self.separates(axes):
            raise ValueError(
                f"axes that are left out must come first and not be turned into "
                f"others, got {axes!r} of {self.axes!r}; keep them, one pixel long"
            )
        if not axes:
            return self
        first = len(axes)
        scale, translate = self.scale[first:], self.translate[first:]
        to_world = self._to_world[first:, first:]
        affine = to_world.copy()
        affine[:-1, :-1] /= scale
        affine[:-1, -1] -= affine[:-1, :-1] @ translate
        identity = _rows(np.eye(len(scale)))
        return replace(
            self,
            axes=self.axes[first:],
            shape=self.shape[first:],
            scale=scale,
            translate=translate,
            units=self.units[first:],
            axis_labels=self.axis_labels[first:],
            rotate=identity,
            shear=identity,
            affine=_rows(affine),
        )

    def index(self, number: int) -> tuple[int | slice, ...]:
        """Return where a plane lies in the data; of one long axis C, at 0.

        Parameters
        ----------
        number : int
            Of the plane, the last axis but C, Y and X running fastest.
        """
        now = zip(self.axes, self.shape, strict=True)
        lengths = {axis: length for axis, length in now if axis not in "CYX"}
        position = np.unravel_index(number, tuple(lengths.values()))
        where: dict[str, int | slice] = {"Y": slice(None), "X": slice(None), "C": 0}
        where |= zip(lengths, map(int, position), strict=True)
        return tuple(where[axis] for axis in self.axes)

    def oriented(self, plane: NDArray[Any]) -> NDArray[Any]:
        """Return a view of a plane, (Y, X) or (Y, X, S), in the order of the axes."""
        upright = self.axes.index("Y") < self.axes.index("X")
        return plane if upright else plane.swapaxes(0, 1)

    def start(self, window: Window) -> tuple[int, int]:
        """Return the first pixel of a part of a plane, in the order of the axes."""
        now = dict(zip(self.axes, self.shape, strict=True))
        first = {
            axis: side.indices(now[axis])[0]
            for axis, side in zip("YX", window, strict=True)
        }
        rows, columns = (first[axis] for axis in self.axes if axis in first)
        return rows, columns

    def filled(self, plane: NDArray[Any]) -> NDArray[Any]:
        """Return a view of a plane with this shape: the same along all other axes.

        Parameters
        ----------
        plane : ndarray
            (Y, X), or (Y, X, S) for colour.
        """
        other = tuple(n for n, axis in enumerate(self.axes) if axis not in "YX")
        if not other:
            return self.oriented(plane)
        everywhere = np.expand_dims(self.oriented(plane), other)
        return np.broadcast_to(everywhere, self.shape + plane.shape[2:])

    def keywords(self) -> dict[str, Any]:
        """Return the keywords that put a new layer here."""
        return {
            "scale": self.scale,
            "translate": self.translate,
            "rotate": np.array(self.rotate),
            "shear": np.array(self.shear),
            "affine": np.array(self.affine),
            "units": self.units,
            "axis_labels": self.axis_labels,
        }

    def apply_to(self, layer: Layer) -> None:
        """Put a layer that has this shape here."""
        for name, value in self.keywords().items():
            setattr(layer, name, value)

    @property
    def _linear(self) -> NDArray[np.float64]:
        """What leads from pixels to where ``translate`` is added."""
        shear = np.asarray(self.shear, np.float64)
        return np.asarray(self.rotate, np.float64) @ shear @ np.diag(self.scale)

    @property
    def _to_world(self) -> NDArray[np.float64]:
        """What leads from pixels to the world, in homogeneous coordinates."""
        physical = np.eye(len(self.axes) + 1)
        physical[:-1, :-1], physical[:-1, -1] = self._linear, self.translate
        return np.asarray(self.affine, np.float64) @ physical


def _pixel_grid(stack: Stack) -> tuple[str, tuple[int, ...]]:
    """Return the axes of a layer of this stack, and how many pixels each has."""
    axes = stack.grid.world_axes
    return axes, tuple(stack.sizes[axis] for axis in axes)


def _shear_matrix(layer: Layer) -> NDArray[np.float64]:
    """Return a layer's shear, which napari gives as a vector where it can."""
    shear = np.asarray(layer.shear, float)
    if shear.ndim == 2:
        return shear
    matrix = np.eye(layer.ndim)
    matrix[np.triu_indices(layer.ndim, k=1)] = shear
    return matrix


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(np.asarray(values, float).tolist())


def _rows(matrix: Any) -> Matrix:
    return tuple(map(_floats, matrix))
