"""Labels compared with the truth."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from napari_mobile_unet.evaluation.errors import COLOURS, Verdict
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.samples import sample_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


def test_evaluate_compares_files_and_folders(run: Run, tmp_path: Path) -> None:
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


def test_axes_of_one_make_no_difference_to_a_comparison(
    run: Run, tmp_path: Path
) -> None:
    labels = np.zeros((1, 3, 20, 20), np.uint16)
    labels[:, :, 4:8, 4:8] = 1
    tifffile.imwrite(tmp_path / "a.tif", labels[0], photometric="minisblack")
    write_image(tmp_path / "b.zarr", Stack.from_array(labels, "TZYX"))
    done = run("evaluate", tmp_path / "a.tif", tmp_path / "b.zarr", "--json")
    assert json.loads(done.stdout)["ap"]["0.95"] == 1


def test_labels_of_one_stem_are_refused_and_called_alike(
    run: Run, tmp_path: Path
) -> None:
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


def test_axes_are_matched_by_name(run: Run, tmp_path: Path) -> None:
    labels = np.zeros((20, 30), np.uint16)
    labels[2:8, 2:8], labels[12:18, 20:28] = 1, 2
    np.save(tmp_path / "xy.npy", labels.T)
    write_image(tmp_path / "yx.tif", Stack.from_array(labels, "YX"))
    done = run(
        "evaluate", tmp_path / "yx.tif", tmp_path / "xy.npy", "--axes", "XY", "--json"
    )
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["ap"]["0.95"] == 1
    assert "yx.tif: Y 20 × X 30, uint16, axes YX from its metadata" in done.stderr
    turned = "axes YX as given; stored as XY, read as YX"
    assert f"xy.npy: Y 20 × X 30, uint16, {turned}" in done.stderr


def test_axes_that_differ_are_refused(run: Run, tmp_path: Path) -> None:
    labels = np.ones((3, 20, 20), np.uint16)
    for axes in ("TYX", "ZYX"):
        write_image(tmp_path / f"{axes}.tif", Stack.from_array(labels, axes))
    done = run("evaluate", tmp_path / "TYX.tif", tmp_path / "ZYX.tif")
    assert done.exit_code == 1
    assert "TYX.tif has TYX, ZYX.tif has ZYX" in done.stderr


def test_colours_and_channels_are_no_labels(run: Run, tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "photo.png", np.zeros((20, 20, 3), np.uint8))
    channels = np.ones((2, 20, 20), np.uint16)
    write_image(tmp_path / "c.ome.tif", Stack.from_array(channels, "CYX"))
    for name, message in {"photo.png": "colours", "c.ome.tif": "channels"}.items():
        done = run("evaluate", tmp_path / name, tmp_path / name)
        assert done.exit_code == 1
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_of_many_files_only_what_is_doubtful_is_printed(
    run: Run, tmp_path: Path
) -> None:
    for folder in ("found", "truth"):
        (tmp_path / folder).mkdir()
        iio.imwrite(tmp_path / folder / "a.png", np.ones((20, 20), np.uint8))
        np.save(tmp_path / folder / "b.npy", np.ones((3, 20, 20), np.uint8))
    done = run("evaluate", tmp_path / "found", tmp_path / "truth", "--json")
    assert done.exit_code == 0, done.stderr
    assert "a.png" not in done.stderr
    assert done.stderr.count("b.npy: Z 3 × Y 20 × X 20, uint8, axes ZYX guessed") == 2


def test_errors_are_counted_and_drawn(run: Run, tmp_path: Path) -> None:
    truth, found = np.zeros((2, 30, 40), np.uint16)
    truth[2:10, 2:10], truth[2:10, 11:19], truth[20:28, 2:18], truth[20:26, 30:36] = (
        range(1, 5)
    )
    found[2:10, 2:19] = 7  # two in one
    found[20:28, 2:10], found[20:28, 10:18] = 8, 9  # one in two
    found[2:8, 30:36] = 5  # nothing there
    for name, labels in {"found/a_labels": found, "truth/a": truth}.items():
        (tmp_path / name).parent.mkdir()
        tifffile.imwrite(tmp_path / f"{name}.tif", labels)
    pictures = tmp_path / "errors"
    folders = tmp_path / "found", tmp_path / "truth"
    done = run("evaluate", *folders, "--overlay", pictures, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["errors"] == {
        "matched": 1,  # one half of the split object has an IoU of 0.5
        "missed": 1,
        "extra": 1,
        "merged": 1,
        "split": 1,
    }
    picture = iio.imread(pictures / "a_errors.png")[1:31, 1:41]
    assert tuple(picture[5, 5]) == tuple(picture[5, 15]) == COLOURS[Verdict.MERGED]
    assert tuple(picture[22, 32]) == COLOURS[Verdict.MISSED]
    assert tuple(picture[4, 32]) == COLOURS[Verdict.EXTRA]
    halves = {tuple(picture[24, column]) for column in (5, 15)}
    assert halves == {COLOURS[Verdict.MATCHED], COLOURS[Verdict.SPLIT]}
    done = run("evaluate", *folders, "--overlay", tmp_path / "truth")
    assert done.exit_code == 1
    assert "must not replace an input" in done.stderr


def test_one_position_is_evaluated_at_a_time(run: Run, tmp_path: Path) -> None:
    labels = np.ones((2, 20, 20), np.uint16)
    write_image(tmp_path / "p.ome.tif", Stack.from_array(labels, "PYX"))
    done = run("evaluate", tmp_path / "p.ome.tif", tmp_path / "p.ome.tif")
    assert done.exit_code == 1
    assert "received 2 positions; choose one with --position" in done.stderr


def test_classes_are_known_by_their_record_and_compared_as_such(
    run: Run, tmp_path: Path, class_model: Path
) -> None:
    image, results = tmp_path / "cells.tif", tmp_path / "results"
    shutil.copy(sample_path("nuclei_timelapse.tif"), image)
    done = run(
        "segment", image, "-o", results, "--model", class_model, "--overlay", "--quiet"
    )
    assert done.exit_code == 0, done.stderr
    labels = results / "cells_labels.tif"
    found = tifffile.imread(labels)
    truth = np.where(found == 2, 0, found)
    tifffile.imwrite(tmp_path / "cells.truth.tif", truth)
    done = run("evaluate", labels, tmp_path / "cells.truth.tif", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["iou"] == {"inside": 1, "seam": 0}
    said = run("evaluate", labels, tmp_path / "cells.truth.tif").stdout
    assert "seam" in said and "1 image, mean IoU 0.5000" in said
    # Without the record they would be taken for objects.
    shutil.copy(labels, tmp_path / "alone.tif")
    alone = tmp_path / "alone.tif", tmp_path / "cells.truth.tif", "--json"
    assert "ap" in json.loads(run("evaluate", *alone).stdout)
    content = json.loads(run("evaluate", *alone, "--classes").stdout)
    assert content["iou"] == {"class 1": 1, "class 2": 0}
    refused = run("evaluate", *alone, "--classes", "--overlay", tmp_path / "errors")
    assert refused.exit_code == 1 and "without --overlay" in refused.stderr
    assert not list(tmp_path.glob("errors/*"))
