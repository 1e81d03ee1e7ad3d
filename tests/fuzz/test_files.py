"""Whatever file comes: it is read, or refused in one line; nothing runs or hangs.

Files are read in a process of its own, with little memory and little time.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import selectors
import shutil
import stat
import subprocess
import sys
import time
import warnings
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mutate
import numpy as np
import psutil
import pytest
import roifile
import tifffile
import zarr
from fuzzing import cases
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import napari_mobile_unet as nmu
from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.journal_lines import SEAL
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.exports.cellpose import write_seg
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.runs.batch import iter_file
from napari_mobile_unet.unet.model import find_model

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.name == "nt", reason="waits for a pipe")
SECONDS = 20
"""How long one file may keep a core busy; the machine may do much else."""
LONGEST = 300
"""Seconds after which no answer comes any more."""
SEEDS = st.integers(0, 2**64)


class Files(dict[str, bytes]):
    """What files hold, by their names; hypothesis does not print all of it."""

    def __repr__(self) -> str:
        return f"{len(self)} files"


def files_in(folder: Path) -> Files:
    """Return all files in a folder, and in those in it."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return Files({str(p.relative_to(folder)): p.read_bytes() for p in found})


class Reader:
    """The process that reads; a new one where it ended."""

    def __init__(self) -> None:
        self.came: Counter[str] = Counter()
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def ask(self, kind: str, path: Path) -> dict[str, Any]:
        """Return what came of reading a file.

        Raises
        ------
        AssertionError
            If the process died or hung.
        """
        if self._asked >= 3000:  # libraries keep some memory of each file
            self.close()
        process = self._process or self._begin()
        self._asked += 1
        process.stdin.write(json.dumps([kind, str(path)]).encode() + b"\n")
        process.stdin.flush()
        said = self._next_line(process)
        if said is None:
            self.close()
            raise AssertionError(f"reading {kind} {path} hangs")
        if not said:
            ended = process.wait()
            self.close()
            raise AssertionError(f"reading {kind} {path} ended the process: {ended}")
        answer: dict[str, Any] = json.loads(said)
        self.came[answer["came"]] += 1
        return answer

    def _begin(self) -> subprocess.Popen[bytes]:
        self._asked = 0
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("reader.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            bufsize=0,
        )
        return self._process

    def _next_line(self, process: subprocess.Popen[bytes]) -> bytes | None:
        """Return the answer; None after too long, nothing at the end."""
        waiting = selectors.DefaultSelector()
        waiting.register(process.stdout, selectors.EVENT_READ)
        got, begun, busy = b"", time.monotonic(), cpu_seconds(process)
        while not (got.endswith(b"\n") and got.startswith(b"ANSWER")):
            if got.endswith(b"\n"):
                got = b""
            while not waiting.select(5):
                too_long = time.monotonic() - begun > LONGEST
                if too_long or cpu_seconds(process) - busy > SECONDS:
                    return None
            more = os.read(process.stdout.fileno(), 2**16)
            if not more:
                return b""
            got += more
        return got.removeprefix(b"ANSWER")

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return how long a process has kept a core busy."""
    return float(sum(psutil.Process(process.pid).cpu_times()[:2]))


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    found = Reader()
    yield found
    found.close()
    print(dict(found.came))


def check(reader: Reader, kind: str, path: Path) -> None:
    """See that a file is read, or refused in one line, and does nothing else."""
    answer = reader.ask(kind, path)
    assert not answer["happened"], answer
    assert answer["came"] != "broke", answer["text"]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the bytes of small files of each kind, by their names."""
    folder = tmp_path_factory.mktemp("seeds")
    dice = np.random.default_rng(0)
    small = dice.integers(0, 255, (3, 12, 10), np.uint8)
    note = {"axes": "ZYX", "unit": "um", "spacing": 2.0, "Labels": ["a", "b", "c"]}
    tifffile.imwrite(folder / "imagej.tif", small, imagej=True, metadata=note)
    write_image(folder / "ours.ome.tif", Stack.from_array(small, "TYX"))
    for name in ("zlib", "lzw", "jpeg", "packbits", "zstd"):
        tifffile.imwrite(
            folder / f"{name}.tif",
            np.stack([small[0]] * 3, -1) if name == "jpeg" else small[0],
            photometric="rgb" if name == "jpeg" else "minisblack",
            compression=name,
            tile=(16, 16) if name in ("zlib", "zstd") else None,
            predictor=2 if name in ("zlib", "lzw") else None,
        )
    tifffile.imwrite(folder / "big.tif", small[0].astype("<f4"), bigtiff=True)
    tifffile.imwrite(folder / "swapped.tif", small[0].astype(">u2"), byteorder=">")
    tifffile.imwrite(
        folder / "colours.tif", small[0], colormap=dice.integers(0, 9, (3, 256), "u2")
    )
    with tifffile.TiffWriter(folder / "levels.tif") as file:
        file.write(small[0], subifds=1)
        file.write(small[0, ::2, ::2], subfiletype=1)
    grey = Image.fromarray(small[0])
    for name in ("a.png", "a.jpg", "a.bmp"):
        grey.save(folder / name)
    grey.convert("RGBA").save(folder / "rgba.png")
    grey.convert("P").save(folder / "palette.png")
    Image.fromarray(small[0].astype("u2")).save(folder / "deep.png")
    frames = [Image.fromarray(plane) for plane in small]
    frames[0].save(folder / "frames.png", save_all=True, append_images=frames[1:])
    np.save(folder / "a.npy", small)
    np.save(folder / "objects.npy", np.array([{"a": 1}], object), allow_pickle=True)
    return files_in(folder)


