from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.layers.visible_plane import show_plane, visible_plane

pytestmark = pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")

LENGTHS = {"T": 3, "Z": 4, "C": 2, "Y": 5, "X": 6}


def numbered(axes: str, **place: Any) -> tuple[ViewerModel, Any]:
    """Return a viewer with an image whose pixels hold the number of their plane.

    Counted from 1, since napari draws 0 beside an image.
    """
    stack = np.arange(1, 13).reshape(3, 4, 1, 1, 1) * np.ones((3, 4, 2, 5, 6))
    if "T" not in axes:
        stack = stack[0]
    given = "TZCYX" if "T" in axes else "ZCYX"
    if "C" not in axes:
        stack, given = stack[..., 0, :, :], given.replace("C", "")
    data = stack.transpose([given.index(axis) for axis in axes])
    viewer = ViewerModel()
    return viewer, viewer.add_image(data, axis_labels=tuple(axes.lower()), **place)


def seen(layer: Any) -> float:
    """Return the number of the plane that napari draws."""
    (value,) = np.unique(layer._data_view)
    return float(value) - 1


PLACES: dict[str, dict[str, Any]] = {
    "plain": {},
    "calibrated": {"scale": (2, 3, 0.5, 0.5), "translate": (7, 5, 10, 20)},
    "turned": {"rotate": 30, "scale": (1, 2, 2, 2)},
    "sheared": {"shear": [0, 0.5, 0.2, 0, 0, 0]},
    "tied": {"affine": [[1, 0.2, 0, 0, 3], *np.eye(5)[1:]]},
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("axes", ["TZYX", "ZCYX"])
def test_the_sliders_go_to_a_plane_and_it_is_the_one_that_is_seen(
    axes: str, place: dict[str, Any]
) -> None:
    viewer, layer = numbered(axes, **place)
    stack = stack_of(layer)
    for number in (stack.n_planes - 1, 0, 2):
        show_plane(viewer.dims, layer, stack, number)
        assert visible_plane(viewer.dims, layer, stack) == seen(layer) == number


def test_of_layers_of_more_dimensions_the_other_sliders_stay() -> None:
    viewer, layer = numbered("ZYX")
    viewer.add_image(np.zeros((7, 4, 5, 6)))
    viewer.dims.set_current_step(0, 6)
    show_plane(viewer.dims, layer, stack_of(layer), 2)
    assert viewer.dims.current_step[:2] == (6, 2)
    assert seen(layer) == 2


def test_a_picture_has_one_plane() -> None:
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((5, 6)))
    stack = stack_of(layer)
    show_plane(viewer.dims, layer, stack, 0)
    assert visible_plane(viewer.dims, layer, stack) == 0
