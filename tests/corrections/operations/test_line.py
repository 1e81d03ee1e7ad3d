"""Lines that are drawn across objects, and beside the image."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.corrections.operations.parts import drawn_line


@pytest.mark.parametrize("shape", [(0, 5), (4, 0), (0, 0)])
def test_a_line_beside_the_image_has_no_pixels(shape):
    assert drawn_line(np.array([[1.0, 2.0], [3.0, 4.0]]), shape).shape == shape


def test_a_line_may_leave_the_box_and_bends_at_its_places():
    line = drawn_line(np.array([[-3.0, 1.0], [2.0, 1.0], [2.0, 9.0]]), (4, 4))
    assert np.argwhere(line).tolist() == [[0, 1], [1, 1], [2, 1], [2, 2], [2, 3]]
