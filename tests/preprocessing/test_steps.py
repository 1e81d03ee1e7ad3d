from __future__ import annotations

from typing import Any, get_args

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from skimage.color import rgb2hed

from napari_mobile_unet.preprocessing.chain import (
    apply_steps,
    fit_steps,
    restore_labels,
)
from napari_mobile_unet.preprocessing.steps import (
    STEPS,
    AnyStep,
    Background,
    ColourSpace,
    Contrast,
    Denoise,
    Invert,
    Normalise,
    Resize,
    Step,
)

NATIVE = (np.uint8, np.uint16, np.float32)
CONVERTED = (bool, np.int8, np.int16, np.uint32, np.int64, np.float16, np.float64)
CHOOSERS = ("method", "by", "channel")


def variants() -> list[Step]:
    """Return every step with each of its choices, and a second radius."""
    found = []
    for step in STEPS:
        fields = step.model_fields
        name = next((name for name in CHOOSERS if name in fields), None)
        choices = get_args(fields[name].annotation) if name else (None,)
        radii = (1, 4) if "radius" in fields else (None,)
        found += [
            step(**({name: choice} if name else {}), **({"radius": r} if r else {}))
            for choice in choices
            for r in radii
        ]
    return found


def name_of(step: Step) -> str:
    chosen = [str(getattr(step, name)) for name in (*CHOOSERS, "radius")
              if hasattr(step, name)]  # fmt: skip
    return "-".join([step.kind, *chosen])  # type: ignore[attr-defined]


every_step = pytest.mark.parametrize("step", variants(), ids=name_of)


def plane_of(dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    values = np.random.default_rng(0).random(shape)
    return values > 0.5 if dtype is bool else (values * 100).astype(dtype)


def takes(step: Step, plane: np.ndarray) -> bool:
    return plane.ndim == 3 or getattr(step, "channel", "grey") == "grey"


@every_step
@pytest.mark.parametrize("dtype", [*NATIVE, *CONVERTED], ids=lambda d: d.__name__)
@pytest.mark.parametrize("shape", [(1, 1), (33, 20), (33, 20, 3)], ids=str)
def test_contract(step: Step, dtype: Any, shape: tuple[int, ...]) -> None:
    plane = plane_of(dtype, shape)
    if not takes(step, plane):
        with pytest.raises(ValueError, match="needs an RGB plane"):
            step.apply(plane)
        return
    before = plane.copy()
    result = step.apply(plane)
    assert np.array_equal(plane, before)
    assert not np.shares_memory(result, plane) or np.array_equal(result, plane)
    assert result.dtype in NATIVE
    assert np.isfinite(result).all()
    if not isinstance(step, Resize):
        assert result.shape[:2] == plane.shape[:2]
    if dtype in NATIVE and not isinstance(step, (Normalise, ColourSpace)):
        assert result.dtype == dtype
    assert (result.ndim == 3) == (plane.ndim == 3 and not isinstance(step, ColourSpace))


@every_step
@pytest.mark.parametrize("shape", [(33, 20), (33, 20, 3)], ids=str)
def test_nan_stays_where_it_is(step: Step, shape: tuple[int, ...]) -> None:
    plane = plane_of(np.float32, shape)
    if not takes(step, plane) or isinstance(step, Resize):
        return
    plane[7, 9] = np.nan
    plane[20, 3] = np.inf
    result = step.apply(plane)
    missing = np.isnan(result)
    places = missing.any(axis=-1) if missing.ndim == 3 else missing
    assert np.argwhere(places).tolist() == [[7, 9], [20, 3]]
    plane[:] = np.nan
    assert np.isnan(step.apply(plane)).all()


@every_step
@pytest.mark.parametrize("dtype", NATIVE, ids=lambda d: d.__name__)
def test_a_flat_plane_stays_flat(step: Step, dtype: Any) -> None:
    plane = np.full((20, 20), 7, dtype)
    if takes(step, plane):
        result = step.apply(plane)
        assert np.ptp(result) < 1e-5


@every_step
def test_a_step_says_what_it_costs(step: Step) -> None:
    assert 0 < step.cost < 60
    if "radius" in type(step).model_fields:
        assert step.cost <= step.replace(radius=50).cost < 60


@every_step
def test_a_step_survives_json(step: Step) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(AnyStep)
    assert adapter.validate_json(step.model_dump_json()) == step


def test_steps_saved_under_earlier_names_are_read() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(AnyStep)
    resize = adapter.validate_python({"kind": "resize", "by": "diameter", "wanted": 9})
    assert resize == Resize(by="diameter", target_diameter=9)
    assert resize.replace(diameter=18).target_diameter == 9
    assert "wanted" not in resize.model_dump()
    background = {"kind": "background", "method": "rolling mean"}
    assert adapter.validate_python(background).method == "mean subtraction"
    with pytest.raises(ValidationError, match="white top-hat"):
        adapter.validate_python(background | {"method": "rolling ball"})


def test_complex_planes_are_refused() -> None:
    with pytest.raises(ValueError, match="real numbers, got complex128"):
        Invert().apply(np.zeros((4, 4), complex))


@pytest.mark.parametrize(
    ("step", "shape"),
    [
        (Resize(factor=0.5), (20, 30)),
        (Resize(factor=2), (80, 120)),
        (Resize(by="size", height=7, width=9), (7, 9)),
        (Resize(by="diameter", diameter=48, target_diameter=24), (20, 30)),
        (Resize(factor=0.001), (1, 1)),
    ],
)
def test_resize_gives_the_size_asked_for(step: Resize, shape: tuple[int, int]) -> None:
    plane = plane_of(np.uint16, (40, 60))
    result = step.apply(plane)
    assert result.shape == shape
    assert result.min() >= plane.min()
    assert result.max() <= plane.max()


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 4))
def test_labels_come_back_onto_their_grid(height: int, width: int, factor: int) -> None:
    rng = np.random.default_rng(height * 41 + width)
    labels = rng.integers(0, 2**30, (height, width)).astype(np.int32)
    grown = np.kron(labels, np.ones((factor, factor), np.int32))
    assert np.array_equal(restore_labels(grown, (height, width)), labels)


