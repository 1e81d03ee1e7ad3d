from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mobile_unet.evaluation.metrics import evaluate
from napari_mobile_unet.images.windows import iter_windows
from napari_mobile_unet.objects.from_mask import Objects, label_mask
from napari_mobile_unet.objects.measure import measure_plane
from napari_mobile_unet.runs.blocks import segment_blocks
from napari_mobile_unet.unet.decoding import Decoded

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BLOCK, MARGIN = 64, 24


def discs(shape: tuple[int, int], centres: list[tuple[int, int]], radius: int = 7):
    y, x = np.ogrid[: shape[0], : shape[1]]
    truth = np.zeros(shape, np.int32)
    for number, (row, column) in enumerate(centres, start=1):
        truth[(y - row) ** 2 + (x - column) ** 2 <= radius**2] = number
    return truth


def components(image: NDArray) -> Decoded:
    labels = label_mask(image > 0, Objects(split=False, min_size=1))
    return Decoded(labels, np.ones(int(labels.max(initial=0)), np.float32))


def in_blocks(image: NDArray, labels=None):
    labels = np.zeros(image.shape, np.int32) if labels is None else labels
    table, _ = segment_blocks(
        lambda window: image[window], components, labels, block=BLOCK, margin=MARGIN
    )
    return np.asarray(labels[:]), table


def test_what_blocks_leave_out_is_counted_about_once() -> None:
    shape = (200, 260)
    truth = discs(shape, [(y, x) for y in range(5, 200, 20) for x in range(5, 260, 20)])

    def nothing(image: NDArray) -> Decoded:
        seen = len(np.unique(image)) - 1
        return Decoded(np.zeros(image.shape, np.int32), np.zeros(0, np.float32), seen)

    labels = np.zeros(shape, np.int32)
    table, left_out = segment_blocks(
        lambda window: truth[window], nothing, labels, block=BLOCK, margin=MARGIN
    )
    assert not len(table)
    assert left_out == pytest.approx(truth.max(), rel=0.35)


@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 90))
def test_cores_tile_the_plane(height: int, width: int, block: int) -> None:
    covered = np.zeros((height, width), int)
    for core in iter_windows((height, width), block):
        covered[core] += 1
    assert (covered == 1).all()


def test_objects_on_seams_and_corners_are_found_once_and_whole() -> None:
    shape = (200, 260)
    places = [0, 32, 64, 96, 128, 160, 192, 224, 256]
    truth = discs(shape, [(y, x) for y in places if y < 200 for x in places])
    labels, table = in_blocks(truth.astype(np.uint8))
    scores = evaluate(labels, truth)
    assert scores.n_predicted == scores.n_true == len(np.unique(truth)) - 1
    assert scores.ap[0.95] == 1
    assert np.array_equal(labels > 0, truth > 0)
    assert table["label"].tolist() == list(range(1, len(table) + 1))


@settings(max_examples=25)
@given(st.data())
def test_any_discs_give_what_the_whole_plane_gives(data: st.DataObject) -> None:
    shape = (150, 170)
    centre = st.tuples(st.integers(0, 149), st.integers(0, 169))
    truth = discs(shape, data.draw(st.lists(centre, max_size=12)), radius=5)
    whole = components(truth).labels
    labels, table = in_blocks(truth)
    touching = np.bincount(whole.ravel())[1:].max(initial=0) > 4 * 81
    if touching:  # larger than the margin: one id or more, but no pixel lost
        assert np.array_equal(labels > 0, whole > 0)
        return
    assert evaluate(labels, whole).ap[0.95] == 1
    measured = measure_plane(labels, truth)
    for column in measured:
        assert np.allclose(table[column], measured[column])


def test_an_object_larger_than_the_margin_keeps_one_id() -> None:
    image = np.zeros((200, 200), np.uint8)
    image[20:180, 30:170] = 255
    labels, table = in_blocks(image)
    assert np.array_equal(labels, image // 255)
    assert table["area"].tolist() == [160 * 140]
    assert table["centroid_y"].tolist() == pytest.approx([99.5])


def test_what_two_blocks_divide_otherwise_is_not_lost() -> None:
    truth = np.zeros((120, 60), np.int32)
    truth[40:66, 20:40], truth[66:76, 20:40] = 1, 2  # the lower block begins at 64

    def read(window: tuple[slice, slice]) -> NDArray:
        part = truth[window]
        return np.where(part == 2, 1, part) if window[0].start else part

    def divided(image: NDArray) -> Decoded:
        found = np.unique(image, return_inverse=True)[1].reshape(image.shape)
        return Decoded(found.astype(np.int32), np.ones(int(found.max()), np.float32))

    labels = np.zeros(truth.shape, np.int32)
    table, _ = segment_blocks(read, divided, labels, block=BLOCK, margin=MARGIN)
    assert np.array_equal(labels, truth)
    assert table["area"].tolist() == [26 * 20, 10 * 20]


def test_labels_may_lie_in_a_zarr_array() -> None:
    truth = discs((130, 130), [(64, 64), (20, 64), (100, 100)])
    store = zarr.create_array({}, shape=truth.shape, chunks=(32, 32), dtype="uint32")
    labels, _ = in_blocks(truth, store)
    assert evaluate(labels.astype(np.int32), truth).ap[0.95] == 1


def test_an_empty_plane_gives_an_empty_table() -> None:
    labels, table = in_blocks(np.zeros((130, 130), np.uint8))
    assert not labels.any()
    assert len(table) == 0
    assert {"label", "area", "centroid_y", "mean_intensity"} <= set(table)


# Where blocks of these divide noise, one takes away all that another found.
@pytest.mark.parametrize("seed", [5, 49, 55, 185, 246, 381])
def test_ids_have_no_gaps_whatever_blocks_divide(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (200, 400)).astype(np.float32)
    image = cv2.GaussianBlur(noise, (0, 0), rng.uniform(1, 5))
    cut = float(np.quantile(image, rng.uniform(0.3, 0.7)))
    objects = Objects(min_size=1)

    def divided(part: NDArray) -> Decoded:
        labels = label_mask(part > cut, objects)
        return Decoded(labels, np.ones(int(labels.max(initial=0)), np.float32))

    labels = np.zeros(image.shape, np.int32)
    table, _ = segment_blocks(
        lambda window: image[window], divided, labels, block=96, margin=16
    )
    found = np.unique(labels[labels > 0])
    assert found.tolist() == table["label"].tolist() == list(range(1, len(found) + 1))


def test_the_edge_of_a_block_is_no_border(tmp_path: Path) -> None:
    image = np.zeros((120, 400), np.uint8)
    image[50:70, 60:340] = 1  # longer than any block sees
    image[10:20, 100:110] = image[100:110, 200:210] = 1
    image[:8, 30:40] = image[30:40, 392:] = image[112:, 5:15] = 1
    wanted = label_mask(image > 0, Objects(split=False, min_size=1, drop_border=True))
    stored = zarr.create_array(tmp_path / "a", shape=image.shape, dtype="int32")
    for labels in (np.zeros(image.shape, np.int32), stored):
        table, _ = segment_blocks(
            lambda window: image[window], components, labels,
            drop_border=True, block=BLOCK, margin=MARGIN,
        )  # fmt: skip
        found = np.asarray(labels[:])
        assert np.array_equal(found > 0, wanted > 0)
        assert (
            table["label"].tolist() == [1, 2, 3] == sorted(np.unique(found[found > 0]))
        )
        assert table["area"].sum() == np.count_nonzero(wanted)
