from __future__ import annotations

from pathlib import Path

import pytest

from napari_mobile_unet.io.names import image_files, label_files, stem_of
from napari_mobile_unet.io.paths import name_of, zarr_root


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("a/cells.tif", "cells"),
        ("a/cells.ome.tif", "cells"),
        ("a/Cells.OME.TIFF", "Cells"),
        ("a/cells.v2.png", "cells.v2"),
        ("cells.ome.zarr", "cells"),
        ("cells.zarr/1", "cells_1"),
        ("plate.ome.zarr/A/1/0", "plate_A_1_0"),
        ("folder", "folder"),
    ],
)
def test_results_are_named_after_the_stem(path: str, stem: str) -> None:
    assert stem_of(Path(path)) == stem


def test_names_tell_the_parts_of_a_zarr_folder_apart() -> None:
    assert name_of(Path("a/plate.zarr/A/1/0")) == "plate.zarr/A/1/0"
    assert name_of(Path("a/plate.zarr/A/../B/1")) == "plate.zarr/B/1"
    assert name_of(Path("a/cells.tif")) == "cells.tif"
    assert zarr_root(Path("a/plate.zarr/A/1/0")) == Path("a/plate.zarr")
    assert zarr_root(Path("a/cells.tif")) is None


def test_labels_go_before_other_images_and_are_named_after_theirs(
    tmp_path: Path,
) -> None:
    for name in ("b.png", "a_labels.tif", "notes.txt", "._a.tif"):
        (tmp_path / name).touch()
    assert [path.name for path in image_files(tmp_path)] == ["a_labels.tif", "b.png"]
    assert label_files(tmp_path) == {"a": tmp_path / "a_labels.tif"}
    (tmp_path / "a_labels.png").touch()
    with pytest.raises(ValueError, match=r"a_labels\.png and .*a_labels\.tif"):
        label_files(tmp_path)
    with pytest.raises(FileNotFoundError, match="has no file of"):
        image_files(tmp_path / "empty")
