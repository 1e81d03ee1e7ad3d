"""Runs that are stopped, gone on with, shared out, and disturbed."""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import tifffile
import zarr
from filelock import FileLock

import napari_mobile_unet as nmu
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.ome_zarr_write import write_zarr
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.preprocessing.steps import Denoise, Normalise
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.batch import (
    FileOptions,
    Opened,
    iter_file,
    segment_file,
)
from napari_mobile_unet.runs.disk_store import DiskStore
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.identity import Identity
from napari_mobile_unet.runs.prepare import iter_prepare_file
from napari_mobile_unet.runs.result import PlaneResult
from napari_mobile_unet.runs.runner import RunOptions
from napari_mobile_unet.thresholding.threshold import Threshold

if TYPE_CHECKING:
    from napari_mobile_unet.runs.outputs import Done

RECIPE = Recipe(segment=Threshold())
PLANES = 12


@pytest.fixture
def planes() -> np.ndarray:
    rng = np.random.default_rng(1)
    planes = rng.integers(10, 30, (PLANES, 64, 48)).astype(np.uint8)
    for number in range(PLANES):
        for y, x in [(4, 4), (30, 25), (50, 4)][: number % 4]:
            planes[number, y : y + 12, x : x + 12] = 220
    return planes


@pytest.fixture
def image(planes: np.ndarray, tmp_path: Path) -> Path:
    path = tmp_path / "cells.zarr"
    array = zarr.create_array(
        path, shape=planes.shape, chunks=(1, 64, 48), dtype="uint8",
        dimension_names=["t", "y", "x"],
    )  # fmt: skip
    array[:] = planes
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def options_of(batch_size: int | None = None, **options: Any) -> FileOptions:
    places = {k: options.pop(k) for k in ("executor", "workers") if k in options}
    return FileOptions(run=RunOptions(batch_size=batch_size, **places), **options)


def segment(
    image: Path, out: Path, recipe: Recipe = RECIPE, **options: Any
) -> Done | None:
    return segment_file(image, out, recipe, options_of(**options))


def labels_in(out: Path) -> np.ndarray:
    return np.asarray(tifffile.imread(out / "cells_labels.tif"))


def stop_after(
    planes: int, image: Path, out: Path, recipe: Recipe = RECIPE, **options: Any
) -> None:
    """Segment some planes, and leave off the hard way."""
    events = iter_file(image, out, recipe, options_of(batch_size=1, **options))
    opened = next(events)
    assert isinstance(opened, Opened)
    for count, event in enumerate(events, start=opened.done + 1):
        assert isinstance(event, PlaneResult)
        if count == planes:
            break
    events.close()


def test_the_result_is_that_of_the_array(
    image: Path, out: Path, planes: np.ndarray
) -> None:
    done = segment(image, out)
    assert done is not None
    expected = nmu.segment(planes, RECIPE, axes="TYX")
    assert expected.max() == done.objects == 18
    assert np.array_equal(labels_in(out), expected)
    assert labels_in(out).dtype == expected.dtype
    assert not list(out.glob("*.run"))
    table = pd.read_csv(out / "cells_objects.csv")
    assert table["label"].tolist() == list(range(1, 19))


@pytest.mark.parametrize("size", [1, 3, 16])
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_neither_batches_nor_workers_change_the_result(
    size: int, executor: str, image: Path, out: Path, planes: np.ndarray
) -> None:
    segment(image, out, batch_size=size, executor=executor, workers=2)
    assert np.array_equal(labels_in(out), nmu.segment(planes, RECIPE, axes="TYX"))


