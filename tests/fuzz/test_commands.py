"""Whatever arguments come: results, or one line that says what is wrong."""

from __future__ import annotations

import json
import os
import random
import shutil
from typing import TYPE_CHECKING, Any

import mutate
import numpy as np
import pytest
import tifffile
from fuzzing import cases, limited_memory
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.main import get_command
from typer.testing import CliRunner

import napari_mobile_unet as nmu
from napari_mobile_unet.commands.app import app
from napari_mobile_unet.corrections.session import Corrections

SLOW = {"open", "demo", "train"}
"""Commands that open a window, or take minutes."""
NEVER = {
    "help", "version", "executor", "workers", "show_completion", "install_completion",
}  # fmt: skip
"""Options that start processes, or end it all."""
TEXTS = [
    "", "0", "1", "-1", "2", "3", "0.5", "1e400", "nan", "YX", "ZYX", "TYX", "CYX", "Q",
    "mean", "max", "each", "1,2", "2,2", "all", "shape,hull", "place", "area > 3",
    "*", "area >", "__import__('os').system('x')", "area > 3 or mean_intensity < 5 and",
    "otsu", "li", "unet", "imagej", "coco", "cellpose", "geojson", "ome-zarr", "nuclei",
    "{}", "{", "[" * 99, '{"segment": {"method": "otsu"}}',
    '{"steps": [{"kind": "invert"}]}',
    "é", "../x", "a" * 300, "own", "CON",
]  # fmt: skip


