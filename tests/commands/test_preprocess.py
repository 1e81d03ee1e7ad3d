"""Prepared images as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tifffile

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.preprocessing.steps import Invert, Resize
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


def test_preprocess_writes_the_image(run: Run, stack: Path, tmp_path: Path) -> None:
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


def test_no_result_goes_over_an_input(run: Run, picture: Path, tmp_path: Path) -> None:
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
    assert "cell_labels.tif; name another output" in run("segment", *both).stderr


def test_an_image_is_replaced_only_if_asked(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    recipe, out = tmp_path / "steps.json", tmp_path / "prepared.tif"
    Recipe(steps=(Invert(),)).save(recipe)
    command = ("preprocess", picture, "-o", out, "--recipe", recipe)
    assert run(*command).exit_code == 0
    before = out.read_bytes()
    refused = run(*command)
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"mobile-unet: Output already exists: {out}; use --overwrite\n"
    )
    Recipe(steps=(Invert(), Resize(factor=0.5))).save(recipe)
    assert run(*command, "--overwrite").exit_code == 0
    assert out.read_bytes() != before
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name for name in names if name.startswith(".")] == []


def test_a_folder_is_not_replaced_by_a_file(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    recipe, out = tmp_path / "steps.json", tmp_path / "prepared.tif"
    Recipe(steps=(Invert(),)).save(recipe)
    (out / "mine").mkdir(parents=True)
    done = run("preprocess", picture, "-o", out, "--recipe", recipe, "--overwrite")
    assert done.exit_code == 1
    assert "is a folder" in done.stderr
    assert (out / "mine").exists()


def test_what_was_understood_is_printed(run: Run, stack: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "steps.json"
    Recipe(steps=(Invert(),)).save(recipe)
    pages = tmp_path / "pages.tif"
    with tifffile.TiffWriter(pages) as file:
        for size in (40, 33):
            plane = np.eye(size, dtype=np.uint8)
            file.write(plane, photometric="minisblack", metadata=None)
    for image, message in {
        stack: "axes TCYX from its metadata, channel 0 of 2",
        pages: "not read: 1 further image (position 1) in its file",
    }.items():
        out = tmp_path / f"prepared_{image.name}"
        done = run("preprocess", image, "-o", out, "--recipe", recipe)
        assert done.exit_code == 0, done.stderr
        assert message in done.stderr
