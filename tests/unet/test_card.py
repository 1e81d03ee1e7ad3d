from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_mobile_unet.unet.card import CARD, TrainingRecord, read_card
from napari_mobile_unet.unet.normalise import Normalisation

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "must be JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "valid dictionary"),
        ('{"format": 99}', "layout 99, this version reads up to 3; update"),
        ('{"format": 1, "files": {}}', "name: Field required"),
        ('{"format": 1, "name": "a", "files": {}, "diametre": 3}', "diametre: Extra"),
    ],
)
def test_a_bad_card_is_refused_in_one_line(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / CARD).write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_card(tmp_path)
    assert "\n" not in str(caught.value)


def test_percentiles_become_0_and_1() -> None:
    plane = np.arange(1001, dtype=np.uint16).reshape(1, -1)
    settings = Normalisation(low=10, high=90)
    limits = settings.limits(plane)
    assert limits == pytest.approx((100, 900))
    scaled = settings.apply(plane, limits)
    assert scaled.dtype == np.float32
    assert scaled[0, [100, 500, 900]] == pytest.approx([0, 0.5, 1])
    assert scaled.min() == pytest.approx(-0.125)


def test_limits_leave_nan_out_and_nan_becomes_dark() -> None:
    plane = np.array([[np.nan, 2, 4], [np.inf, 4, 2]], np.float32)
    settings = Normalisation(low=0, high=100)
    assert settings.limits(plane) == (2, 4)
    scaled = settings.apply(plane, (2, 4))
    assert scaled.tolist() == [[0, 0, 1], [2, 1, 0]]


@pytest.mark.parametrize("value", [0, 7, np.nan])
def test_a_constant_plane_is_flat(value: float) -> None:
    plane = np.full((8, 8), value, np.float32)
    settings = Normalisation()
    assert not settings.apply(plane, settings.limits(plane)).any()


def test_limits_of_several_planes_are_shared() -> None:
    dark, bright = np.zeros((8, 8), np.uint8), np.full((8, 8), 200, np.uint8)
    assert Normalisation().limits(dark, bright) == (0, 200)


def test_a_few_bright_pixels_still_give_a_range() -> None:
    plane = np.zeros((100, 100), np.uint8)
    plane[50, 50:55] = 255  # fewer than the percentile leaves out
    assert Normalisation().limits(plane) == (0, 255)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("settings", [{}, {"low": 0, "high": 100}, {"low": 2.5}])
def test_values_that_are_counted_have_the_limits_of_sorted_ones(
    kind: type[np.unsignedinteger], settings: dict[str, float]
) -> None:
    rng = np.random.default_rng(0)
    top = np.iinfo(kind).max
    planes = [(rng.random((40, 30)) ** n * top).astype(kind) for n in (1, 3, 60)]
    normalisation = Normalisation(**settings)
    for seen in (planes, planes[:1], planes[2:], [planes[2] * 0]):
        counted = normalisation.limits(*seen)
        assert counted == normalisation.limits(*(p.astype(np.float64) for p in seen))


def test_what_float32_cannot_hold_is_the_brightest() -> None:
    plane = np.array([[0, 1, 1e300, np.inf]])
    settings = Normalisation(low=0, high=100)
    assert settings.limits(plane) == (0, 1)
    assert settings.apply(plane, (0, 1)).tolist() == [[0, 1, *[settings.clip[1]] * 2]]


def test_the_largest_limits_still_give_a_range() -> None:
    top = float(np.finfo(np.float32).max)
    plane = np.array([[-top, 0, top]], np.float32)
    settings = Normalisation(low=0, high=100)
    assert settings.limits(plane) == (-top, top)
    assert settings.apply(plane, (-top, top)).tolist() == [[0, 0.5, 1]]
    assert settings.apply(plane, (0, 1e-45)).tolist() == [[*settings.clip[:1], 0, 2]]


def test_a_taught_model_says_what_it_comes_from() -> None:
    taught = TrainingRecord(parent="nuclei", examples=("a 1",))
    assert taught.origin == "1 corrected plane, starting from nuclei"
    assert taught.replace(data="BBBC038").origin == "BBBC038"
    assert TrainingRecord().origin == ""


def test_what_a_card_lacks_is_named(tmp_path: Path) -> None:
    (tmp_path / CARD).write_text('{"format": 1}')
    with pytest.raises(
        ValueError, match=r"model.json: \w+: Field required; copy the fol"
    ):
        read_card(tmp_path)
