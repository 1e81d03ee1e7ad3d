from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.linking.settings import Link

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.gui


@pytest.fixture(params=["Mobile U-Net", "Otsu threshold"])
def page(request: pytest.FixtureRequest, dock: Callable[[str], Any]) -> Any:
    return dock(request.param)


@pytest.mark.parametrize(
    ("axes", "shape", "method"),
    [
        ("zyx", (3, 8, 9), "iou"),
        ("tyx", (3, 8, 9), "iou"),
        ("tzyx", (2, 3, 8, 9), "iou"),
        ("zyx", (1, 8, 9), "none"),
        ("cyx", (3, 8, 9), "none"),
        ("yx", (8, 9), "none"),
    ],
)
def test_objects_are_linked_where_planes_follow_each_other(
    page: Any, viewer: Any, axes: str, shape: tuple[int, ...], method: str
) -> None:
    viewer.add_image(np.zeros(shape), axis_labels=tuple(axes))
    assert page.link.fields["method"].value == method
    assert page.recipe.link == Link(method=method)  # type: ignore[arg-type]


def test_what_a_person_chose_for_an_image_stays_with_it(page: Any, viewer: Any) -> None:
    depth = viewer.add_image(np.zeros((3, 8, 9)), axis_labels=("z", "y", "x"))
    page.link.fields["method"].value = "none"
    viewer.add_image(np.zeros((4, 8, 9)), axis_labels=("t", "y", "x"))
    assert page.link.value.method == "iou"
    page.source.box.layer = depth
    assert page.link.value.method == "none"
    depth.data = np.ones((3, 8, 9))
    assert page.link.value.method == "none"


def test_settings_of_before_are_taken_as_far_as_they_fit(
    page: Any, viewer: Any
) -> None:
    page.link.value = Link(method="laptrack", max_distance=7, axis="T")
    viewer.add_image(np.zeros((4, 8, 9)), axis_labels=("t", "y", "x"))
    assert page.link.value == Link(method="laptrack", max_distance=7, axis="T")
    viewer.add_image(np.zeros((4, 8, 9)), axis_labels=("z", "y", "x"))
    assert page.link.value == Link(method="iou", max_distance=7)
    viewer.add_image(np.zeros((8, 9)))
    assert page.link.value.method == "none"
