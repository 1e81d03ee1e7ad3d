"""Label files as people have them: what is read, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from napari_mobile_unet.evaluation.labels import ids_of, read_labels
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.write import write_image

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.zeros((4, 20, 20), np.uint16)
LABELS[:, 2:8, 2:8], LABELS[:, 12:18, 12:18] = 1, 300


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.uint64])
def test_whole_numbers_of_any_type_are_ids(tmp_path: Path, dtype: type) -> None:
    path = tmp_path / "a.npy"
    np.save(path, LABELS.astype(dtype))
    labels = read_labels(path)
    assert labels.data.dtype == np.int64
    np.testing.assert_array_equal(labels.data, LABELS)


def test_lazy_ids_are_converted_as_they_are_read(tmp_path: Path) -> None:
    values = LABELS.astype(np.float32)
    values[3, 0, 0] = 0.5
    path = tmp_path / "a.zarr"
    array = zarr.create_array(path, shape=values.shape, chunks=(1, 20, 20), dtype="f4")
    array[...] = values
    labels = read_labels(path)
    np.testing.assert_array_equal(np.asarray(labels.data[:3]), LABELS[:3])
    with pytest.raises(ValueError, match=r"whole numbers.* received 0\.5"):
        np.asarray(labels.data[3])


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        (1.5, np.float32, r"whole numbers.* received 1\.5"),
        (np.nan, np.float32, "received nan"),
        (np.inf, np.float64, "received inf"),
        (2**24 + 2, np.float32, "float32 are at most 16777216; received 16777218"),
        (1e20, np.float64, "at most 9007199254740992; received 1000000"),
        (2**63, np.uint64, "at most 9223372036854775807; received 9223372036854775808"),
    ],
)
def test_what_is_no_id_is_refused(value: float, dtype: type, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ids_of(np.array([0, value], dtype))


def test_the_largest_ids_are_kept() -> None:
    for value, dtype in ((2**24, np.float32), (2**53, float), (2**63 - 1, np.uint64)):
        assert ids_of(np.array([0, value], dtype)).tolist() == [0, value]
    assert ids_of(np.empty(0, np.float32)).size == 0


def test_colours_and_channels_are_refused(tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "a.png", np.zeros((20, 20, 3), np.uint8))
    np.save(tmp_path / "a.npy", np.zeros((20, 20, 4), np.uint8))
    write_image(tmp_path / "a.tif", Stack.from_array(LABELS, "CYX"))
    for name, message in {
        "a.png": "colours", "a.npy": "colours", "a.tif": "channels",
    }.items():  # fmt: skip
        with pytest.raises(ValueError, match=f"one id in each pixel.*{message}"):
            read_labels(tmp_path / name)
    np.save(tmp_path / "a.npy", np.zeros((20, 20, 3), np.uint8))
    assert read_labels(tmp_path / "a.npy", "YXT").sizes == {"T": 3, "Y": 20, "X": 20}
    write_image(tmp_path / "one.tif", Stack.from_array(LABELS[:1], "CYX"))
    assert read_labels(tmp_path / "one.tif").axes == "YX"


def test_axes_that_cannot_be_guessed_are_those_of_the_image(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", LABELS[:, None])
    image = Stack.from_array(np.zeros((4, 1, 2, 20, 20)), "TZCYX")
    with pytest.raises(ValueError, match="cannot be guessed"):
        read_labels(tmp_path / "a.npy")
    assert read_labels(tmp_path / "a.npy", beside=image).axes == "TYX"


def test_what_the_caller_says_of_the_axes_counts_where_it_fits(tmp_path: Path) -> None:
    # Three frames look like the samples of RGB pixels.
    np.save(tmp_path / "a.npy", np.moveaxis(LABELS[:3], 0, -1))
    image = Stack.from_array(np.zeros((3, 20, 20)), "TYX")
    labels = read_labels(tmp_path / "a.npy", "YXT", image)
    assert labels.sizes == {"T": 3, "Y": 20, "X": 20}
    np.testing.assert_array_equal(labels.data, LABELS[:3])
    np.save(tmp_path / "b.npy", LABELS[0])
    assert read_labels(tmp_path / "b.npy", "TYX", image).axes == "YX"
    with pytest.raises(ValueError, match="2 dimensions"):
        read_labels(tmp_path / "b.npy", "TYX")


@pytest.mark.parametrize("form", ["tif", "npy"])
def test_one_position_is_read(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    axes = "PYX" if form == "npy" else None
    if form == "npy":
        np.save(path, LABELS)
    else:
        write_image(path, Stack.from_array(LABELS, "PYX"))
    assert read_labels(path, axes).axes == "PYX"
    for position in (0, 3):
        labels = read_labels(path, axes, position=position)
        assert labels.axes == "YX"
        np.testing.assert_array_equal(labels.data, LABELS[position])
    with pytest.raises(ValueError, match="position"):
        read_labels(path, axes, position=4)


def test_metadata_is_right_about_the_order_of_the_axes(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", Stack.from_array(LABELS, "TYX"))
    assert read_labels(tmp_path / "a.tif", "YXT").axes == "TYX"
    assert read_labels(tmp_path / "a.tif", "zyx").axes == "ZYX"
    tifffile.imwrite(tmp_path / "b.tif", LABELS, photometric="minisblack")
    assert read_labels(tmp_path / "b.tif", "TYX").axes == "TYX"


def test_ids_of_a_palette_are_its_indices(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    image = Image.fromarray(LABELS[0].astype(np.uint8))  # 300 becomes 44
    image.putpalette([0, 0, 0] * 44 + [9, 9, 9])  # two ids of one colour
    image.save(path)
    np.testing.assert_array_equal(read_labels(path).data, LABELS[0] % 256)
    image.convert("RGB").save(path)
    with pytest.raises(ValueError, match=r"one id in each pixel; .*a\.png has colours"):
        read_labels(path)
