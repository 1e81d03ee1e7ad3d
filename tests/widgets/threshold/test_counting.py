from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.parallel.cancel import Cancelled, cancellable
from napari_mobile_unet.thresholding.foreground import Foreground
from napari_mobile_unet.thresholding.histogram import count
from napari_mobile_unet.thresholding.otsu import otsu
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.threshold import counting
from napari_mobile_unet.widgets.threshold.counting import (
    iter_counted,
    iter_plane_splits,
)

if TYPE_CHECKING:
    from napari_mobile_unet.types import Mask


def test_the_last_state_holds_all_planes(
    stack: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "INTERVAL", -1)
    states = list(iter_counted(Stack(stack, "ZYX"), range(5)))
    assert [state.share for state in states] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])
    assert np.array_equal(states[-1].histogram.counts, count(stack).counts)
    assert states[0].histogram.total == stack[0].size
    assert states[0].foreground is None


def test_the_side_is_that_of_all_planes_and_not_of_those_counted(
    stack: np.ndarray,
) -> None:
    planes = 1000 - stack.astype(int)
    (state,) = iter_counted(Stack(planes, "ZYX"), [0], with_foreground=True)
    assert state.foreground == Foreground(side="dark", reason="fewer pixels")


def test_a_mask_leaves_pixels_out(stack: np.ndarray) -> None:
    def mask(number: int) -> Mask:
        return np.arange(64)[:, None] < [10 * number] * 48

    (*_, state) = iter_counted(Stack(stack, "ZYX"), range(5), mask)
    assert state.histogram.total == 48 * 10 * (0 + 1 + 2 + 3 + 4)
    with pytest.raises(ValueError, match="covers none of its pixels; draw one"):
        list(iter_counted(Stack(stack, "ZYX"), range(1), mask))


def test_a_count_stops_where_nobody_waits_for_it(stack: np.ndarray) -> None:
    stop, read = threading.Event(), []

    def mask(number: int) -> Mask:
        read.append(number)
        if number == 1:
            stop.set()
        return np.ones((64, 48), bool)

    with cancellable(stop), pytest.raises(Cancelled):
        list(iter_counted(Stack(stack, "ZYX"), range(5), mask))
    assert read[-1] == 1


def test_each_plane_is_split_on_its_own(stack: np.ndarray) -> None:
    planes = stack.astype(float)
    planes[2] = np.nan
    splits = list(iter_plane_splits(Stack(planes, "ZYX"), Threshold()))
    assert [split.number for split in splits] == [0, 1, 2, 3, 4]
    found = [split.threshold for split in splits]
    expected = [otsu(plane).threshold for plane in np.delete(planes, 2, 0)]
    assert np.delete(found, 2) == pytest.approx(expected)
    assert np.isnan(found[2])
    assert splits[2].separability == 0
