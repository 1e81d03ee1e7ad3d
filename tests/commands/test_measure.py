"""Tables of objects from label files."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.write import write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


def test_labels_are_measured_with_the_sizes_of_their_image(
    run: Run, tmp_path: Path
) -> None:
    labels, image, table = (tmp_path / n for n in ("l.tif", "i.zarr", "t.csv"))
    pixels = np.zeros((1, 3, 20, 20), np.uint8)
    pixels[:, :, 4:8, 4:8] = 7
    found = (pixels[0] > 0).astype(np.uint16)
    tifffile.imwrite(labels, found, photometric="minisblack")
    micrometers = {"scale": (1, 2, 0.5, 0.5), "units": ("pixel", *["micrometer"] * 3)}
    write_image(image, Stack.from_array(pixels, "TZYX", **micrometers))
    done = run("measure", labels, "--image", image, "-o", table)
    assert done.exit_code == 0, done.stderr
    (row,) = pd.read_csv(table).to_dict("records")
    assert row["volume_micrometer3"] == 3 * 16 * 2 * 0.25
    assert row["mean_intensity"] == 7


@pytest.fixture
def timelapse(tmp_path: Path) -> tuple[Path, Path]:
    """Return four frames in a plain TIFF, and their labels with axes TYX."""
    rng = np.random.default_rng(0)
    labels = np.zeros((4, 30, 30), np.uint16)
    labels[:, 4:12, 4:12], labels[:, 18:26, 18:26] = 1, 2
    pixels = (labels * 50 + rng.integers(0, 9, labels.shape)).astype(np.uint16)
    image, found = tmp_path / "t.tif", tmp_path / "t_labels.tif"
    tifffile.imwrite(image, pixels, photometric="minisblack", metadata=None)
    write_image(found, Stack.from_array(labels, "TYX"))
    return image, found


def test_labels_name_the_axes_of_an_image_that_has_none(
    run: Run, timelapse: tuple[Path, Path], tmp_path: Path
) -> None:
    image, labels = timelapse
    done = run("measure", labels, "-o", tmp_path / "a.csv", "--image", image)
    assert done.exit_code == 0, done.stderr
    assert "t.tif: T 4 × Y 30 × X 30, uint16, axes TYX as its labels" in done.stderr
    table = pd.read_csv(tmp_path / "a.csv")
    assert table["t"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert table["mean_intensity"][0] == pytest.approx(54, abs=1)


def test_axes_are_named_for_image_and_labels(
    run: Run, timelapse: tuple[Path, Path], tmp_path: Path
) -> None:
    image, _ = timelapse
    plain = tmp_path / "plain.npy"
    np.save(plain, tifffile.imread(image) // 50)
    options = ("--image", image, "--axes", "TYX")
    done = run("measure", plain, "-o", tmp_path / "a.csv", *options)
    assert done.exit_code == 0, done.stderr
    assert "t" in pd.read_csv(tmp_path / "a.csv")
    done = run("measure", plain, "-o", tmp_path / "b.csv", "--axes", "TYX")
    assert "axes TYX as given" in done.stderr
    assert len(pd.read_csv(tmp_path / "b.csv")) == 8
    done = run("measure", plain, "-o", tmp_path / "c.csv")
    assert "axes ZYX guessed from the shape (set them with --axes)" in done.stderr
    assert len(pd.read_csv(tmp_path / "c.csv")) == 2


def test_axes_that_contradict_each_other_are_refused(
    run: Run, timelapse: tuple[Path, Path], tmp_path: Path
) -> None:
    image, labels = timelapse
    depth = tmp_path / "z.tif"
    write_image(depth, Stack.from_array(tifffile.imread(image), "ZYX"))
    command = ("measure", labels, "-o", tmp_path / "a.csv", "--image", depth)
    done = run(*command)
    assert done.exit_code == 1
    assert "t_labels.tif has TYX, z.tif has ZYX" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert run(*command, "--axes", "TYX").exit_code == 0


def test_channels_of_a_plain_image_are_told_by_its_labels(
    run: Run, tmp_path: Path
) -> None:
    labels = np.zeros((30, 30), np.uint16)
    labels[4:12, 4:12] = 1
    np.save(tmp_path / "c.npy", np.stack([labels * 10, labels * 20]))
    write_image(tmp_path / "l.tif", Stack.from_array(labels, "YX"))
    for number, options in enumerate(((), ("--axes", "CYX"))):
        table = tmp_path / f"{number}.csv"
        image = ("--image", tmp_path / "c.npy", *options)
        done = run("measure", tmp_path / "l.tif", "-o", table, *image)
        assert done.exit_code == 0, done.stderr
        (row,) = pd.read_csv(table).to_dict("records")
        assert (row["mean_intensity_0"], row["mean_intensity_1"]) == (10, 20)


def test_one_of_several_positions_is_measured(run: Run, tmp_path: Path) -> None:
    labels = np.zeros((2, 30, 30), np.uint16)
    labels[0, 4:12, 4:12], labels[1, 4:12, 4:20] = 1, 1
    np.save(tmp_path / "l.npy", labels)
    np.save(tmp_path / "i.npy", labels * [[[10]], [[20]]])
    command = ("measure", tmp_path / "l.npy", "--axes", "PYX")
    done = run(*command, "-o", tmp_path / "a.csv")
    assert done.exit_code == 1
    assert "2 positions; choose one with --position" in done.stderr
    image = ("--image", tmp_path / "i.npy", "--position", 1)
    done = run(*command, "-o", tmp_path / "a.csv", *image)
    assert done.exit_code == 0, done.stderr
    (row,) = pd.read_csv(tmp_path / "a.csv").to_dict("records")
    assert (row["area"], row["mean_intensity"]) == (128, 20)
    np.save(tmp_path / "one.npy", labels[1])  # labels of that position alone
    alone = ("measure", tmp_path / "one.npy", "--axes", "PYX")
    done = run(*alone, "-o", tmp_path / "one.csv", *image)
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "a.csv").read_text()
    done = run(*command, "-o", tmp_path / "b.csv", "--position", 2)
    assert done.exit_code == 1
    assert "position" in done.stderr


def test_a_table_is_replaced_only_if_asked(run: Run, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "l.tif", np.eye(20, dtype=np.uint8))
    table = tmp_path / "a.csv"
    table.write_text("mine")
    refused = run("measure", tmp_path / "l.tif", "-o", table)
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"mobile-unet: Output already exists: {table}; use --overwrite\n"
    )
    assert table.read_text() == "mine"
    assert run("measure", tmp_path / "l.tif", "-o", table, "--overwrite").exit_code == 0
    assert table.read_text().startswith("label,")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "l.tif"]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    labels = np.arange(90 * 90, dtype=np.uint16).reshape(90, 90)
    tifffile.imwrite(tmp_path / "l.tif", labels)
    command = ["measure", tmp_path / "l.tif", "-o", tmp_path / "a.csv"]
    done = subprocess.run(
        [sys.executable, "-m", "napari_mobile_unet", *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        # Who measures what the tests reach has no room for it there.
        env={key: value for key, value in os.environ.items() if "COVERAGE" not in key},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
    )
    assert done.returncode == 1
    assert "a.csv cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["l.tif"]


def test_names_need_not_be_utf_8(run: Run, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xe9t\xe9.tif")
    try:
        (tmp_path / name).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    np.save(tmp_path / "l.npy", np.eye(20, dtype=np.uint8))
    (tmp_path / "l.npy").rename(tmp_path / name.replace(".tif", ".npy"))
    table = tmp_path / name.replace(".tif", ".csv")
    done = run("measure", tmp_path / name.replace(".tif", ".npy"), "-o", table)
    assert done.exit_code == 0, done.stderr
    assert len(pd.read_csv(table)) == 1
    assert run("measure", tmp_path / name, "-o", table, "--overwrite").exit_code == 1


def test_groups_names_filter_and_what_a_run_knows(
    run: Run, timelapse: tuple[Path, Path], tmp_path: Path
) -> None:
    image, labels = timelapse
    table = tmp_path / "t.parquet"
    known = tmp_path / "t_objects.csv"
    rows = [{"label": n, "t": t, "area": 1, "confidence": n / 4, "parent": 0}
            for n in (1, 2) for t in range(4)]  # fmt: skip
    pd.DataFrame(rows).to_csv(known, index=False)
    asked = ["--columns", "size, intensity,known", "--where", "label == 2 and t > 0"]
    done = run(
        "measure", labels, "--image", image, "--axes", "TYX", "-o", table, *asked
    )
    assert done.exit_code == 0, done.stderr
    assert "3 of 8 rows match" in done.stderr
    found = pd.read_parquet(table)
    assert found["track"].tolist() == [2, 2, 2]
    assert found["confidence"].tolist() == [0.5] * 3
    assert found["area"].tolist() == [64] * 3
    assert {"median_intensity", "equivalent_diameter"} <= set(found)
    assert "centroid_y" not in found
    again = tmp_path / "again.csv"
    done = run("measure", labels, "-o", again, "--columns", "all", "--names", "imagej")
    assert done.exit_code == 0, done.stderr
    assert pd.read_csv(again)["X"].tolist() == [8, 22] * 4  # from the pixels' edge


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        (["--columns", "colour"], 2, "received colour"),
        (["--where", "area >"], 1, "filter, character 7"),
        (["--where", "__import__('os')"], 1, "only function is missing"),
        (["--columns", "known"], 1, "t_objects.csv"),
        (["--names", "excel"], 2, "excel"),
    ],
)
def test_wrong_choices_of_columns_end_in_one_line(
    run: Run,
    timelapse: tuple[Path, Path],
    tmp_path: Path,
    asked: list[str],
    status: int,
    says: str,
) -> None:
    table = tmp_path / "t.csv"
    done = run("measure", timelapse[1], "-o", table, *asked)
    assert done.exit_code == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not table.exists()
