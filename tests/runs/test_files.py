"""Many files: which they are, what came of each, and what the folder tells of it."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.batch import FileOptions, Opened
from napari_mobile_unet.runs.files import Begun, Ended, Failed, iter_files
from napari_mobile_unet.runs.inputs import find_inputs, without_clashes
from napari_mobile_unet.runs.log import LOG, read_log
from napari_mobile_unet.runs.outputs import check_results
from napari_mobile_unet.runs.result import PlaneResult
from napari_mobile_unet.runs.results import state_of
from napari_mobile_unet.thresholding.threshold import Threshold

OTSU = Recipe(segment=Threshold())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with images, and with all that is found beside images."""
    folder = tmp_path / "größere Zellen"
    (folder / "deep" / "inside.zarr").mkdir(parents=True)
    plane = np.random.default_rng(0).integers(5, 30, (40, 40)).astype(np.uint8)
    plane[5:15, 5:15] = plane[20:32, 18:30] = 200
    for name in ("a b.tif", "ünï.tif", "deep/c.tif", "a b_labels.tif", ".hid.tif"):
        tifffile.imwrite(folder / name, plane)
    tifffile.imwrite(
        folder / "stack.tif",
        np.stack([plane] * 3),
        imagej=True,
        metadata={"axes": "ZYX"},
    )
    (folder / "deep" / "inside.zarr" / "x.tif").write_bytes(b"part of it")
    (folder / "notes.txt").write_text("no image")
    (folder / "text.tif").write_text("no image either")
    return folder


def names(paths: tuple[Path, ...]) -> list[str]:
    return [path.name for path in paths]


def test_images_of_a_folder_are_found_and_others_named(folder: Path) -> None:
    found = find_inputs([folder])
    assert names(found.files) == ["a b.tif", "stack.tif", "text.tif", "ünï.tif"]
    assert found.said == ("left out: a b_labels.tif (a result), notes.txt (no image)")
    deep = find_inputs([folder], " **/*.tif ;*.TXT; *.zarr")
    assert "c.tif" in names(deep.files)
    assert not {"x.tif", ".hid.tif"} & set(names(deep.files))
    assert names(find_inputs([folder / "deep"]).files) == ["c.tif", "inside.zarr"]
    twice = find_inputs(
        [folder / "a b.tif", folder, folder / "deep" / ".." / "a b.tif"]
    )
    assert names(twice.files).count("a b.tif") == 1
    assert [reason for _, reason in twice.left_out].count("twice") == 2
    # What is named is taken, whatever it is called.
    assert find_inputs([folder / "a b_labels.tif"]).files
    with pytest.raises(ValueError, match=r"has none like \*\.png"):
        find_inputs([folder], "*.png")
    with pytest.raises(ValueError, match="a pattern is like"):
        find_inputs([folder], "/etc/*")


def test_of_images_with_one_stem_the_first_is_taken(folder: Path) -> None:
    tifffile.imwrite(folder / "deep" / "stack.tif", np.zeros((9, 9), np.uint8))
    found = without_clashes(find_inputs([folder], "**/*.tif"))
    assert names(found.files).count("stack.tif") == 1
    assert "its results would be called as stack.tif's" in found.said


def test_one_that_fails_stops_no_other_and_the_folder_tells_of_all(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    sources = find_inputs([folder]).files
    assert {state_of(source, out).state for source in sources} == {"waiting"}
    resume = FileOptions(existing="resume")
    events = list(iter_files(sources, out, OTSU, resume))
    kinds = {n: [type(e) for k, e in events if k == n] for n in range(4)}
    assert kinds[0] == [Begun, Opened, PlaneResult, Ended]
    assert kinds[1] == [Begun, Opened, *[PlaneResult] * 3, Ended]
    assert kinds[2] == [Begun, Failed]
    log = read_log(out)
    states = [state_of(source, out, log=log) for source in sources]
    assert [state.state for state in states] == ["done", "done", "failed", "done"]
    assert (states[1].planes, states[1].objects) == (3, 6)
    assert states[1].seconds is not None
    assert "text.tif is not a TIFF file" in states[2].reason
    # A line that a crash cut off, and one of somebody else, hide no others.
    with (out / LOG).open("ab") as file:
        file.write(b'{"a": 1}\n\xff\xfe{"source": "')
    assert read_log(out) == log
    # It is tried again, and the others are left as they are.
    plane = tifffile.imread(folder / "a b.tif")
    tifffile.imwrite(folder / "text.tif", plane)
    before = (out / "ünï_labels.tif").stat().st_mtime_ns
    again = dict(iter_files(sources, out, OTSU, resume))
    assert isinstance(again[2], Ended)
    assert again[2].done is not None
    assert isinstance(again[3], Ended)
    assert again[3].done is None
    assert (out / "ünï_labels.tif").stat().st_mtime_ns == before
    assert state_of(sources[2], out, log=read_log(out)).state == "done"
    # Results of another recipe are not taken for these.
    other = Recipe(segment=Threshold(classes=3))
    refused = dict(iter_files(sources[:1], out, other, resume))
    assert isinstance(refused[0], Failed)
    assert "another recipe" in str(refused[0].error)


def test_a_stopped_run_is_known_by_its_planes_and_goes_on(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    sources = [folder / "stack.tif"]
    stopped = iter_files(sources, out, OTSU)
    assert len(list(itertools.islice(stopped, 3))) == 3
    stopped.close()  # type: ignore[attr-defined]
    state = state_of(sources[0], out)
    assert state.state == "stopped"
    assert state.planes in (1, 2, 3)
    assert not list(out.glob("*_labels.tif"))
    list(iter_files(sources, out, OTSU, FileOptions(existing="resume")))
    assert state_of(sources[0], out).objects == 6
    table = pd.read_csv(out / "stack_objects.csv")
    assert table["label"].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_is_not_utf_8_is_logged(folder: Path, tmp_path: Path) -> None:
    odd = folder / os.fsdecode(b"\xe9t\xe9.tif")
    tifffile.imwrite(folder / "ok.tif", np.zeros((9, 9), np.uint8))
    (folder / "ok.tif").rename(odd)
    out = tmp_path / "out"
    out.mkdir()
    list(iter_files([odd], out, OTSU))
    log = read_log(out)
    assert list(log) == [odd.resolve()]
    assert state_of(odd, out, log=log).seconds is not None


def test_no_input_is_replaced_by_results_and_thousands_are_seen_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [tmp_path / f"{number}.tif" for number in range(3000)]
    looked: list[Path] = []
    resolve = Path.resolve

    def counted(path: Path, strict: bool = False) -> Path:
        looked.append(path)
        return resolve(path, strict)

    monkeypatch.setattr(Path, "resolve", counted)
    check_results(sources, tmp_path)
    assert len(looked) < 20 * len(sources)
    hidden = tmp_path / "in" / ".." / "7_labels.tif"
    with pytest.raises(ValueError, match="must not replace an input"):
        check_results([*sources, hidden], tmp_path)
