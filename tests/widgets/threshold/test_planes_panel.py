from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_mobile_unet.thresholding.otsu import otsu

pytestmark = pytest.mark.gui

NOISE = 0.7  # η that no plane of noise alone reaches


def curve(panel: Any) -> np.ndarray:
    """Return the thresholds of the planes as they are plotted."""
    return np.asarray(panel.planes.canvas.canvas.figure.axes[0].lines[0].get_ydata())


def shows_all(panel: Any) -> bool:
    canvas = panel.planes.canvas.canvas
    return bool(canvas and canvas.figure.axes) and len(curve(panel)) == 5


def test_planes_that_are_empty_are_flagged_and_left_empty(
    panel: Any, person: Any, calibrated: Any, stack: np.ndarray
) -> None:
    assert panel.planes.isHidden()
    person.chooses("each")
    limit = panel.settings.fields["min_separability"]
    assert limit.value == pytest.approx(NOISE)
    person.sets(min_separability=0.8)  # even noise has 0.75
    person.waits(lambda: shows_all(panel))
    assert not panel.planes.isHidden()
    assert np.array_equal(curve(panel), [otsu(plane).threshold for plane in stack])
    assert panel.planes.canvas.empty == (0,)
    labels = person.makes_labels()
    assert not labels[0].any()
    assert labels[1].any()
    person.chooses("stack")
    person.waits(panel.planes.isHidden)
    assert limit.value == pytest.approx(0.8)  # a person's own value stays


def test_the_limit_of_planes_on_their_own_goes_with_them(
    panel: Any, person: Any, calibrated: Any
) -> None:
    limit = panel.settings.fields["min_separability"]
    person.chooses("each")
    assert limit.value == pytest.approx(NOISE)
    person.chooses("stack")
    assert limit.value == 0


def test_a_method_with_other_thresholds_is_plotted(
    panel: Any, person: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.chooses("each")
    person.waits(lambda: shows_all(panel))
    person.sets(method="mean")
    wanted = [np.floor(plane.mean()) for plane in stack]
    person.waits(
        lambda: shows_all(panel) and np.allclose(np.floor(curve(panel)), wanted)
    )


def test_a_click_goes_to_a_plane_beside_layers_of_more_dimensions(
    panel: Any, person: Any, viewer: Any, stack: np.ndarray
) -> None:
    viewer.add_image(np.zeros((7, 5, 64, 48)))
    viewer.add_image(stack, name="cells")
    viewer.dims.set_current_step(0, 6)
    person.chooses("each")
    person.waits(lambda: shows_all(panel))
    panel.planes.canvas.canvas.draw()
    person.mouse("press", 2.2, panel.planes.canvas.canvas)
    assert viewer.dims.current_step[:2] == (6, 2)
