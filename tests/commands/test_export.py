"""Labels exported on the command line, and brought back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    found = np.zeros((3, 20, 16), np.uint16)
    found[0, 4:8, 4:8], found[2, 10:15, 3:9] = 7, 9
    path = tmp_path / "cells_labels.tif"
    tifffile.imwrite(path, found, metadata={"axes": "ZYX"}, ome=True)
    return path


@pytest.mark.parametrize("name", ["a.zip", "a.geojson", "a.json", "a_seg.npy"])
def test_labels_go_there_and_back(
    name: str, run: Run, labels: Path, tmp_path: Path
) -> None:
    done = run("export", labels, "-o", tmp_path / name)
    assert done.exit_code == 0, done.stderr
    back = tmp_path / "back.ome.tif"
    done = run("export", tmp_path / name, "-o", back, "--image", labels)
    assert done.exit_code == 0, done.stderr
    found = read_stack(back, as_labels=True)
    assert np.array_equal(found.data, tifffile.imread(labels))


def test_what_a_journal_locks_is_locked_there(
    run: Run, labels: Path, tmp_path: Path
) -> None:
    found = tifffile.imread(labels)
    journal = tmp_path / "cells_labels_corrections.jsonl"
    corrections = Corrections(found, journal=journal)
    corrections.lock([9])
    corrections.close()
    output = tmp_path / "a.geojson"
    done = run("export", labels, "-o", output)
    assert done.exit_code == 0, done.stderr
    assert "1 object locked by cells_labels_corrections.jsonl" in done.stderr
    objects = json.loads(output.read_text("utf-8"))["features"]
    states = {each["properties"]["name"]: each["properties"] for each in objects}
    assert {own: bool(it.get("isLocked")) for own, it in states.items()} == {
        "7": False,
        "9": True,
    }
    found[0, 0, 0] = 3
    tifffile.imwrite(labels, found, metadata={"axes": "ZYX"}, ome=True)
    done = run("export", labels, "-o", output, "--overwrite")
    assert done.exit_code == 0, done.stderr
    assert "Exported without locks" in done.stderr


def test_the_image_gives_its_name(run: Run, labels: Path, tmp_path: Path) -> None:
    image, output = tmp_path / "cells.tif", tmp_path / "a.json"
    tifffile.imwrite(image, np.zeros((3, 20, 16), np.uint8), photometric="minisblack")
    done = run("export", labels, "-o", output, "--image", image)
    assert done.exit_code == 0, done.stderr
    assert json.loads(output.read_text())["images"][0]["file_name"] == "cells.tif"


def test_an_output_is_replaced_only_if_asked(
    run: Run, labels: Path, tmp_path: Path
) -> None:
    output = tmp_path / "a.zip"
    output.write_text("kept")
    done = run("export", labels, "-o", output)
    assert done.exit_code == 1
    assert "use --overwrite" in done.stderr
    assert output.read_text() == "kept"
    assert run("export", labels, "-o", output, "--overwrite").exit_code == 0
    assert output.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["-o", "a.svg"], 2, "change the suffix"),
        (["-o", "a.json", "--format", "imagej"], 2, "has the suffix"),
        (["-o", "cells_labels.tif", "--overwrite"], 2, "must not replace an input"),
        (["-o", "a.roi"], 1, "a .roi file holds one outline"),
    ],
)
def test_what_does_not_fit_is_one_line(
    options: list[str],
    status: int,
    message: str,
    run: Run,
    labels: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(labels.parent)
    done = run("export", labels.name, *options)
    assert done.exit_code == status
    assert message in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", ["a.geojson", "a.zip", "a_seg.npy"])
def test_outlines_are_measured_and_evaluated(
    name: str, run: Run, labels: Path, tmp_path: Path
) -> None:
    drawn, table = tmp_path / name, tmp_path / "a.csv"
    assert run("export", labels, "-o", drawn).exit_code == 0
    done = run("measure", drawn, "-o", table, "--image", labels)
    assert done.exit_code == 0, done.stderr
    assert "\n9," in table.read_text()
    done = run("evaluate", drawn, labels, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["dice"] == 1


def test_outlines_belong_to_one_position(
    run: Run, labels: Path, tmp_path: Path
) -> None:
    drawn, image = tmp_path / "a.zip", tmp_path / "image.ome.tif"
    assert run("export", labels, "-o", drawn).exit_code == 0
    pixels = np.zeros((2, 3, 20, 16), np.uint8)
    write_image(image, Stack.from_array(pixels, "PZYX"))
    command = ("export", drawn, "-o", tmp_path / "b.json", "--image", image)
    done = run(*command)
    assert done.exit_code == 1
    assert "--position" in done.stderr
    assert run(*command, "--position", 1).exit_code == 0


def test_labels_within_an_image_are_replaced_only_if_asked(
    run: Run, labels: Path, tmp_path: Path
) -> None:
    image = tmp_path / "cells.ome.zarr"
    write_image(image, Stack.from_array(np.zeros((3, 20, 16), np.uint8), "ZYX"))
    command = ("export", labels, "-o", image / "labels" / "cells")
    assert run(*command).exit_code == 0
    again = run(*command)
    assert again.exit_code == 1
    assert "use --overwrite" in again.stderr
    assert run(*command, "--overwrite").exit_code == 0
    done = run("export", labels, "-o", tmp_path / "none.zarr" / "labels" / "cells")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 2  # what was read, and what is wrong


def test_what_outlines_left_open_is_said_with_their_image(
    run: Run, tmp_path: Path
) -> None:
    drawn, image = tmp_path / "a.geojson", tmp_path / "image.ome.tif"
    square = [[1, 1], [4, 1], [4, 4], [1, 4], [1, 1]]
    geometry = {"type": "Polygon", "coordinates": [square]}
    feature = {"type": "Feature", "geometry": geometry, "properties": {}}
    drawn.write_text(json.dumps([feature, feature]))
    sizes = {"scale": (0.5, 0.5), "units": ("micrometer", "micrometer")}
    write_image(image, Stack.from_array(np.zeros((9, 8), np.uint8), **sizes))
    done = run("export", drawn, "-o", tmp_path / "b.ome.tif", "--image", image)
    assert done.exit_code == 0, done.stderr
    assert "2 objects had no id; new ids were given" in done.stderr
    assert "objects overlap in 9 pixels" in done.stderr
    assert read_stack(tmp_path / "b.ome.tif").scale == (0.5, 0.5)
