"""Whatever array comes: a result that keeps its promise, or one of our own errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from fuzzing import (
    NUMPY,
    REAL,
    arrays,
    cases,
    refused_or_right,
    settings_of,
)
from hypothesis import given
from hypothesis import strategies as st

import napari_mobile_unet as nmu
from napari_mobile_unet.images.axes import AXES, flatten
from napari_mobile_unet.images.pixels import native
from napari_mobile_unet.objects.columns import GROUPS
from napari_mobile_unet.preprocessing.steps import STEPS, Resize

WHOLE = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "?")
GIVEN = st.one_of(st.none(), st.none(), st.text("PTCZYXSpyxQ", max_size=7))
"""Axes that may or may not fit."""


@cases(14)
@given(arrays(), st.sampled_from([2, 2, 3, 4, 9]))
def test_otsu(image: Any, classes: int) -> None:
    with refused_or_right():
        split = nmu.otsu(image) if classes == 2 else nmu.multi_otsu(image, classes)
        assert len(split.thresholds) == classes - 1
        assert np.isfinite(split.thresholds).all()
        assert (np.diff(split.thresholds) >= 0).all()
        assert 0 <= split.separability <= 1
        assert np.isfinite(split.variance)
        assert np.isclose(sum(split.class_shares), 1)
        assert split.histogram.total + split.excluded == np.asarray(image).size


@cases(12)
@given(arrays(dims=(2, 3), most=5, planes=24), settings_of(nmu.Threshold))
def test_threshold(image: Any, threshold: nmu.Threshold) -> None:
    with refused_or_right():
        stack = nmu.Stack.from_array(image)
        for number in range(stack.n_planes):
            plane = stack.plane(number)
            split = threshold.split(plane)
            mask = threshold.mask(plane, split)
            assert (mask.shape, mask.dtype) == (stack.plane_shape, bool)
            if plane.ndim == 2:
                assert not mask[~np.isfinite(plane)].any()


@cases(10)
@given(arrays(), GIVEN, st.data())
def test_stack(image: Any, axes: str | None, draw: st.DataObject) -> None:
    with refused_or_right():
        stack = nmu.Stack.from_array(image, axes)
        assert set(stack.axes) <= set(AXES)
        channel = draw.draw(st.sampled_from([0, 1, -1, 7, "mean", "max"]))
        one = stack.channel(channel)
        assert "C" not in one.axes
        numbers = np.arange(stack.n_planes)
        planes = np.full((stack.n_planes, *stack.plane_shape), numbers[:, None, None])
        labels = one.assemble(planes)
        assert labels.shape == stack.labels_shape
        number = draw.draw(st.integers(0, stack.n_planes - 1))
        assert (labels[stack.where(number)] == number).all()
        plane = stack.plane(number)
        assert plane.shape[:2] == stack.plane_shape
        whole = native(flatten(np.asarray(stack.data), stack.axes)[number])
        kept = whole[..., : plane.shape[-1]] if plane.ndim == 3 else whole[..., 0]
        np.testing.assert_array_equal(plane, kept)


@cases(14)
@given(arrays(REAL, dims=(2, 3), planes=24), st.data())
def test_steps(image: Any, draw: st.DataObject) -> None:
    step = draw.draw(st.sampled_from(STEPS).flatmap(settings_of))
    with refused_or_right():
        stack = nmu.Stack.from_array(image)
        planes = [stack.plane(number) for number in range(stack.n_planes)]
        fitted = step.fit(planes)
        before = planes[0].copy()
        result = fitted.apply(planes[0])
        np.testing.assert_array_equal(planes[0], before)
        assert result.dtype in (np.uint8, np.uint16, np.float32)
        assert result.ndim in (2, 3)
        if step.kind != "resize":
            assert result.shape[:2] == stack.plane_shape


SMALL = settings_of(Resize, height=st.integers(1, 64), width=st.integers(1, 64))
STEP = st.one_of(*(SMALL if step is Resize else settings_of(step) for step in STEPS))
RECIPES = settings_of(
    nmu.Recipe,
    version=st.just(1),
    channel=st.sampled_from([None, None, 0, 1, 5, "mean", "max"]),
    steps=st.lists(STEP, max_size=2),
    segment=settings_of(nmu.Threshold),
)


@cases(14)
@given(arrays(dims=(1, 5), most=3, planes=20), RECIPES, GIVEN, st.integers(0, 4))
def test_segment(
    image: Any, recipe: nmu.Recipe, axes: str | None, batch_size: int
) -> None:
    with refused_or_right():
        labels = nmu.segment(image, recipe, axes=axes, batch_size=batch_size)
        stack = nmu.Stack.from_array(image, axes)
        assert labels.shape == stack.labels_shape
        assert labels.dtype in (np.uint16, np.uint32)
        ids = np.unique(labels[labels > 0])
        how = recipe.segment
        if isinstance(how, nmu.Threshold) and how.result == "classes":
            assert ids.max(initial=0) < how.classes
        elif recipe.link.method == "none":
            assert ids.tolist() == list(range(1, len(ids) + 1))


@cases(0.3)
@given(
    arrays(dims=(2, 3), most=2, planes=40),
    settings_of(nmu.UNet, model=st.just("nuclei"), diameter=st.sampled_from([0, 9])),
    settings_of(nmu.Objects),
)
def test_unet(image: Any, unet: nmu.UNet, objects: nmu.Objects) -> None:
    with refused_or_right():
        recipe = nmu.Recipe(segment=unet, objects=objects)
        for result in nmu.iter_segment(image, recipe):
            count = int(result.labels.max(initial=0))
            assert len(result.objects) == len(np.unique(result.labels)) - (
                0 in result.labels
            )
            assert result.objects["confidence"].between(0, 1).all()
            assert count >= len(result.objects)


@cases(12)
@given(
    arrays(WHOLE, most=4, planes=12, dims=(0, 4)),
    st.one_of(st.none(), arrays(dims=(0, 5), most=4)),
    GIVEN,
    st.booleans(),
    st.one_of(st.none(), st.sets(st.sampled_from([*GROUPS, "odd"]))),
    st.data(),
)
def test_measure(
    labels: Any,
    image: Any,
    axes: str | None,
    shape: bool,
    groups: set[str] | None,
    draw: st.DataObject,
) -> None:
    if image is None and draw.draw(st.booleans()):
        kind = draw.draw(st.sampled_from(REAL))
        random = np.random.default_rng(3)
        image = random.integers(0, 99, np.asarray(labels).shape).astype(kind)
    number = st.one_of(st.floats(), st.integers(-3, 9))
    scale = draw.draw(st.one_of(st.none(), st.lists(number, max_size=3)))
    units = draw.draw(
        st.one_of(st.none(), st.lists(st.sampled_from(["um", "s", "x", ""])))
    )
    with refused_or_right():
        table = nmu.measure(
            labels,
            image,
            axes=axes,
            scale=scale,
            units=units,
            shape=shape,
            groups=groups,
        )
        array = np.asarray(labels)
        ids = np.unique(array[array > 0])
        assert set(table["label"]) == set(ids.tolist())
        if "area" in table and "t" not in table:
            assert table["area"].sum() == np.count_nonzero(array)


@cases(10)
@given(
    arrays(WHOLE, dims=(0, 4), most=6),
    st.one_of(st.none(), arrays(WHOLE, dims=(0, 4), most=6)),
)
def test_evaluate(predicted: Any, truth: Any) -> None:
    with refused_or_right():
        same = nmu.evaluate(predicted, predicted)
        assert set(same.ap.values()) == {1.0}
        assert same.dice == same.panoptic_quality == 1
        if truth is not None:
            one, other = nmu.evaluate(predicted, truth), nmu.evaluate(truth, predicted)
            assert one.ap == other.ap
            assert np.isclose(one.dice, other.dice)
            assert all(0 <= score <= 1 for score in one.ap.values())


@cases(3)
@given(arrays(WHOLE, dims=(0, 4), layouts=NUMPY), settings_of(nmu.Objects))
def test_label_mask(mask: Any, objects: nmu.Objects) -> None:
    """What is no plane never comes so far; a mask of any layout does."""
    from napari_mobile_unet.objects.from_mask import label_mask

    if mask.ndim != 2 or not mask.size:
        return
    labels = label_mask(mask > 0, objects)
    assert labels.shape == mask.shape
    ids = np.unique(labels[labels > 0])
    assert ids.tolist() == list(range(1, len(ids) + 1))
