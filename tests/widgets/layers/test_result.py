from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.result import Result
from napari_mobile_unet.widgets.layers.written import Written

pytestmark = pytest.mark.gui


def test_a_result_is_updated_in_place_but_never_over_strokes(viewer: Any) -> None:
    source = viewer.add_image(np.zeros((20, 20)))
    result = Result(viewer)
    place = Placement.of_result(source, stack_of(source))

    def begin(**metadata: Any) -> bool:
        theirs = result.is_theirs()
        written = Written(np.zeros((20, 20), np.int32), place.index)
        written.put(0, written.read(0))
        keywords = place.keywords()
        return result.begin(written, "found", keywords, metadata, theirs=theirs)

    assert not begin()
    first = result.layer
    assert not begin(run=2)
    assert result.layer is first
    assert first.metadata["mobile_unet"] == {"run": 2}
    first.selected_label = 7
    first.paint((5, 5), 7)
    assert begin()
    assert result.layer is not first
    assert first in viewer.layers
    assert first.data[5, 5] == 7
    first.undo()
    assert not first.data.any()
    viewer.layers.remove(result.layer)
    assert not begin()
    assert result.layer in viewer.layers