def test_normalise_brings_the_limits_to_0_and_1() -> None:
    plane = np.arange(101, dtype=np.uint8)[None]
    scaled = Normalise(low=10, high=90, scope="plane").apply(plane)
    assert scaled[0, [10, 50, 90]] == pytest.approx([0, 0.5, 1], abs=1e-6)
    extremes = Normalise(method="min-max", scope="plane").apply(plane)
    assert (extremes.min(), extremes.max()) == (0, 1)
    score = Normalise(method="z-score", scope="plane").apply(plane)
    assert score.mean() == pytest.approx(0, abs=1e-6)
    assert score.std() == pytest.approx(1, abs=1e-6)


def test_normalise_over_the_stack_keeps_planes_comparable() -> None:
    dark, bright = np.zeros((4, 4), np.uint8), np.full((4, 4), 200, np.uint8)
    step = Normalise(method="min-max").fit([dark, bright])
    assert step.limits == (0, 200)
    assert step.apply(dark).max() == 0
    assert step.apply(bright).min() == 1
    assert Normalise(scope="plane").fit([dark, bright]).limits is None


def test_steps_are_fitted_to_what_the_steps_before_leave() -> None:
    planes = [np.full((4, 4), 55, np.uint8), np.full((4, 4), 255, np.uint8)]
    fitted = fit_steps((Invert(), Normalise(method="min-max")), planes)
    assert fitted[1].limits == (0, 200)
    assert apply_steps(fitted, planes[1]).max() == 0
    assert apply_steps(fitted, planes[0]).min() == 1