if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with files of each kind."""
    folder = tmp_path_factory.mktemp("made")
    dice = np.random.default_rng(0)
    planes = dice.integers(0, 60, (3, 30, 26)).astype(np.uint8)
    planes[:, 4:14, 5:16] = 200
    labels = (planes > 100).astype(np.uint16) * 4
    grey = {"photometric": "minisblack"}
    axes = {"imagej": True, "metadata": {"axes": "TYX"}}
    tifffile.imwrite(folder / "a.tif", planes, **axes, **grey)
    tifffile.imwrite(folder / "a_labels.tif", labels, **axes, **grey)
    tifffile.imwrite(folder / "pile.tif", np.stack([planes] * 2), **grey)
    Image.fromarray(planes[0]).save(folder / "plane.png")
    Image.fromarray(np.stack([planes[0]] * 3, -1)).save(folder / "colour.png")
    np.save(folder / "floats.npy", np.where(planes > 100, np.nan, planes))
    np.save(folder / "odd.npy", np.zeros((2, 3), complex))
    (folder / "cut.tif").write_bytes((folder / "a.tif").read_bytes()[:-900])
    (folder / "empty.tif").touch()
    (folder / "text.json").write_text("[1]")
    (folder / "none").mkdir()
    nmu.Recipe(segment=nmu.Threshold()).save(folder / "recipe.json")
    corrections = Corrections(labels.copy(), journal=folder / "a_corrections.jsonl")
    corrections.lock([4])
    corrections.close()
    return folder


def paths(dice: random.Random, folder: Path) -> str:
    """Return a file that is there, or one that is not."""
    there = sorted(path.name for path in folder.iterdir())
    new = [
        "out", "b.tif", "b.csv", "b.parquet", "b.zip", "b.geojson", "b_seg.npy", "",
        "b.json", "b.ome.zarr", "b.html", "b.svg", "none/c.tif", "no/where.tif",
    ]  # fmt: skip
    return dice.choice([*there, *there, "a.tif", "a_labels.tif", *new])


PATHS = {
    "inputs", "output", "recipe", "corrections", "image", "plot", "labels", "predicted",
    "truth", "overlay", "images", "results", "file", "path",
}  # fmt: skip
CHOICES = {
    "axes": ["YX", "ZYX", "TYX", "CYX", "TZYX", "yxc", "Q", ""],
    "channel": ["0", "1", "-1", "mean", "max", "a"],
    "classes": ["2", "3", "4", "9"],
    "object_classes": ["each", "1", "2", "1,2", "0", "2,1"],
    "batch_size": ["1", "2", "100000", "0"],
    "diameter": ["0", "0.5", "9", "30", "2000", "1e9", "nan"],
    "position": ["0", "1", "7", "-1"],
    "link": ["none", "iou", "laptrack"],
    "foreground": ["auto", "bright", "dark"],
    "scope": ["stack", "plane"],
    "columns": ["all", "place", "shape,hull", "intensity,background", "odd", ""],
    "where": ["area > 3", "area >", "area > 3 and (solidity < 0.9 or not label)", "x"],
    "names": ["ours", "scikit-image", "imagej", "qupath", "cellprofiler"],
    "name": ["nuclei", "own", "CON", "../x", ""],
    "new": ["own", "CON", "../x", "", "nuclei"],
    "model": ["nuclei", "none", "a.tif"],
}


def value_for(parameter: Any, dice: random.Random, folder: Path) -> str:
    """Return a value for an argument or option, as a rule one that it may take."""
    if dice.random() < 0.05:
        return dice.choice(TEXTS)
    if parameter.name in PATHS:
        return paths(dice, folder)
    listed = (parameter.metavar or "").split("|")
    names = CHOICES.get(parameter.name) or (listed if len(listed) > 1 else TEXTS)
    return dice.choice(names)


def arguments_for(command: Any, dice: random.Random, folder: Path) -> list[str]:
    """Return arguments for a command, most of which it knows."""
    words = []
    for parameter in command.params:
        if parameter.name in NEVER:
            continue
        if parameter.param_type_name == "argument":
            words += [
                value_for(parameter, dice, folder)
                for _ in range(dice.choice([1, 1, 1, 2]) if parameter.nargs < 0 else 1)
            ]
        elif parameter.required or dice.random() < 0.3:
            words.append(parameter.opts[0])
            if not parameter.is_flag:
                words.append(value_for(parameter, dice, folder))
    if dice.random() < 0.03:
        words.append(dice.choice(["--odd", "-x", "--", "extra"]))
    return words


def commands() -> dict[str, Any]:
    """Return all commands and their parts, by the words that call them."""
    found = {}
    for name, command in get_command(app).commands.items():
        parts = getattr(command, "commands", None)
        if name in SLOW:
            continue
        for part, inner in (parts or {"": command}).items():
            found[f"{name} {part}".strip()] = inner
    return found


ALL = commands()


@cases(3, shrink=False)
@given(name=st.sampled_from(sorted(ALL)), seed=st.integers(0, 2**64))
def test_commands(
    name: str, seed: int, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    folder = tmp_path / "case"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made, folder)
    if dice.random() < 0.2:
        damaged = dice.choice(["a.tif", "a_labels.tif", "recipe.json"])
        content = (made / damaged).read_bytes()
        (folder / damaged).write_bytes(mutate.bytes_of(content, dice, [content]))
    words = [*name.split(), *arguments_for(ALL[name], dice, folder)]
    if "bioimageio" in words:  # which starts TensorFlow
        words.remove("bioimageio")
    for variable in ("MOBILE_UNET_MODELS", "MOBILE_UNET_RECIPES"):
        monkeypatch.setenv(variable, str(folder / "own"))
    before = {path: path.read_bytes() for path in made.iterdir() if path.is_file()}
    there = os.getcwd()
    try:
        os.chdir(folder)
        with limited_memory():
            result = CliRunner().invoke(app, words)
    finally:
        os.chdir(there)
        lost = [path.name for path in before if not (folder / path.name).exists()]
    assert {path: path.read_bytes() for path in before} == before, words
    assert not lost, words
    error = result.exception
    assert error is None or isinstance(error, SystemExit), (words, repr(error))
    assert result.exit_code in (0, 1, 2), (words, result.output)
    assert "Traceback" not in result.output, (words, result.output)
    if result.exit_code == 2:
        assert result.stderr.strip().count("\n") == 0, (words, result.stderr)
    if result.exit_code == 0 and "--json" in words:
        json.loads(result.stdout)
