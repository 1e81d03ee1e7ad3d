from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import regionprops

from napari_mobile_unet.unet.features import FEATURES, object_features


def features_of(labels: np.ndarray) -> np.ndarray:
    maps = np.zeros((*labels.shape, 3), np.float32)
    return object_features(labels.astype(np.int32), maps)[1]


def test_features_describe_each_object_alone() -> None:
    labels = np.array([[1, 1, 0, 2, 2, 2]], np.int32)
    foreground = np.array([[0.9, 0.9, 1, 0.6, 0.8, 0.7]], np.float32)
    distance = np.array([[1, 0.5, 1, 0.1, 0.2, 0.3]], np.float32)
    seam = np.array([[0.1, 0.3, 1, 0, 0.5, 0.2]], np.float32)
    maps = np.stack([foreground, distance, seam], axis=2)
    area, (_, first, second) = object_features(labels, maps)
    assert area.tolist() == [0, 2, 3]
    # At a seam the distance is less: 1 and 0.5 are 0.9 and 0.35.
    expected = [np.log(9), 0.625, 0.275, 0.5, 0, 0.3]
    assert first[:6].tolist() == pytest.approx(expected, rel=1e-5)
    assert second[1] == pytest.approx((0.1 + 0.1 + 0.24) / 3)
    assert second[3:6].tolist() == [0, 1, 0.5]


def test_an_ellipse_is_full_and_two_touching_discs_are_not() -> None:
    rows, columns = np.ogrid[:40, :60]
    ellipse = ((rows - 20) / 8) ** 2 + ((columns - 30) / 16) ** 2 <= 1
    pair = np.minimum(
        np.hypot(rows - 20, columns - 20), np.hypot(rows - 20, columns - 38)
    )
    whole, two = features_of(ellipse)[1], features_of(pair <= 9.5)[1]
    assert whole[6] == pytest.approx(1, abs=0.02)
    assert whole[7] == pytest.approx(np.log(2), abs=0.03)
    assert two[6] < 0.94


@given(
    hnp.arrays(
        np.int32,
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        elements=st.integers(0, 3),
    )
)
def test_axes_are_those_of_scikit_image(labels: np.ndarray) -> None:
    found = features_of(labels)
    assert found.shape == (labels.max() + 1, FEATURES)
    assert np.isfinite(found).all()
    for region in regionprops(labels):
        # There pixels are points, here they are squares of side 1.
        long, wide = (
            np.sqrt(axis**2 + 16 / 12)
            for axis in (region.axis_major_length, region.axis_minor_length)
        )
        if wide > 2:
            ours = found[region.label]
            assert ours[6] == pytest.approx(region.area / (np.pi / 4 * long * wide))
            assert ours[7] == pytest.approx(np.log(long / wide), abs=1e-5)


def test_a_network_without_seams_is_described_too() -> None:
    labels = np.array([[1, 1, 0, 2, 2, 2]], np.int32)
    maps = np.random.default_rng(0).random((*labels.shape, 3), np.float32)
    maps[..., 2] = 0
    assert np.array_equal(
        object_features(labels, maps)[1], object_features(labels, maps[..., :2])[1]
    )