def test_colours_of_known_pixels() -> None:
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    values = {
        name: float(ColourSpace(channel=name).apply(red)[0, 0])
        for name in ("grey", "red", "green", "hue", "saturation", "value", "lightness")
    }
    assert values == pytest.approx(
        {
            "grey": 76, "red": 255, "green": 0, "hue": 0,
            "saturation": 1, "value": 1, "lightness": 53.24,
        },
        abs=0.05,
    )  # fmt: skip


def test_colours_do_not_depend_on_the_type() -> None:
    rgb = skimage.data.immunohistochemistry()[:64, :64]
    wide = rgb.astype(np.uint16) * 257
    unit = rgb.astype(np.float32) / 255
    for channel in ("hue", "a", "haematoxylin", "dab"):
        expected = ColourSpace(channel=channel).apply(rgb)
        for other in (wide, unit):
            found = ColourSpace(channel=channel).apply(other)
            assert np.allclose(found, expected, atol=1e-3)


def test_stains_are_those_of_scikit_image_and_grow_with_the_stain() -> None:
    rgb = skimage.data.immunohistochemistry()
    found = ColourSpace(channel="haematoxylin").apply(rgb)
    assert np.allclose(found, rgb2hed(rgb)[..., 0], atol=1e-5)
    nucleus, background = found[333, 245], np.median(found[300:340, 440:470])
    assert found.dtype == np.float32
    assert nucleus != background


def test_a_median_drops_a_speck_at_every_radius() -> None:
    for dtype in NATIVE:
        plane = np.full((30, 30), 10, dtype)
        plane[15, 15] = 200
        for radius in (1, 2, 3, 6):
            assert (Denoise(method="median", radius=radius).apply(plane) == 10).all()


@pytest.mark.parametrize(
    ("method", "most"), [("bilateral", 15), ("non-local means", 5)]
)
@pytest.mark.parametrize("dtype", NATIVE, ids=lambda d: d.__name__)
def test_windows_that_would_take_minutes_end_at_what_the_field_says(
    method: Any, most: int, dtype: Any
) -> None:
    plane = plane_of(dtype, (40, 40))
    wide, most_of_it, less = (
        Denoise(method=method, radius=radius, strength=0.5)
        for radius in (50, most, most - 1)
    )
    assert np.array_equal(wide.apply(plane), most_of_it.apply(plane))
    assert not np.array_equal(less.apply(plane), most_of_it.apply(plane))
    assert wide.cost == most_of_it.cost
    said = " ".join((Denoise.model_fields["radius"].description or "").split())
    assert f"at most {most}" in said


@pytest.mark.parametrize("dtype", NATIVE, ids=lambda d: d.__name__)
def test_a_wide_blur_goes_on_where_a_narrow_one_ends(dtype: Any) -> None:
    plane = (plane_of(np.float32, (90, 90)) * (2 if dtype == np.uint8 else 300)).astype(
        dtype
    )
    narrow, wide = (
        Denoise(radius=radius).apply(plane).astype(float) for radius in (10, 10.01)
    )
    assert np.abs(narrow - wide).max() <= max(1, 0.003 * np.ptp(plane))


