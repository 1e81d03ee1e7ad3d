from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.thresholding.foreground import Foreground
from napari_mobile_unet.thresholding.histogram import count
from napari_mobile_unet.thresholding.otsu import multi_otsu, otsu
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.threshold.counting import Counted
from napari_mobile_unet.widgets.threshold.model import ThresholdModel

RNG = np.random.default_rng(0)
PLANE = RNG.integers(10, 30, (64, 48)).astype(np.uint16)
PLANE[:20] += 200
PLANE[:8] += 300


def counted(
    plane: np.ndarray = PLANE, share: float = 1.0, foreground: Foreground | None = None
) -> Counted:
    return Counted(count(plane), foreground, share)


@pytest.fixture
def model() -> ThresholdModel:
    model = ThresholdModel()
    model.take(counted())
    return model


class Heard:
    """What a model told its views."""

    def __init__(self, model: ThresholdModel) -> None:
        self.signals: list[str] = []
        for name in ("changed", "moved", "progressed"):
            getattr(model, name).connect(lambda name=name: self.signals.append(name))


def test_thresholds_are_found_on_the_counts(model: ThresholdModel) -> None:
    heard = Heard(model)
    assert model.split is not None
    assert model.split.thresholds == otsu(PLANE).thresholds
    model.set_settings(Threshold(classes=3))
    assert model.split.thresholds == multi_otsu(PLANE, 3).thresholds
    assert heard.signals == ["changed"]


def test_what_is_set_by_hand_holds_for_its_method(model: ThresholdModel) -> None:
    assert model.split is not None
    model.set_values((100.0,))
    assert model.split.thresholds == (100,)
    model.set_settings(Threshold(foreground="dark"))
    model.take(counted(PLANE + 1))
    assert model.split.thresholds == model.threshold.values == (100,)
    model.set_settings(Threshold(method="li"))
    assert model.values is None
    model.set_values((100.0,))
    model.reset()
    assert model.values is None
    assert model.split.thresholds == Threshold(method="li").split(PLANE + 1).thresholds


def test_values_that_do_not_fit_are_refused(model: ThresholdModel) -> None:
    model.set_values((100.0,))
    with pytest.raises(ValueError, match=r"1 threshold\(s\) in ascending order"):
        model.set_values((1.0, 2.0))
    assert model.values == (100,)


def test_a_line_moves_between_its_neighbours(model: ThresholdModel) -> None:
    model.set_settings(Threshold(classes=3))
    assert model.split is not None
    _, high = model.split.thresholds
    heard = Heard(model)
    model.move_line(0, 100.9)
    assert model.split.thresholds == model.values == (100, high)
    model.move_line(0, 1e6)
    assert model.split.thresholds == (high - 1, high)
    model.move_line(1, -1e6)
    assert model.split.thresholds == (high - 1, high)
    assert heard.signals == ["moved", "moved"]


def test_a_line_of_floats_stands_where_it_is_put() -> None:
    model = ThresholdModel()
    model.take(counted((PLANE / 1000).astype(np.float32)))
    model.move_line(0, 0.1234)
    assert model.values == (0.1234,)


def test_counts_that_come_while_a_line_is_held_are_shown_afterwards(
    model: ThresholdModel,
) -> None:
    assert model.split is not None
    before = model.split.histogram
    model.hold()
    model.move_line(0, 100)
    model.take(counted(PLANE[:40]))
    assert model.split.histogram is before
    model.release()
    assert model.split.histogram.total == PLANE[:40].size
    assert model.split.thresholds == (100,)


def test_only_a_threshold_of_all_its_pixels_is_written_down() -> None:
    model = ThresholdModel()
    with pytest.raises(ValueError, match="still at work"):
        model.written_down()
    model.take(counted(share=0.5))
    with pytest.raises(ValueError, match="still at work"):
        model.written_down()
    model.take(counted())
    found = otsu(PLANE)
    expected = Threshold(values=found.thresholds, foreground=found.foreground.side)
    assert model.written_down() == expected
    model.expire()
    with pytest.raises(ValueError, match="still at work"):
        model.written_down()
    model.refuse("a region must lie on the image")
    with pytest.raises(ValueError, match="a region must lie on the image"):
        model.written_down()
    model.set_settings(Threshold(method="adaptive"))
    assert model.written_down() == Threshold(method="adaptive")


def test_the_side_is_chosen_or_that_of_all_planes_or_of_fewer_pixels(
    model: ThresholdModel,
) -> None:
    assert str(model.foreground) == "bright (auto: fewer pixels)"
    model.take(counted(1000 - PLANE))
    assert model.side == "dark"
    of_stack = Foreground(side="bright", reason="transmitted light")
    model.take(counted(1000 - PLANE, foreground=of_stack))
    assert model.foreground == of_stack
    model.set_settings(Threshold(foreground="dark"))
    assert str(model.foreground) == "dark"


def test_what_has_no_threshold_says_why_and_may_have_one_later(
    model: ThresholdModel,
) -> None:
    assert model.split is not None
    model.take(counted(np.array([[0, 255]], np.uint8)))
    model.set_settings(Threshold(method="minimum"))
    assert model.split is None
    assert "minimum" in model.reason
    model.set_settings(Threshold())
    assert model.split is not None
    assert not model.reason


def test_how_far_a_count_has_come_is_said(model: ThresholdModel) -> None:
    heard = Heard(model)
    model.begin(5)
    assert model.progress == "Counting 5 planes …"
    model.take(counted(share=0.4))
    assert model.progress == "Counting … 40%"
    model.take(counted())
    assert not model.progress
    assert heard.signals == ["progressed", "changed", "changed"]
