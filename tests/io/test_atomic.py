from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.atomic import atomic_path, check_apart
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image

if TYPE_CHECKING:
    from pathlib import Path

PLANES = np.random.default_rng(0).integers(0, 255, (10, 64, 48), np.uint8)


def test_a_path_is_whole_or_untouched(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(KeyError), atomic_path(path) as beside:
        beside.write_text("half")
        raise KeyError
    assert path.read_text() == "before"
    with atomic_path(path) as beside:
        beside.write_text("whole")
        assert (beside.suffix, path.read_text()) == (".txt", "before")
    assert path.read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_whose_successor_fails_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    path.mkdir()
    (path / "kept").touch()
    with pytest.raises(OSError, match=r"a\.zarr cannot be written"), atomic_path(path):
        pass  # nothing was written to take its place
    assert (path / "kept").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_a_folder_that_cannot_be_written_is_named(folder: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / folder / "a.tif"
    with pytest.raises(OSError, match="cannot be written") as caught:
        write_image(path, Stack(np.zeros((8, 9)), "YX"))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_image_that_cannot_be_read_is_not_called_unwritable(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match=r"^planes 0 to 0 of a could not be read$"),
        atomic_path(tmp_path / "b.tif"),
    ):
        raise OSError("planes 0 to 0 of a could not be read")
    assert not list(tmp_path.iterdir())


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 125 + ".tif")
    write_image(path, Stack(PLANES, "ZYX"))
    assert list(tmp_path.iterdir()) == [path]
    assert read_stack(path).sizes["Z"] == 10


def test_an_output_over_an_input_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "a" / "image.tif"
    check_apart(tmp_path / "a" / "labels.tif", [image])
    for output in (image, tmp_path / "a" / ".." / "a" / "image.tif", tmp_path / "a"):
        with pytest.raises(ValueError, match="must not replace an input"):
            check_apart(output, [tmp_path / "other.tif", image])
