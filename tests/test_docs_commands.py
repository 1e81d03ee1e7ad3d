"""The command lines of README and docs do what they say."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
import zarr
from skimage.io import imsave
from typer.main import get_command
from typer.testing import CliRunner

from napari_mobile_unet.commands.app import app
from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.exports.labels import export_labels
from napari_mobile_unet.models.library import rename_model
from napari_mobile_unet.models.zip_file import export_model, import_model
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.samples.files import read_sample

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
HOMES = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
PARSED = {"train", "open", "demo"}
"""Commands that take minutes or open a window: their arguments alone are looked at."""


def _command_lines(page: Path) -> Iterator[list[str]]:
    """Yield the arguments of each call of ours on a page, in order."""
    for block in BLOCK.findall(page.read_text("utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True, posix=False)  # keeps quotes
            # A line with an ellipsis shows how the ones above go on; what starts
            # TensorFlow is run by the tests of models.
            if words[:1] == ["mobile-unet"] and not {"…", "bioimageio"} & set(words):
                yield words[1:]


def _as_shell(words: list[str], folder: Path) -> list[str]:
    """Return the words as a shell hands them on: patterns filled in, quotes gone."""
    return [
        path
        for word in words
        for path in (
            sorted(str(found.relative_to(folder)) for found in folder.glob(word))
            if "*" in word and not word.startswith(("'", '"'))
            else [word.strip("'\"")]
        )
    ]


@pytest.fixture
def files(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that the command lines of a page may change."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    for name in HOMES:
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder that the pages' command lines stand in."""
    folder = tmp_path_factory.mktemp("documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in HOMES:
            patch.setenv(name, str(folder / "home"))
        _make_files()
    return folder


def _make_files() -> None:
    sample = read_sample("nuclei_zstack")
    image = np.asarray(sample.image.data)[6, 64:192, 64:192]
    labels = np.asarray(sample.labels.data)[6, 64:192, 64:192].astype(np.uint16)
    for folder in ("more", "images", "labels", "truth", "experiment"):
        Path(folder).mkdir()
    tifffile.imwrite("cells.tif", image)
    for folder in ("more", "images", "experiment"):
        imsave(f"{folder}/a.png", (image / image.max() * 255).astype(np.uint8))
    tifffile.imwrite("images/b.tif", image)
    tifffile.imwrite("more/c.tif", image)
    tifffile.imwrite("labels/a.tif", labels)
    tifffile.imwrite("truth/cells.tif", labels)
    tifffile.imwrite("truth/a.tif", labels)
    tifffile.imwrite("truth/stack.tif", np.stack([labels] * 2))
    tifffile.imwrite("truth/timelapse.tif", np.stack([labels] * 2))
    tifffile.imwrite("cells_labels.tif", labels)
    tifffile.imwrite(
        "stack.tif",
        np.stack([image, image])[:, None].repeat(2, 1),
        imagej=True,
        metadata={"axes": "ZCYX"},
    )
    zarr.create_array(
        "timelapse.zarr", data=np.stack([image] * 2), dimension_names=("t", "y", "x")
    )
    Path("recipe.json").write_text(Recipe().to_json(), "utf-8")
    export_labels(labels, Path("corrected.geojson"))
    export_model("nuclei", "my_model.zip")
    import_model("my_model.zip", "colleague")
    export_model("colleague", "my_model.zip", overwrite=True)
    rename_model("colleague", "my_model")
    corrections = Corrections(labels, journal=Path("cells_labels_corrections.jsonl"))
    corrections.do("draw", [Change((), (0, 0), np.full((9, 9), 99))], on=[99])
    corrections.close()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if list(_command_lines(page))], ids=lambda p: p.name
)
def test_command_lines_run(page: Path, files: Path) -> None:
    for words in _command_lines(page):
        if words[0] in PARSED:
            given = [word.strip("'\"") for word in words]
            group = get_command(app)
            context = group.make_context("mobile-unet", list(given))
            command = group.get_command(context, given[0])
            command.make_context(given[0], given[1:], parent=context)
            continue
        arguments = _as_shell(words, files)
        result = CliRunner().invoke(app, arguments, input="y\n")
        assert result.exit_code == 0, f"{' '.join(words)}: {result.output}"


def test_there_are_command_lines() -> None:
    assert len(list(_command_lines(ROOT / "README.md"))) > 5
