"""The command line as scripts see it: what it prints, writes and returns."""

from __future__ import annotations

import json
import os
import shutil
import signal
from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest
import skimage.data
import tifffile
from typer.testing import CliRunner

from napari_mobile_unet.commands.app import app
from napari_mobile_unet.commands.console import interruptible
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.preprocessing.steps import Invert, Resize
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.model import load_model

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from napari_mobile_unet.training.job import TrainingJob


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def plane_of(count: int) -> np.ndarray:
    plane = np.random.default_rng(count).integers(10, 30, (64, 48)).astype(np.uint8)
    for y, x in [(4, 4), (30, 25), (50, 4)][:count]:
        plane[y : y + 12, x : x + 12] = 220
    return plane


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Return a calibrated ImageJ time-lapse of three planes and two channels."""
    path = tmp_path / "cells.tif"
    signal = np.stack([plane_of(count) for count in (1, 2, 3)])
    both = np.stack([np.zeros_like(signal), signal], axis=1)
    tifffile.imwrite(
        path,
        both,
        imagej=True,
        resolution=(2, 2),
        metadata={"axes": "TCYX", "unit": "um", "finterval": 5},
    )
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    iio.imwrite(path, plane_of(2))
    return path


def test_segment_says_where_the_model_is_not_to_be_trusted(tmp_path: Path) -> None:
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
    stack: Path, tmp_path: Path
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


def test_the_record_repeats_the_run(stack: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    run("segment", stack, "-o", first, "--method", "otsu", "--channel", 1)
    record = first / "cells_recipe.json"
    assert run("segment", stack, "-o", again, "--recipe", record).exit_code == 0
    one, two = (tifffile.imread(f / "cells_labels.tif") for f in (first, again))
    assert one.any()
    assert np.array_equal(one, two)
    assert record.read_text() == (again / "cells_recipe.json").read_text()


def test_zarr_labels_keep_their_place(stack: Path, tmp_path: Path) -> None:
    options = ["--method", "otsu", "--channel", 1, "--format", "zarr"]
    assert run("segment", stack, "-o", tmp_path / "out", *options).exit_code == 0
    labels = read_stack(tmp_path / "out" / "cells_labels.zarr")
    assert labels.axes == "TYX"
    assert labels.scale == (5, 0.5, 0.5)
    assert np.asarray(labels.data).max() == 6


def test_the_first_channel_is_used_and_said(stack: Path, tmp_path: Path) -> None:
    done = run("segment", stack, "-o", tmp_path / "out", "--method", "otsu")
    assert "channel 0 of 2" in done.stderr
    assert not tifffile.imread(tmp_path / "out" / "cells_labels.tif").any()


def test_the_unet_is_what_runs_unasked(picture: Path, tmp_path: Path) -> None:
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
    picture: Path, tmp_path: Path
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
    ]


def test_flat_tiny_and_nan_images_are_done_not_refused(tmp_path: Path) -> None:
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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipe", "nowhere.json"], "nowhere.json cannot be read"),
        (["--model", "nuclai"], "received 'nuclai'"),
        (["--method", "otsu", "--diameter", 5], "--diameter belongs to"),
    ],
)
def test_unusable_arguments_end_with_2_before_any_work(
    picture: Path, tmp_path: Path, options: list[object], message: str
) -> None:
    done = run("segment", picture, "-o", tmp_path / "out", *options)
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_unknown_options_and_methods_end_with_2(picture: Path) -> None:
    assert run("segment", picture, "-o", "out", "--methd", "otsu").exit_code == 2
    assert run("segment", picture, "-o", "out", "--method", "magic").exit_code == 2
    assert run("segment", picture).exit_code == 2
    assert run("segmnt").exit_code == 2


def test_axes_and_channels_that_do_not_fit_fail_that_input(
    stack: Path, tmp_path: Path
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
    picture: Path, tmp_path: Path
) -> None:
    other = tmp_path / "more"
    other.mkdir()
    iio.imwrite(other / "picture.tif", plane_of(1))
    done = run("segment", picture, other / "picture.tif", "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert "share the stem 'picture'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_results_are_replaced_only_if_asked(picture: Path, tmp_path: Path) -> None:
    arguments = ("segment", picture, "-o", tmp_path / "out", "--method", "otsu")
    assert run(*arguments).exit_code == 0
    labels = tmp_path / "out" / "picture_labels.tif"
    before = labels.stat().st_mtime_ns
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert "add --overwrite" in refused.stderr
    assert labels.stat().st_mtime_ns == before
    # The table and the record would be those of the other labels.
    assert run(*arguments, "--format", "zarr").exit_code == 1
    assert run(*arguments, "--overwrite").exit_code == 0
    assert labels.stat().st_mtime_ns > before


def test_a_folder_of_images_is_no_image(picture: Path, tmp_path: Path) -> None:
    refused = run("segment", picture.parent, "-o", tmp_path / "out")
    assert refused.exit_code == 1
    assert "name what is in it" in refused.stderr


def test_an_unwritable_folder_is_refused(picture: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = run("segment", picture, "-o", tmp_path / "taken")
    assert done.exit_code == 2
    assert "must be writable" in done.stderr
    if os.geteuid():  # root may write anywhere
        (tmp_path / "closed").mkdir(mode=0o500)
        assert run("segment", picture, "-o", tmp_path / "closed").exit_code == 2


def test_threshold_prints_what_scripts_read(picture: Path, tmp_path: Path) -> None:
    done = run("threshold", picture, "--json", "--plot", tmp_path / "plot.png")
    assert done.exit_code == 0, done.stderr
    content = json.loads(done.stdout)
    assert set(content) == {
        "thresholds", "separability", "class_shares", "class_means", "excluded",
    }  # fmt: skip
    assert 29 <= content["thresholds"][0] < 220
    assert content["class_shares"][1] == pytest.approx(288 / (64 * 48))
    assert content["class_means"][1] == 220
    assert iio.imread(tmp_path / "plot.png").ndim == 3


def test_threshold_for_each_plane(stack: Path) -> None:
    done = run("threshold", stack, "--channel", 1, "--scope", "plane", "--json")
    planes = json.loads(done.stdout)["planes"]
    assert [plane["index"] for plane in planes] == [[0], [1], [2]]
    done = run("threshold", stack, "--channel", 1, "--classes", 3)
    assert done.stdout.count("stack: threshold") == 1


@pytest.mark.parametrize("method", ["triangle", "li", "mean"])
def test_other_thresholds(picture: Path, tmp_path: Path, method: str) -> None:
    table = tmp_path / "counts.csv"
    done = run("threshold", picture, "--method", method, "--json", "--plot", table)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)["thresholds"][0]
    expected = Threshold(method=method).split(iio.imread(picture)).threshold
    assert found == expected
    assert table.read_text().startswith("grey_value,pixels,class,eta")
    assert run("segment", picture, "-o", tmp_path, "--method", method).exit_code == 0


def test_a_method_that_does_not_exist_is_refused(picture: Path, tmp_path: Path) -> None:
    done = run("segment", picture, "-o", tmp_path / "out", "--method", "magic")
    assert done.exit_code == 2
    assert "unet, otsu, triangle" in done.stderr
    assert run("threshold", picture, "--method", "adaptive").exit_code == 2
    assert run("threshold", picture, "--method", "li", "--classes", 3).exit_code == 2


def test_threshold_of_nothing_fails(tmp_path: Path) -> None:
    np.save(tmp_path / "nan.npy", np.full((4, 4), np.nan))
    done = run("threshold", tmp_path / "nan.npy")
    assert done.exit_code == 1
    assert "no finite values" in done.stderr
    assert run("threshold", tmp_path / "missing.tif").exit_code == 1


def test_preprocess_writes_the_image(stack: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "steps.json"
    Recipe(steps=(Invert(), Resize(factor=0.5)), segment=Threshold()).save(recipe)
    out = tmp_path / "prepared.tif"
    done = run("preprocess", stack, "-o", out, "--recipe", recipe, "--channel", 1)
    assert done.exit_code == 0, done.stderr
    prepared = read_stack(out)
    assert prepared.axes == "TYX"
    assert prepared.data.shape == (3, 32, 24)
    assert prepared.scale == (5, 1, 1)
    assert prepared.data[0, 5, 5] == 35
    recipe.write_text('{"steps": [{"kind": "blur"}]}')
    done = run("preprocess", stack, "-o", out, "--recipe", recipe)
    assert done.exit_code == 2
    assert "blur" in done.stderr


def test_evaluate_compares_files_and_folders(tmp_path: Path) -> None:
    truth, found = tmp_path / "truth", tmp_path / "found"
    truth.mkdir()
    found.mkdir()
    labels = np.zeros((20, 20), np.uint16)
    labels[2:8, 2:8], labels[12:18, 12:18] = 1, 2
    half = np.where(labels == 1, 5, 0).astype(np.uint16)
    for name, predicted in {"a": labels, "b": half}.items():
        iio.imwrite(truth / f"{name}.png", labels)
        tifffile.imwrite(found / f"{name}_labels.tif", predicted)
        iio.imwrite(found / f"{name}_overlay.png", labels)
    iio.imwrite(truth / "c.png", labels)
    done = run("evaluate", found, truth, "--json")
    assert done.exit_code == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["ap"]["0.50"] == pytest.approx(0.75)
    assert content["ap_pooled"]["0.50"] == pytest.approx(0.75)
    assert (content["n_true"], content["n_predicted"]) == (4, 3)
    one = run("evaluate", found / "a_labels.tif", truth / "a.png", "--json")
    assert json.loads(one.stdout)["ap"]["0.95"] == 1
    assert "2 images" in run("evaluate", found, truth).stdout
    tifffile.imwrite(found / "d_labels.tif", labels)
    done = run("evaluate", found, truth)
    assert done.exit_code == 1
    assert "d_labels.tif has none in" in done.stderr


def test_models_lists_origin_licence_and_checksum() -> None:
    content = json.loads(run("models", "--json").stdout)
    assert content["nuclei"]["licence"]
    assert len(content["nuclei"]["checksum"]) == 64
    assert "nuclei" in run("models").stdout


def test_help_names_every_command() -> None:
    text = run("--help").stdout
    for command in (
        "demo", "open", "segment", "threshold", "preprocess", "train", "evaluate",
        "measure", "models",
    ):  # fmt: skip
        assert f"  {command} " in text


def test_channels_are_combined_if_asked(stack: Path, tmp_path: Path) -> None:
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
def test_positions_come_back_as_positions(form: str, tmp_path: Path) -> None:
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


def test_a_stop_says_how_to_go_on(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("napari_mobile_unet.commands.segment.segment_file", stopped)
    done = run("segment", picture, "-o", tmp_path / "out")
    assert done.exit_code == 130
    assert "go on with --resume" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_no_result_goes_over_an_input(picture: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.json"
    Recipe().save(recipe)
    image = tmp_path / "cell.tif"
    labels = tmp_path / "cell_labels.tif"
    for path in (image, labels):
        tifffile.imwrite(path, np.ones((20, 20), np.uint8))
    before = {path: path.read_bytes() for path in (image, labels)}
    both = (image, labels, "-o", tmp_path, "--method", "otsu", "--overwrite")
    for command, status in (
        (("segment", *both), 2),
        (("preprocess", image, "-o", image, "--recipe", recipe), 2),
        (("preprocess", image, "-o", tmp_path / "a.png", "--recipe", recipe), 2),
        (("measure", labels, "-o", labels), 1),
        (("measure", labels, "-o", tmp_path / "table.txt"), 1),
    ):
        done = run(*command)
        assert done.exit_code == status, done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert {path: path.read_bytes() for path in before} == before
    assert "cell_labels.tif; write elsewhere" in run("segment", *both).stderr


def test_labels_are_measured_with_the_sizes_of_their_image(tmp_path: Path) -> None:
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


def test_axes_of_one_make_no_difference_to_a_comparison(tmp_path: Path) -> None:
    labels = np.zeros((1, 3, 20, 20), np.uint16)
    labels[:, :, 4:8, 4:8] = 1
    tifffile.imwrite(tmp_path / "a.tif", labels[0], photometric="minisblack")
    write_image(tmp_path / "b.zarr", Stack.from_array(labels, "TZYX"))
    done = run("evaluate", tmp_path / "a.tif", tmp_path / "b.zarr", "--json")
    assert json.loads(done.stdout)["ap"]["0.95"] == 1


def test_labels_of_one_stem_are_refused_and_called_alike(tmp_path: Path) -> None:
    labels = np.ones((20, 20), np.uint16)
    for folder in ("found", "truth"):
        (tmp_path / folder).mkdir()
        tifffile.imwrite(tmp_path / folder / "a_labels.tif", labels)
    folders = tmp_path / "found", tmp_path / "truth"
    assert run("evaluate", *folders).exit_code == 0
    write_image(tmp_path / "found" / "a_labels.zarr", Stack.from_array(labels, "YX"))
    done = run("evaluate", *folders)
    assert done.exit_code == 1
    assert "share a stem" in done.stderr


def test_a_plane_without_a_finite_value_has_no_threshold(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    planes = np.zeros((2, 20, 20), np.float32)
    planes[0] = np.nan
    planes[1, :5] = 9
    np.save(path, planes)
    done = run("threshold", path, "--axes", "ZYX", "--scope", "plane", "--json")
    empty, full = json.loads(done.stdout)["planes"]
    assert (empty["thresholds"], empty["excluded"]) == ([], 400)
    assert len(full["thresholds"]) == 1
    done = run("threshold", path, "--axes", "ZYX", "--scope", "plane")
    assert "plane [0]: no threshold, excluded 400" in done.stdout


def test_a_model_that_is_a_name_and_a_folder_is_to_be_told_apart(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(load_model("nuclei").folder, tmp_path / "nuclei")
    monkeypatch.chdir(tmp_path)
    done = run("segment", picture, "-o", tmp_path / "out", "--model", "nuclei")
    assert done.exit_code == 2
    assert "write ./nuclei for the folder" in done.stderr
    done = run("segment", picture, "-o", tmp_path / "out", "--model", "./nuclei")
    assert done.exit_code == 0, done.stderr


def test_a_seed_in_the_settings_counts_unless_one_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []

    def stopped(job: TrainingJob) -> None:
        seeds.append(job.seed)
        raise ValueError("no training here")

    monkeypatch.setattr("napari_mobile_unet.commands.train.training", stopped)
    settings = tmp_path / "settings.json"
    settings.write_text('{"seed": 7}', encoding="utf-8")
    command = ("train", "images", "labels", "-o", tmp_path / "new")
    run(*command)
    run(*command, "--settings", settings)
    run(*command, "--settings", settings, "--seed", 3)
    assert seeds == [0, 7, 3]


@pytest.mark.parametrize("ignored", [False, True])
def test_ctrl_c_stops_unless_it_is_ignored_already(ignored: bool) -> None:
    usual = signal.SIG_IGN if ignored else signal.default_int_handler
    before = signal.signal(signal.SIGINT, usual)
    calls: list[int] = []
    try:
        with interruptible(lambda: calls.append(1)):
            signal.raise_signal(signal.SIGINT)
        assert len(calls) == (0 if ignored else 1)
        assert signal.getsignal(signal.SIGINT) is usual
    finally:
        signal.signal(signal.SIGINT, before)
