"""The shipped samples: what they show, and that the command makes them again."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import skimage
import tifffile
from scipy import ndimage

from napari_mobile_unet import samples
from napari_mobile_unet.samples import SAMPLES, load_sample, main, sample_path
from napari_mobile_unet.synthetic import nuclei_timelapse, nuclei_zstack

PLACES = {
    "nuclei_zstack": ("ZYX", (1.0, 0.25, 0.25), ("micrometer",) * 3),
    "nuclei_timelapse": (
        "TYX",
        (5.0, 0.5, 0.5),
        ("minute", "micrometer", "micrometer"),
    ),
}


@pytest.fixture(scope="module")
def shipped():
    return {name: load_sample(name) for name in SAMPLES}


def test_the_command_makes_the_shipped_files_again(tmp_path):
    main([str(tmp_path / "not yet there")])
    folder = sample_path("README.md").parent
    made = {path.name: path for path in (tmp_path / "not yet there").iterdir()}
    assert made.keys() | {"README.md"} == {path.name for path in folder.iterdir()}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000
    for name, path in made.items():
        if path.suffix == ".tif":
            ours, theirs = tifffile.imread(path), tifffile.imread(folder / name)
            assert ours.dtype == theirs.dtype
            assert np.array_equal(ours, theirs)
        else:
            assert path.read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_shipped_files_know_their_place(name, shipped):
    sample = shipped[name]
    assert (sample.axes, sample.scale, sample.units) == PLACES[name]
    assert sample.image.shape == sample.labels.shape == (12, 256, 256)
    assert sample.labels.dtype == np.uint16


@pytest.mark.parametrize("make", [nuclei_zstack, nuclei_timelapse])
def test_a_seed_decides_the_pixels(make):
    first, again, other = make(3, 3), make(3, 3), make(4, 3)
    assert first.image.shape == (3, 256, 256)
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.labels, again.labels)
    assert not np.array_equal(first.image, other.image)
    assert not np.array_equal(first.labels, other.labels)


@pytest.mark.parametrize("name", SAMPLES)
def test_truth_is_of_whole_touching_nuclei(name, shipped):
    sample = shipped[name]
    frames = [sample.labels] if sample.axes == "ZYX" else sample.labels
    for frame in frames:
        for label in np.unique(frame)[1:]:
            assert ndimage.label(frame == label)[1] == 1
    right, left = sample.labels[..., 1:], sample.labels[..., :-1]
    assert np.count_nonzero((right != left) & (right > 0) & (left > 0)) > 100
    assert 25 <= len(np.unique(sample.labels)) - 1 <= 50


@pytest.mark.parametrize("name", SAMPLES)
def test_images_look_measured(name, shipped):
    image, labels = shipped[name].image, shipped[name].labels
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
        seen = np.flatnonzero((sample.labels == label).any(axis=(1, 2)))
        assert seen.tolist() == list(range(begin, end + 1))
    assert set(lineage.index) == set(np.unique(sample.labels)) - {0}


def test_nuclei_move_little_from_frame_to_frame(shipped):
    labels = shipped["nuclei_timelapse"].labels
    for before, after in pairwise(labels):
        for label in np.intersect1d(before, after)[1:]:
            places = [
                np.argwhere(frame == label).mean(axis=0) for frame in (before, after)
            ]
            assert np.hypot(*(places[0] - places[1])) < 9


@pytest.mark.parametrize("name", SAMPLES)
def test_layers_carry_place_and_units(name):
    (image, shown, kind), (labels, truth, truth_kind) = getattr(
        samples, f"load_{name}"
    )()
    assert (kind, truth_kind) == ("image", "labels")
    assert image.shape == labels.shape
    axes, scale, units = PLACES[name]
    for kwargs in (shown, truth):
        assert kwargs["axis_labels"] == tuple(axes.lower())
        assert (kwargs["scale"], kwargs["units"]) == (scale, units)
    assert shown["name"] == name
    assert not truth["visible"]


def test_lineage_comes_as_features():
    (_, _, _), (labels, truth, _) = samples.load_nuclei_timelapse()
    assert truth["features"].columns.tolist() == ["index", "begin", "end", "parent"]
    assert truth["features"]["index"].max() == labels.max()


def test_scikit_image_samples_need_no_download():
    ((coins, kwargs, kind),) = samples.load_coins()
    assert (coins.shape, coins.dtype, kind) == ((303, 384), np.uint8, "image")
    ((tissue, kwargs, kind),) = samples.load_tissue()
    assert (tissue.shape, tissue.dtype, kind) == ((512, 512, 3), np.uint8, "image")
    assert kwargs["rgb"]
    wheel = Path(skimage.__file__).parent / "data"
    assert {"coins.png", "ihc.png"} <= {path.name for path in wheel.iterdir()}


def test_an_unknown_sample_is_named_with_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"'cells\.tif'.*nuclei_zstack\.tif"):
        sample_path("cells.tif")