@pytest.mark.parametrize("method", ["bilateral", "non-local means"])
@pytest.mark.parametrize("dtype", NATIVE, ids=lambda d: d.__name__)
def test_edges_are_kept_while_noise_goes(method: Any, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    clean = np.zeros((60, 60))
    clean[:, 30:] = 120
    noisy = (clean + 60 + rng.normal(0, 6, clean.shape)).astype(dtype)
    result = Denoise(method=method, radius=3, strength=0.2).apply(noisy).astype(float)
    assert result[:, :28].std() < 0.7 * noisy[:, :28].astype(float).std()
    assert result[:, 31].mean() - result[:, 28].mean() > 100


@pytest.mark.parametrize("dtype", NATIVE, ids=lambda d: d.__name__)
def test_top_hats_keep_small_objects_and_take_the_slope_away(dtype: Any) -> None:
    slope = np.tile(np.linspace(20, 120, 80), (80, 1))
    bright = slope.copy()
    bright[38:43, 38:43] += 60
    result = Background(radius=10).apply(bright.astype(dtype))
    assert result[40, 40] >= 55
    assert np.median(result) <= 15
    dark = slope.copy()
    dark[38:43, 38:43] -= 30
    result = Background(method="black top-hat", radius=10).apply(dark.astype(dtype))
    assert result[40, 40] >= 25
    mean = Background(method="mean subtraction", radius=10).apply(bright.astype(dtype))
    assert mean[40, 40] >= 50
    assert mean.min() >= 0


def test_gamma_brightens_dim_parts_and_keeps_the_range() -> None:
    plane = np.array([[0, 50, 200]], np.uint8)
    assert Contrast(method="gamma", gamma=0.5).apply(plane).tolist() == [[0, 100, 200]]


def test_clahe_raises_local_contrast_without_touching_hue() -> None:
    grey = skimage.data.camera()[:256, :256]

    def local_contrast(plane: np.ndarray) -> float:
        return float(np.median(plane.reshape(16, 16, 16, 16).std(axis=(1, 3))))

    assert local_contrast(Contrast(clip=4).apply(grey)) > 1.5 * local_contrast(grey)
    rgb = skimage.data.immunohistochemistry()[:128, :128]
    enhanced = Contrast().apply(rgb)
    before, after = (ColourSpace(channel="a").apply(image) for image in (rgb, enhanced))
    assert np.abs(before - after).mean() < 2


def test_invert_is_its_own_inverse() -> None:
    for dtype in NATIVE:
        plane = plane_of(dtype, (9, 9))
        assert np.allclose(Invert().apply(Invert().apply(plane)), plane, atol=1e-4)
    assert Invert().apply(np.array([[0, 255]], np.uint8)).tolist() == [[255, 0]]


@every_step
def test_the_largest_numbers_are_left_out(step: Step) -> None:
    plane = plane_of(np.float32, (20, 24))
    extreme = plane.copy()
    extreme[0, 0], extreme[5, 6] = 3.4e38, -3.4e38
    missing = plane.copy()
    missing[0, 0] = missing[5, 6] = np.nan
    try:
        expected = step.apply(missing)
    except ValueError:  # needs colours
        return
    np.testing.assert_array_equal(step.apply(extreme), expected)


def test_limits_that_are_nearly_one_do_no_harm() -> None:
    plane = np.full((12, 12), 170, np.uint32)
    steps = [Denoise(method="non-local means", limits=(0, 1e-38))]
    steps += [Contrast(method=name, limits=(0, 1e-38)) for name in ("clahe", "gamma")]
    for step in [*steps, Invert(limits=(0, 1e-38)), Normalise(limits=(0, 5e-324))]:
        assert step.apply(plane).shape == plane.shape
    with pytest.raises(ValidationError, match="less than or equal to 10000"):
        Invert(limits=(0, 1e300))
    with pytest.raises(ValidationError, match="the lower limit comes first"):
        Denoise(limits=(1, 0))


def test_growth_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(
        ValidationError, match="20 times their diameter at most, got 1 "
    ):
        Resize(by="diameter", diameter=1, target_diameter=21)
    with pytest.raises(ValidationError):
        Resize(by="diameter", diameter=5e-324)
    assert Resize(by="factor", diameter=5e-324).factor == 0.5


def test_a_result_that_does_not_fit_into_memory_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        error = cv2.error("Failed to allocate")
        error.code = cv2.Error.STS_NO_MEM
        raise error

    monkeypatch.setattr(cv2, "resize", fail)
    with pytest.raises(
        MemoryError, match=r"Resize.* of a plane of \(4, 5\) needs more"
    ):
        Resize().apply(np.zeros((4, 5), np.uint8))