@cases(25, shrink=False)
@given(seed=SEEDS)
def test_images(seed: int, seeds: Files, reader: Reader, tmp_path: Path) -> None:
    dice = random.Random(seed)
    name = dice.choice(sorted(seeds))
    path = tmp_path / name
    path.write_bytes(mutate.bytes_of(seeds[name], dice, list(seeds.values())))
    try:
        check(reader, dice.choice(["image", "labels"]), path)
    finally:
        path.unlink()


class Runs:
    """What a pickle may hold: it writes a file where it is loaded."""

    def __reduce__(self) -> Any:
        return os.system, ("echo > /tmp/napari-mobile-unet-was-here",)


@pytest.fixture(scope="module")
def outlines(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return small files of objects, by their names."""
    folder = tmp_path_factory.mktemp("outlines")
    ring = np.array([[1, 1], [8, 1.5], [8, 8], [1, 8]], np.float32)
    rois = [
        roifile.ImagejRoi.frompoints(ring, name=f"label {n}, z {n}", z=n)
        for n in (1, 2)
    ]
    rois[0].tofile(folder / "a.roi")
    roifile.roiwrite(folder / "a.zip", rois, mode="w")
    labels = np.zeros((2, 12, 10), np.uint16)
    labels[:, 2:6, 3:7] = 3
    write_seg(folder / "a_seg.npy", Stack.from_array(labels, "ZYX"), "a.tif", [3])
    np.save(folder / "b_seg.npy", np.array({"masks": Runs()}), allow_pickle=True)
    corners = [[1, 1], [8, 1], [8, 8.5], [1, 1]]
    hole = [[2, 2], [3, 2], [3, 3], [2, 2]]
    feature = {
        "type": "Feature",
        "geometry": {
            "type": "Polygon",
            "coordinates": [corners, hole],
            "plane": {"t": 0, "z": 1, "c": -1},
        },
        "properties": {"name": "7", "measurements": [{"name": "Label", "value": 7}]},
    }
    other = {
        "type": "Feature",
        "geometry": {"type": "MultiPolygon", "coordinates": [[corners], [hole]]},
        "properties": {"name": "9", "measurements": {"Label": 9}},
    }
    whole = {"type": "FeatureCollection", "features": [feature, other]}
    sized = {**whole, "sizes": {"Z": 2, "Y": 12, "X": 10}}
    (folder / "a.geojson").write_text(json.dumps(sized))
    (folder / "b.geojson").write_text(json.dumps([feature]))
    runs = {"size": [12, 10], "counts": [20, 5, 7, 5, 83]}
    coco = {
        "images": [{"id": 1, "height": 12, "width": 10, "z": 0, "file_name": "a"}],
        "categories": [{"id": 1, "name": "object"}],
        "annotations": [
            {"id": 4, "image_id": 1, "segmentation": runs, "label": 2},
            {"id": 5, "image_id": 1, "segmentation": [[1, 1, 8, 1, 8, 8.5]]},
            {
                "id": 6,
                "image_id": 1,
                "segmentation": {"size": [12, 10], "counts": "d05N2"},
            },
        ],
    }
    (folder / "coco.json").write_text(json.dumps(coco))
    return files_in(folder)


@cases(15, shrink=False)
@given(seed=SEEDS)
def test_outlines(seed: int, outlines: Files, reader: Reader, tmp_path: Path) -> None:
    dice = random.Random(seed)
    name = dice.choice(sorted(outlines))
    content = outlines[name]
    if "json" in name:
        content = mutate.json_of(content, dice)
    elif name == "a.zip" and dice.random() < 0.5:
        content = rezipped(content, dice)
    else:
        content = mutate.bytes_of(content, dice, list(outlines.values()))
    path = tmp_path / name
    path.write_bytes(content)
    try:
        check(reader, "labels", path)
    finally:
        path.unlink()


def rezipped(content: bytes, dice: random.Random) -> bytes:
    """Return a zip of which entries have other content, names, or kinds."""
    packed = io.BytesIO()
    names = ["../../a.roi", "/tmp/a.roi", "a/b.roi", "a.txt", "a.roi", "..\\a.roi", ""]
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(packed, "w") as new,
    ):
        for info in old.infolist():
            part = old.read(info)
            fresh = zipfile.ZipInfo(info.filename)
            way = dice.randrange(7)
            if way == 0:
                fresh.filename = dice.choice(names)
            elif way == 1:
                part = mutate.bytes_of(part, dice, [part])
            elif way == 2 and info.filename.endswith(".json"):
                part = mutate.json_of(part, dice)
            elif way == 3:
                fresh.external_attr = dice.choice([stat.S_IFLNK, stat.S_IFIFO]) << 16
            elif way == 4:
                continue
            fresh.compress_type = dice.choice([0, 8, 8, 12, 14])
            with warnings.catch_warnings(action="ignore"):  # of names that are twice
                new.writestr(fresh, part)
                if way == 5 and len(part) < 2**16:
                    new.writestr(fresh.filename + dice.choice(["", "x"]), part)
    whole = packed.getvalue()
    return mutate.bytes_of(whole, dice, [whole]) if dice.random() < 0.3 else whole


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    whole = nmu.Recipe(
        channel=1,
        steps=[{"kind": name} for name in ("resize", "normalise", "colour", "denoise")]
        + [{"kind": "background", "radius": 9}, {"kind": "contrast", "limits": [0, 9]}],
        segment={"method": "otsu", "classes": 3, "values": [1, 2]},
        link={"method": "iou"},
    )
    stack = Stack.from_array(np.zeros((4, 8, 8)), "ZYX", name="cells.tif")
    return Provenance.of(whole, stack).to_json().encode()


@cases(10, shrink=False)
@given(seed=SEEDS)
def test_recipes_and_records(
    seed: int, recipe: bytes, reader: Reader, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    path = tmp_path / "recipe.json"
    content = recipe
    if dice.random() < 0.5:
        content = json.dumps(json.loads(recipe)["recipe"]).encode()
    content = mutate.json_of(content, dice)
    path.write_bytes(content)
    (tmp_path / "segment_log.jsonl").write_bytes(content + b"\n" + content[:50])
    check(reader, dice.choice(["recipe", "recipe", "record"]), path)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[bytes]]:
    """Return labels, and the lines of the journal of their corrections."""
    folder = tmp_path_factory.mktemp("journal")
    labels = np.zeros((2, 24, 20), np.uint16)
    labels[0, 2:9, 3:9] = 4
    labels[1, 8:20, 3:15] = 9
    np.save(folder / "labels.npy", labels)
    path = folder / "a_corrections.jsonl"
    with_own = labels.copy()
    corrections = Corrections(with_own, journal=path)
    corrections.lock([4])
    corrections.do(
        "draw", [Change((0,), (12, 2), np.full((4, 6), 30, np.uint16))], on=[30]
    )
    corrections.do(
        "delete", [Change((1,), (8, 3), np.zeros((12, 12), np.uint16))], on=[9]
    )
    corrections.undo()
    corrections.finish((1,))
    corrections.redo()
    corrections.close()
    return (folder / "labels.npy").read_bytes(), path.read_bytes().splitlines(True)


def sealed(bodies: list[bytes]) -> bytes:
    """Return lines with the checksums that make them sound."""
    chain, lines = 0, []
    for body in bodies:
        chain = zlib.crc32(body, chain)
        lines.append(f'{{"crc":"{chain:08x}",'.encode() + body)
    return b"".join(lines)


@cases(12, shrink=False)
@given(seed=SEEDS)
def test_journals(
    seed: int, journal: tuple[bytes, list[bytes]], reader: Reader, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    labels, lines = journal
    if dice.random() < 0.2:
        content = mutate.bytes_of(b"".join(lines), dice, lines)
    else:
        bodies = [line[len(SEAL) :] for line in lines]
        way = dice.randrange(5)
        at = dice.randrange(len(bodies))
        if way == 0:
            del bodies[at]
        elif way == 1:
            bodies.insert(at, dice.choice(bodies))
        else:
            value = json.loads(b"{" + bodies[at])
            text = json.dumps(mutate.value_of(value, dice), separators=(",", ":"))
            bodies[at] = text.encode()[1:] + b"\n"
        content = sealed(bodies)
    path = tmp_path / "a_corrections.jsonl"
    path.write_bytes(content)
    path.with_name("labels.npy").write_bytes(labels)
    check(reader, "journal", path)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of a run that was stopped after its second plane."""
    folder = tmp_path_factory.mktemp("run")
    planes = np.random.default_rng(0).integers(0, 60, (3, 24, 20)).astype(np.uint8)
    planes[:, 4:12, 5:14] = 200
    tifffile.imwrite(folder / "a.tif", planes, metadata={"axes": "ZYX"}, imagej=True)
    events = iter_file(folder / "a.tif", folder, nmu.Recipe(segment=nmu.Threshold()))
    for _ in range(3):
        next(events)
    events.close()
    return files_in(folder)


def write_all(folder: Path, files: Files) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def changed(files: Files, names: list[str], dice: random.Random) -> Files:
    """Return files of which one or two were changed or are missing."""
    files = Files(files)
    for _ in range(dice.choice([1, 1, 2])):
        name = dice.choice(names)
        if name not in files or dice.random() < 0.05:
            files.pop(name, None)
            continue
        if name.endswith(("json", ".zattrs", ".zarray", ".zgroup")):
            files[name] = mutate.json_of(files[name], dice)
        else:
            files[name] = mutate.bytes_of(files[name], dice, [files[name]])
    return files


@cases(6, shrink=False)
@given(seed=SEEDS)
def test_run_folders(
    seed: int, run_folder: Files, reader: Reader, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    names = [name for name in run_folder if "/" in name and not name.endswith("lock")]
    case = tmp_path / "case"
    write_all(case, changed(run_folder, names, dice))
    try:
        check(reader, "run", case / "a.tif")
    finally:
        shutil.rmtree(case)


@pytest.fixture(scope="module")
def zarrs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Files]:
    """Return the files of small Zarr folders, by their names."""
    folder = tmp_path_factory.mktemp("zarrs")
    small = np.random.default_rng(0).integers(0, 255, (3, 2, 12, 10), np.uint8)
    write_image(folder / "ngff.zarr", Stack.from_array(small, "ZCYX"))
    zarr.save_array(folder / "two.zarr", small, zarr_format=2)
    plain = zarr.create_array(
        folder / "three.zarr", data=small[0], shards=(2, 8, 8), chunks=(1, 4, 4)
    )
    plain.attrs["_ARRAY_DIMENSIONS"] = ["z", "y", "x"]
    found = {path.name: files_in(path) for path in folder.iterdir()}
    found["two.zarr"]["0.0.0.0"] = pickle.dumps(Runs())
    return found


@cases(8, shrink=False)
@given(seed=SEEDS)
def test_zarr(
    seed: int, zarrs: dict[str, Files], reader: Reader, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    name = dice.choice(sorted(zarrs))
    notes = [n for n in zarrs[name] if n.endswith(("json", "attrs", "array", "group"))]
    case = tmp_path / name
    files = changed(zarrs[name], [*notes, *notes, *zarrs[name]], dice)
    write_all(case, files)
    try:
        check(reader, dice.choice(["image", "labels"]), case)
    finally:
        shutil.rmtree(case, ignore_errors=True)


@pytest.fixture(scope="module")
def model() -> Files:
    return files_in(find_model("nuclei"))


@cases(4, shrink=False)
@given(seed=SEEDS)
def test_model_folders_and_weights(
    seed: int, model: Files, reader: Reader, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    case = tmp_path / "case"
    names = ["model.json"] * 6 + sorted(model)
    write_all(case, changed(model, names, dice))
    try:
        check(reader, "model", case)
        weights = case / "network.weights.h5"
        if weights.exists():
            content = mutate.bytes_of(model[weights.name], dice, [b"\x00" * 99])
            weights.write_bytes(content)
            check(reader, "weights", weights)
    finally:
        shutil.rmtree(case)


@cases(3, shrink=False)
@given(seed=SEEDS)
def test_model_zips(seed: int, model: Files, reader: Reader, tmp_path: Path) -> None:
    """Of small files: that a whole model is taken in is seen elsewhere."""
    dice = random.Random(seed)
    parts = {name: content[:3000] for name, content in model.items()}
    parts["model.json"] = model["model.json"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(f"cells/{name}", content)
    content = packed.getvalue()
    way = dice.randrange(3)
    if way < 2:
        content = rezipped(content, dice)
    if way:
        content = mutate.bytes_of(content, dice, [content])
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    check(reader, "zip", path)
