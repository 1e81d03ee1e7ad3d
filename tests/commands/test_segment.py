"""Segmenting files: what is printed, written and returned."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest
import skimage.data
import tifffile

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.samples import sample_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]
    Planes = Callable[[int], np.ndarray]


def test_segment_says_where_the_model_is_not_to_be_trusted(
    run: Run, tmp_path: Path
) -> None:
    iio.imwrite(tmp_path / "cat.png", skimage.data.chelsea())
    done = run("segment", tmp_path / "cat.png", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "hidden because of low confidence. Low confidence: the model may not" in said
    nuclei = sample_path("nuclei_timelapse.tif")
    done = run("segment", nuclei, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert "Low confidence" not in done.stderr


def test_segment_writes_labels_table_record_and_overlay(
    run: Run, stack: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = run(
        "segment", stack, "-o", out, "--method", "otsu", "--channel", 1, "--overlay"
    )
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    assert "T 3 × C 2 × Y 64 × X 48" in done.stderr
    assert "axes TCYX from its metadata, channel 1 of 2" in done.stderr
    assert "6 objects in 3 planes" in done.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "cells_labels.tif",
        "cells_objects.csv",
        "cells_overlay.png",
        "cells_recipe.json",
        "segment_log.jsonl",
    ]
    labels = read_stack(out / "cells_labels.tif")
    assert (labels.axes, labels.data.dtype) == ("TYX", np.uint16)
    assert labels.scale == (5, 0.5, 0.5)
    assert np.array_equal(np.unique(labels.data), np.arange(7))
    table = pd.read_csv(out / "cells_objects.csv")
    assert table["t"].tolist() == [0, 1, 1, 2, 2, 2]
    record = json.loads((out / "cells_recipe.json").read_text())
    assert record["source"] == "cells.tif"
    assert record["recipe"]["channel"] == 1
    assert iio.imread(out / "cells_overlay.png").shape[-1] == 3


def test_the_record_repeats_the_run(run: Run, stack: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    run("segment", stack, "-o", first, "--method", "otsu", "--channel", 1)
    record = first / "cells_recipe.json"
    assert run("segment", stack, "-o", again, "--recipe", record).exit_code == 0
    one, two = (tifffile.imread(f / "cells_labels.tif") for f in (first, again))
    assert one.any()
    assert np.array_equal(one, two)
    assert record.read_text() == (again / "cells_recipe.json").read_text()


def test_zarr_labels_keep_their_place(run: Run, stack: Path, tmp_path: Path) -> None:
    options = ["--method", "otsu", "--channel", 1, "--format", "zarr"]
    assert run("segment", stack, "-o", tmp_path / "out", *options).exit_code == 0
    labels = read_stack(tmp_path / "out" / "cells_labels.zarr")
    assert labels.axes == "TYX"
    assert labels.scale == (5, 0.5, 0.5)
    assert np.asarray(labels.data).max() == 6


def test_the_first_channel_is_used_and_said(
    run: Run, stack: Path, tmp_path: Path
) -> None:
    done = run("segment", stack, "-o", tmp_path / "out", "--method", "otsu")
    assert "channel 0 of 2" in done.stderr
    assert not tifffile.imread(tmp_path / "out" / "cells_labels.tif").any()


def test_the_unet_is_what_runs_unasked(run: Run, picture: Path, tmp_path: Path) -> None:
    done = run("segment", picture, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    record = json.loads((tmp_path / "out" / "picture_recipe.json").read_text())
    assert record["model"] == "nuclei"
    table = pd.read_csv(tmp_path / "out" / "picture_objects.csv")
    assert "confidence" in table


def bad_files(folder: Path) -> dict[str, str]:
    """Make files that cannot be segmented; return name and what is said of it."""
    (folder / "empty.tif").touch()
    (folder / "text.tif").write_text("not an image\n" * 50)
    (folder / "text.png").write_text("not an image\n" * 50)
    tifffile.imwrite(folder / "cut.tif", np.ones((64, 64, 64), np.uint16))
    whole = (folder / "cut.tif").read_bytes()
    (folder / "cut.tif").write_bytes(whole[: len(whole) // 2])
    np.save(folder / "complex.npy", np.zeros((8, 8), complex))
    np.save(folder / "none.npy", np.zeros((0, 8)))
    np.save(folder / "five.npy", np.zeros((2, 3, 4, 8, 8), np.uint8))
    np.save(folder / "line.npy", np.zeros(8, np.uint8))
    np.save(folder / "objects.npy", np.array([{}, {}]), allow_pickle=True)
    (folder / "folder.tif").mkdir()
    return {
        "missing.tif": "missing.tif",
        "empty.tif": "empty",
        "text.tif": "TIFF",
        "text.png": "png",
        "cut.tif": "cut",
        "complex.npy": "real numbers",
        "none.npy": "(0, 8)",
        "five.npy": "cannot be guessed",
        "line.npy": "(8,)",
        "objects.npy": "objects.npy",
        "folder.tif": "folder",
        "notes.docx": "notes.docx",
    }


def test_bad_inputs_are_named_in_a_line_each_and_the_others_done(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    said = bad_files(tmp_path)
    out = tmp_path / "out"
    paths = [tmp_path / name for name in said if name != "text.png"]
    done = run("segment", *paths, picture, "-o", out, "--method", "otsu", "--quiet")
    assert done.exit_code == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == len(paths)
    for path, line in zip(paths, lines, strict=True):
        assert line.startswith(str(path))
        assert said[path.name] in line
        assert "Traceback" not in line
    assert sorted(path.name for path in out.iterdir()) == [
        "picture_labels.tif",
        "picture_objects.csv",
        "picture_recipe.json",
        "segment_log.jsonl",
    ]


def test_flat_tiny_and_nan_images_are_done_not_refused(
    run: Run, plane_of: Planes, tmp_path: Path
) -> None:
    np.save(tmp_path / "one.npy", np.ones((1, 1), np.uint8))
    np.save(tmp_path / "flat.npy", np.full((20, 20), 9, np.uint16))
    np.save(tmp_path / "bool.npy", np.eye(20, dtype=bool))
    spots = plane_of(1).astype(np.float32)
    spots[8, 8] = np.nan
    np.save(tmp_path / "spots.npy", spots)
    np.save(tmp_path / "nan.npy", np.full((20, 20), np.nan))
    names = ("one", "flat", "bool", "spots", "nan")
    paths = [tmp_path / f"{name}.npy" for name in names]
    done = run("segment", *paths, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr


def test_axes_and_channels_that_do_not_fit_fail_that_input(
    run: Run, stack: Path, tmp_path: Path
) -> None:
    for options, message in {
        ("--axes", "QCYX"): "received 'Q'",
        ("--axes", "YX"): "YX",
        ("--channel", "7"): "channel 7 does not exist",
    }.items():
        done = run("segment", stack, "-o", tmp_path / "out", "--quiet", *options)
        assert done.exit_code == 1
        assert message in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_two_inputs_of_one_stem_are_refused_before_anything_runs(
    run: Run, plane_of: Planes, picture: Path, tmp_path: Path
) -> None:
    other = tmp_path / "more"
    other.mkdir()
    iio.imwrite(other / "picture.tif", plane_of(1))
    done = run("segment", picture, other / "picture.tif", "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert "share the stem 'picture'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_results_are_replaced_only_if_asked(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    arguments = ("segment", picture, "-o", tmp_path / "out", "--method", "otsu")
    assert run(*arguments).exit_code == 0
    labels = tmp_path / "out" / "picture_labels.tif"
    before = labels.stat().st_mtime_ns
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert "Output already exists" in refused.stderr
    assert labels.stat().st_mtime_ns == before
    # The table and the record would be those of the other labels.
    assert run(*arguments, "--format", "zarr").exit_code == 1
    assert run(*arguments, "--overwrite").exit_code == 0
    assert labels.stat().st_mtime_ns > before


def test_a_folder_stands_for_its_images(
    run: Run, picture: Path, plane_of: Planes, tmp_path: Path
) -> None:
    (picture.parent / "notes.txt").write_text("no image")
    iio.imwrite(picture.with_name("größer 2.png"), plane_of(3))
    out = tmp_path / "out"
    options = ("-o", out, "--method", "otsu", "--pattern", "*.png; *.txt")
    done = run("segment", tmp_path, *options)
    assert done.exit_code == 0
    assert "left out: notes.txt (no image)" in done.stderr
    assert {path.name for path in out.glob("*_labels.tif")} == {
        "picture_labels.tif",
        "größer 2_labels.tif",
    }
    (tmp_path / "empty").mkdir()
    refused = run("segment", tmp_path / "empty", "-o", out)
    assert refused.exit_code == 2
    assert "images are needed" in refused.stderr


def test_an_unwritable_folder_is_refused(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    done = run("segment", picture, "-o", tmp_path / "taken")
    assert done.exit_code == 2
    assert "must be writable" in done.stderr
    if os.geteuid():  # root may write anywhere
        (tmp_path / "closed").mkdir(mode=0o500)
        assert run("segment", picture, "-o", tmp_path / "closed").exit_code == 2


def test_channels_are_combined_if_asked(run: Run, stack: Path, tmp_path: Path) -> None:
    one, all_ = tmp_path / "one", tmp_path / "all"
    otsu = ("--method", "otsu")
    assert run("segment", stack, "-o", one, *otsu, "--channel", 1).exit_code == 0
    done = run("segment", stack, "-o", all_, *otsu, "--channel", "max")
    assert "channel max of 2" in done.stderr
    assert done.exit_code == 0
    first, second = (tifffile.imread(o / "cells_labels.tif") for o in (one, all_))
    assert np.array_equal(first, second)  # the other channel is empty
    for wrong in ("red", "-1"):
        refused = run("segment", stack, "-o", all_, f"--channel={wrong}")
        assert refused.exit_code == 2
        assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize("form", ["tif", "zarr"])
def test_positions_come_back_as_positions(
    run: Run, plane_of: Planes, form: str, tmp_path: Path
) -> None:
    planes = np.stack([np.stack([plane_of(c) for c in (1, 2)])] * 3)
    path = tmp_path / "wells.npy"
    np.save(path, planes)
    options = ("--axes", "PTYX", "--method", "otsu", "--link", "iou", "--format", form)
    done = run("segment", path, "-o", tmp_path / "out", *options)
    assert done.exit_code == 0, done.stderr
    labels = read_stack(tmp_path / "out" / f"wells_labels.{form}")
    assert sorted(labels.axes) == sorted("PTYX")
    assert labels.sizes["P"] == 3
    assert np.asarray(labels.data).max() == 6  # two in each of three wells
    table = pd.read_csv(tmp_path / "out" / "wells_objects.csv")
    assert table["p"].tolist() == [0] * 3 + [1] * 3 + [2] * 3


def test_a_stop_says_how_to_continue(
    run: Run, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("napari_mobile_unet.runs.files.iter_file", stopped)
    done = run("segment", picture, "-o", tmp_path / "out")
    assert done.exit_code == 130
    assert "use --resume to continue" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_fields_of_a_plate_are_told_apart(
    run: Run, plane_of: Planes, tmp_path: Path
) -> None:
    fields = [tmp_path / "plate.zarr" / well / "0" for well in ("A", "B")]
    for count, field in enumerate(fields, start=1):
        field.parent.mkdir(parents=True)
        write_image(field.with_suffix(".zarr"), Stack(plane_of(count), "YX"))
        field.with_suffix(".zarr").rename(field)
    out = tmp_path / "out"
    done = run("segment", *fields, "-o", out, "--method", "otsu")
    assert done.exit_code == 0, done.stderr
    assert "plate.zarr/A/0: 1 object in 1 plane" in done.stderr
    assert "plate.zarr/B/0: 2 objects in 1 plane" in done.stderr
    lines = filter(None, done.stderr.splitlines())
    assert all(
        line.startswith(("plate.zarr/A/0: ", "plate.zarr/B/0: ")) for line in lines
    )
    record = json.loads((out / "plate_B_0_recipe.json").read_text())
    assert record["source"] == "plate.zarr/B/0"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_need_not_be_utf_8(run: Run, plane_of: Planes, tmp_path: Path) -> None:
    image = tmp_path / os.fsdecode(b"caf\xe9.tif")
    tifffile.imwrite(image, plane_of(2))
    for form in ("tif", "zarr"):
        arguments = ("-o", tmp_path / form, "--method", "otsu", "--format", form)
        done = run("segment", image, *arguments, "--overlay")
        assert done.exit_code == 0, done.stderr
        assert r"caf\xe9.tif: 2 objects in 1 plane" in done.stderr
        assert run("segment", image, *arguments, "--resume").exit_code == 0
        labels = tmp_path / form / os.fsdecode(b"caf\xe9_labels." + form.encode())
        assert np.asarray(read_stack(labels).data).max() == 2
        table = tmp_path / os.fsdecode(b"\xfc_" + form.encode() + b".csv")
        assert run("measure", labels, "-o", table, "--image", image).exit_code == 0
        assert len(pd.read_csv(table)) == 2


def test_classes_become_objects_together_or_each_in_a_folder(
    run: Run, stack: Path, tmp_path: Path
) -> None:
    otsu = ("--method", "otsu", "--channel", 1, "--classes", 3)
    both = run("segment", stack, "-o", tmp_path, *otsu, "--object-classes", "2,3")
    assert both.exit_code == 0, both.stderr
    out = tmp_path / "each"
    each = run("segment", stack, "-o", out, *otsu, "--object-classes", "each")
    assert each.exit_code == 0, each.stderr
    made = [
        tifffile.imread(out / f"class_{n}" / "cells_labels.tif") > 0 for n in (2, 3)
    ]
    assert not (made[0] & made[1]).any()
    assert made[1].any()
    recipe = json.loads((out / "class_3" / "cells_recipe.json").read_text())
    assert '"object_classes": [3]' in json.dumps(recipe)
    for wrong, words in (
        (("--object-classes", "two"), "are numbers, such as"),
        (("--object-classes", "7"), "some of the classes 1 to 2"),
        (("--classes", 3), "--classes is an option of a threshold"),
    ):
        how = ("--method", "otsu") if wrong[0] != "--classes" else ()
        done = run("segment", stack, "-o", tmp_path / "x", *how, *wrong)
        assert done.exit_code == 2, done.stderr
        assert words in " ".join(done.stderr.split())
