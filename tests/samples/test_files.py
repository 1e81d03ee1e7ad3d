"""The shipped samples show what they are said to show."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from napari_mobile_unet.samples.files import SAMPLES, read_sample, sample_path


@pytest.fixture(scope="module")
def shipped():
    return {name: read_sample(name) for name in SAMPLES}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_shipped_files_know_their_place(name, shipped, places):
    for stack in (shipped[name].image, shipped[name].labels):
        assert (stack.axes, stack.scale, stack.units) == places[name]
        assert stack.data.shape == (12, 256, 256)
    assert shipped[name].labels.data.dtype == np.uint16


@pytest.mark.parametrize("name", SAMPLES)
def test_truth_is_of_whole_touching_nuclei(name, shipped):
    labels = shipped[name].labels.data
    for frame in [labels] if shipped[name].labels.axes == "ZYX" else labels:
        for label in np.unique(frame)[1:]:
            assert ndimage.label(frame == label)[1] == 1
    right, left = labels[..., 1:], labels[..., :-1]
    assert np.count_nonzero((right != left) & (right > 0) & (left > 0)) > 100
    assert 25 <= len(np.unique(labels)) - 1 <= 50


@pytest.mark.parametrize("name", SAMPLES)
def test_images_look_measured(name, shipped):
    image, labels = shipped[name].image.data, shipped[name].labels.data
    inside, outside = image[labels > 0], image[labels == 0]
    assert np.median(inside) > 2 * np.median(outside)
    assert 0 < image.min() < image.max() < np.iinfo(image.dtype).max  # not clipped
    plane = image[len(image) // 2], labels[len(image) // 2]
    for label in np.unique(plane[1])[1:4]:
        nucleus = plane[0][plane[1] == label]
        assert nucleus.std() > 0.1 * nucleus.mean()


def test_divisions_end_one_id_and_begin_two(shipped):
    sample = shipped["nuclei_timelapse"]
    lineage = sample.lineage.set_index("label")
    daughters = lineage[lineage["parent"] > 0]
    assert daughters.groupby("parent").size().tolist() == [2, 2, 2]
    assert sorted(daughters["begin"].unique()) == [4, 6, 9]
    for parent, begin in zip(daughters["parent"], daughters["begin"], strict=True):
        assert lineage.loc[parent, "end"] == begin - 1
    for label, begin, end in zip(
        lineage.index, lineage["begin"], lineage["end"], strict=True
    ):
        seen = np.flatnonzero((sample.labels.data == label).any(axis=(1, 2)))
        assert seen.tolist() == list(range(begin, end + 1))
    assert set(lineage.index) == set(np.unique(sample.labels.data)) - {0}


def test_nuclei_move_little_from_frame_to_frame(shipped):
    for before, after in pairwise(shipped["nuclei_timelapse"].labels.data):
        for label in np.intersect1d(before, after)[1:]:
            places = [
                np.argwhere(frame == label).mean(axis=0) for frame in (before, after)
            ]
            assert np.hypot(*(places[0] - places[1])) < 9


def test_an_unknown_sample_is_named_with_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"'cells\.tif'.*nuclei_zstack\.tif"):
        sample_path("cells.tif")