def test_an_image_is_read_once_by_all_threads_and_let_go_of(
    image: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    stacks: list[weakref.ref] = []

    def noted(path: Path, axes: str | None = None) -> Stack:
        read.append(path)
        stack = read_stack(path, axes)
        stacks.append(weakref.ref(stack))
        return stack

    for room in ("batch", "runner"):
        monkeypatch.setattr(f"napari_mobile_unet.runs.{room}.read_stack", noted)
    segment(image, out, batch_size=1, workers=4)
    assert len(read) == 1
    gc.collect()
    assert stacks[0]() is None


def test_a_dask_cluster_gives_the_same(
    image: Path, out: Path, planes: np.ndarray
) -> None:
    # In a process of its own: its threads and sockets outlive it in this one.
    code = f"""
from pathlib import Path
from distributed import LocalCluster
from napari_mobile_unet.runs.batch import FileOptions, segment_file
from napari_mobile_unet.runs.runner import RunOptions
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as c:
        segment_file(
            Path({str(image)!r}), Path({str(out)!r}), Recipe(segment=Threshold()),
            FileOptions(run=RunOptions(executor=c.scheduler_address, batch_size=1)),
        )
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    assert np.array_equal(labels_in(out), nmu.segment(planes, RECIPE, axes="TYX"))


def test_linked_ids_are_those_of_the_array(
    image: Path, out: Path, planes: np.ndarray
) -> None:
    linking = RECIPE.replace(link=Link(method="iou", gap=2))
    segment(image, out, recipe=linking)
    expected = nmu.segment(planes, linking, axes="TYX")
    assert np.array_equal(labels_in(out), expected)
    assert expected.max() < 18
    table = pd.read_csv(out / "cells_objects.csv")
    assert "parent" in table
    measured = nmu.measure(read_stack(out / "cells_labels.tif"), planes)
    pd.testing.assert_frame_equal(table[measured.columns.tolist()], measured)


@pytest.mark.parametrize("method", ["none", "iou"])
def test_the_table_is_that_of_measure(
    method: str, planes: np.ndarray, out: Path, tmp_path: Path
) -> None:
    stack = Stack.from_array(
        planes, "ZYX", scale=(2, 0.5, 0.5), units=["micrometer"] * 3
    )
    write_image(tmp_path / "deep.ome.tif", stack)
    segment(
        tmp_path / "deep.ome.tif", out, recipe=RECIPE.replace(link=Link(method=method))
    )
    table = pd.read_csv(out / "deep_objects.csv")
    measured = nmu.measure(read_stack(out / "deep_labels.tif"), stack)
    assert "volume_micrometer3" in measured
    pd.testing.assert_frame_equal(table[measured.columns.tolist()], measured)
    assert table["label"].is_unique


def test_what_cannot_be_linked_is_said_before_the_work(
    image: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over_depth = RECIPE.replace(link=Link(method="iou", axis="Z"))
    with pytest.raises(ValueError, match="linked along Z"):
        segment(image, out, recipe=over_depth)
    monkeypatch.setitem(sys.modules, "laptrack", None)
    with pytest.raises(ValueError, match="pip install"):
        segment(image, out, recipe=RECIPE.replace(link=Link(method="laptrack")))
    assert not list(out.iterdir())


def test_laptrack_gives_the_same_as_on_the_array(
    image: Path, out: Path, planes: np.ndarray
) -> None:
    tracked = RECIPE.replace(link=Link(method="laptrack"))
    segment(image, out, recipe=tracked)
    assert np.array_equal(labels_in(out), nmu.segment(planes, tracked, axes="TYX"))


def test_a_run_goes_on_where_it_stopped(
    image: Path, out: Path, planes: np.ndarray
) -> None:
    stop_after(5, image, out)
    assert not (out / "cells_labels.tif").exists()
    with pytest.raises(FileExistsError, match="--resume"):
        segment(image, out)
    opened, *_ = iter_file(image, out, RECIPE, options_of(existing="resume"))
    assert isinstance(opened, Opened)
    assert opened.done >= 5
    assert np.array_equal(labels_in(out), nmu.segment(planes, RECIPE, axes="TYX"))
    assert segment(image, out, existing="resume") is None


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
@pytest.mark.parametrize("planes_done", [1, 7])
def test_a_killed_run_goes_on(
    planes_done: int, image: Path, out: Path, planes: np.ndarray
) -> None:
    code = f"""
import time
from pathlib import Path
from napari_mobile_unet.runs.batch import FileOptions, iter_file
from napari_mobile_unet.runs.runner import RunOptions
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold
one = FileOptions(run=RunOptions(batch_size=1, workers=1))
for done in iter_file(
    Path({str(image)!r}), Path({str(out)!r}), Recipe(segment=Threshold()), one
):
    time.sleep(0.5)
"""
    run = DiskStore(out / "cells.run")
    with subprocess.Popen([sys.executable, "-c", code]) as child:
        while child.poll() is None and not (run.exists and len(run.done) > planes_done):
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
    assert planes_done < len(run.done) < PLANES
    segment(image, out, existing="resume")
    assert np.array_equal(labels_in(out), nmu.segment(planes, RECIPE, axes="TYX"))


@pytest.mark.parametrize(
    ("change", "reason"), [("pixels", "pixels have changed"), ("shape", "shape was")]
)
def test_a_source_that_changed_is_refused(
    change: str, reason: str, image: Path, out: Path, planes: np.ndarray
) -> None:
    stop_after(5, image, out)
    array = zarr.open_array(image, mode="r+")
    if change == "pixels":
        array[3] = array[3] + 1
    else:
        array.resize((PLANES - 1, 64, 48))
    with pytest.raises(ValueError, match=reason):
        segment(image, out, existing="resume")
    assert len(DiskStore(out / "cells.run").done) >= 5
    assert segment(image, out, existing="overwrite")


def test_another_recipe_is_refused(image: Path, out: Path) -> None:
    stop_after(5, image, out)
    other = Recipe(segment=Threshold(classes=3))
    with pytest.raises(ValueError, match="its recipe was another one"):
        segment(image, out, recipe=other, existing="resume")


def test_results_of_another_recipe_or_model_are_not_passed_over(
    image: Path, out: Path
) -> None:
    segment(image, out)
    other = Recipe(segment=Threshold(classes=3))
    with pytest.raises(ValueError, match=r"another recipe; .*--overwrite"):
        segment(image, out, recipe=other, existing="resume")
    with pytest.raises(ValueError, match="with the axes TYX"):
        segment(image, out, axes="zyx", existing="resume")
    assert segment(image, out, axes="tyx", existing="resume") is None
    record = out / "cells_recipe.json"
    content = json.loads(record.read_text("utf-8"))
    record.write_text(json.dumps(content | {"checksum": "0" * 64}), encoding="utf-8")
    with pytest.raises(ValueError, match="another model; "):
        segment(image, out, existing="resume")
    record.unlink()
    assert segment(image, out, existing="resume") is None


def test_one_run_at_a_time_writes_to_an_output(image: Path, out: Path) -> None:
    (out / "cells.run").mkdir()
    with FileLock(out / "cells.run" / "lock"), pytest.raises(OSError, match="at work"):
        segment(image, out)


def test_a_chunk_that_cannot_be_read_keeps_what_is_done(image: Path, out: Path) -> None:
    chunk = image / "c" / "9" / "0" / "0"
    whole = chunk.read_bytes()
    fixed = Recipe(segment=Threshold(values=(100.0,), scope="plane"))
    stop_after(4, image, out, fixed)
    chunk.write_bytes(b"not a chunk")
    with pytest.raises(OSError, match="could not be read"):
        segment(image, out, recipe=fixed, existing="resume")
    assert len(DiskStore(out / "cells.run").done) >= 4
    chunk.write_bytes(whole)
    assert segment(image, out, recipe=fixed, existing="resume")


def test_a_full_disk_keeps_what_is_done(
    image: Path, out: Path, planes: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def full(self: Path, *args: Any, **settings: Any) -> Any:
        if self.name.startswith(".6."):
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(self, *args, **settings)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match=r"plane 6 cannot be kept.*--resume"):
        segment(image, out, batch_size=1, workers=1)
    assert 6 not in DiskStore(out / "cells.run").done
    monkeypatch.undo()
    segment(image, out, existing="resume")
    assert np.array_equal(labels_in(out), nmu.segment(planes, RECIPE, axes="TYX"))


def test_batches_are_halved_when_memory_does_not_last(
    image: Path, out: Path, planes: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, tried = Stack.batch, []

    def batch(self: Stack, start: int, stop: int) -> np.ndarray:
        tried.append(stop - start)
        if stop - start > 2:
            raise MemoryError
        return whole(self, start, stop)

    monkeypatch.setattr(Stack, "batch", batch)
    segment(image, out, batch_size=PLANES, workers=1)
    assert max(tried) == PLANES
    assert np.array_equal(labels_in(out), nmu.segment(planes, RECIPE, axes="TYX"))


def test_empty_and_nan_planes_in_the_middle(tmp_path: Path, out: Path) -> None:
    planes = np.zeros((4, 64, 48), np.float32)
    planes[:, 10:30, 10:30] = 5
    planes[1], planes[2] = 0, np.nan
    path = tmp_path / "cells.npy"
    np.save(path, planes)
    done = segment(path, out, axes="TYX")
    assert done is not None
    assert done.objects == 2
    assert not labels_in(out)[1:3].any()


def test_planes_of_a_written_zarr_lie_where_the_image_lies(
    image: Path, out: Path
) -> None:
    segment(image, out, form="zarr")
    labels = read_stack(out / "cells_labels.zarr")
    assert labels.axes == "TYX"
    assert labels.data.chunks == (1, 64, 48)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_labels_of_an_ome_zarr_may_lie_in_it(
    zarr_format: Any, planes: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "cells.zarr"
    source = Stack.from_array(planes, "TYX", scale=(5, 0.5, 0.25))
    write_zarr(path, source, zarr_format)
    segment(path, path)
    labels = read_stack(path / "labels" / "cells_labels")
    assert np.array_equal(labels.data, nmu.segment(planes, RECIPE, axes="TYX"))
    assert labels.scale == source.scale
    notes: Any = zarr.open_group(path / "labels", mode="r").attrs.asdict()
    listed = notes["ome"] if zarr_format == 3 else notes
    assert listed["labels"] == ["cells_labels"]
    with pytest.raises(FileExistsError, match="--overwrite"):
        segment(path, path)
    segment(path, path, existing="overwrite")
    assert np.array_equal(read_stack(path).data, planes)


def test_an_overwrite_cut_off_at_its_results_is_finished_not_passed_over(
    image: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment(image, out)
    other = Recipe(segment=Threshold(values=(250.0,)))

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("napari_mobile_unet.runs.outputs.write_image", full)
        with pytest.raises(OSError, match="No space"):
            segment(image, out, recipe=other, existing="overwrite")
    assert labels_in(out).any()  # still those of before
    assert segment(image, out, recipe=other, existing="resume")
    assert not labels_in(out).any()
    assert segment(image, out, recipe=other, existing="resume") is None


def outside_of_itself() -> bytes:
    """Return a zip that says that its content begins before it."""
    content = io.BytesIO()
    np.savez(content, objects=np.zeros(2), left_out=0)
    whole = bytearray(content.getvalue())
    end = whole.rindex(b"PK\x05\x06")
    whole[end + 12 : end + 16] = (2**31).to_bytes(4, "little")
    return bytes(whole)


@pytest.mark.parametrize("content", [b"", b"PK garbled", outside_of_itself()])
def test_a_plane_damaged_on_disk_is_done_again(
    content: bytes, image: Path, out: Path, planes: np.ndarray
) -> None:
    stop_after(5, image, out)
    (out / "cells.run" / "planes" / "2.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"2\.npz was damaged.*--resume"):
        segment(image, out, existing="resume")
    assert segment(image, out, existing="resume")
    assert np.array_equal(labels_in(out), nmu.segment(planes, RECIPE, axes="TYX"))


def test_a_start_damaged_on_disk_is_said(image: Path, out: Path) -> None:
    stop_after(5, image, out)
    (out / "cells.run" / "fitted.json").write_bytes(b"")
    with pytest.raises(OSError, match=r"is damaged.*use --overwrite to start again"):
        segment(image, out, existing="resume")


def test_a_start_that_is_gone_is_said(image: Path, out: Path) -> None:
    stop_after(5, image, out)
    (out / "cells.run" / "fitted.json").unlink()
    with pytest.raises(OSError, match=r"is damaged \(No such file.*use --overwrite"):
        segment(image, out, existing="resume")


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [("fitted.json", "thresholds", []), ("labels.zarr/zarr.json", "chunk_shape", [1])],
)
def test_parts_of_a_run_that_contradict_each_other_are_said(
    file: str, key: str, value: Any, image: Path, out: Path
) -> None:
    stop_after(5, image, out)
    path = out / "cells.run" / file
    notes = json.loads(path.read_text())
    inner = notes["fitted"]["split"] if "fitted" in notes else notes["chunk_grid"]
    inner.get("configuration", inner)[key] = value
    path.write_text(json.dumps(notes))
    with pytest.raises(OSError, match=r"is damaged \(.*use --overwrite") as caught:
        segment(image, out, existing="resume")
    assert "\n" not in str(caught.value)


def test_another_image_of_the_same_name_is_not_passed_over(
    image: Path, out: Path, tmp_path: Path, planes: np.ndarray
) -> None:
    segment(image, out)
    other = tmp_path / "other" / "cells.npy"
    other.parent.mkdir()
    np.save(other, planes[:, ::-1])
    with pytest.raises(ValueError, match="made with another image"):
        segment(other, out, axes="TYX", existing="resume")


class Code:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("place", ["fitted.pickle", "planes/2.npz", "labels.zarr"])
def test_a_run_folder_from_somebody_else_runs_no_code(
    place: str, image: Path, out: Path, tmp_path: Path
) -> None:
    stop_after(5, image, out)
    mark = tmp_path / "it ran"
    hostile = out / "cells.run" / place
    if place == "labels.zarr":
        # Zarr hands chunks to a filter of this name, which unpickles them.
        shutil.rmtree(hostile)
        crafted = zarr.create_array(
            hostile, shape=(PLANES, 64, 48), chunks=(1, 64, 48), dtype="int32",
            zarr_format=2, filters=[], compressors=None,
        )  # fmt: skip
        crafted[:] = 0
        notes = json.loads((hostile / ".zarray").read_text("utf-8"))
        notes["filters"] = [{"id": "pickle", "protocol": 5}]
        (hostile / ".zarray").write_text(json.dumps(notes), encoding="utf-8")
        for chunk in hostile.glob("*.0.0"):
            chunk.write_bytes(pickle.dumps(Code(mark)))
        with pytest.raises(OSError, match="no labels of a run"):
            segment(image, out, existing="resume")
    elif place == "planes/2.npz":
        objects = np.array([Code(mark)], object)
        np.savez(hostile, allow_pickle=True, objects=objects, left_out=0)
        with pytest.raises(ValueError, match="was damaged"):
            segment(image, out, existing="resume")
    else:
        hostile.write_bytes(pickle.dumps(Code(mark)))
        assert segment(image, out, existing="resume")  # nobody looks at it
    assert not mark.exists()


def test_the_start_of_a_run_is_read_as_it_was_written(image: Path, out: Path) -> None:
    recipe = Recipe(steps=(Normalise(),), segment=Threshold(classes=3))
    stack = read_stack(image)
    fitted = fit(stack, recipe)
    store = DiskStore(out / "a.run")
    store.begin(stack, Identity.of(Provenance.of(recipe, stack), stack), fitted)
    assert store.start[1] == fitted
    assert fitted.split is not None


def test_a_prepared_image_gives_the_labels_of_its_source(
    image: Path, out: Path, tmp_path: Path, planes: np.ndarray
) -> None:
    steps = Recipe(steps=(Normalise(), Denoise(radius=2)))
    prepared = tmp_path / "prepared.tif"
    list(iter_prepare_file(image, prepared, steps))
    segment(prepared, out)
    record = Recipe.load(out / "prepared_recipe.json")
    assert [step.kind for step in record.steps] == ["normalise", "denoise"]
    labels = tifffile.imread(out / "prepared_labels.tif")
    assert labels.any()
    assert np.array_equal(nmu.segment(planes, record, axes="TYX"), labels)
    known = Provenance.load(out / "prepared_recipe.json")
    assert known is not None
    assert known.source == image.name
    tifffile.imwrite(prepared, planes[:, ::-1], metadata={"axes": "TYX"})
    segment(prepared, out, existing="overwrite")  # not made by these steps
    assert not Recipe.load(out / "prepared_recipe.json").steps
