"""Models given away and taken in: whole, or not at all."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

import napari_mobile_unet as nmu
from napari_mobile_unet.models import checks
from napari_mobile_unet.models.checks import check_weights
from napari_mobile_unet.unet.card import CARD, Card, read_card, write_card
from napari_mobile_unet.unet.model import (
    FOLDER_VARIABLE,
    NETWORK,
    QUANTISED,
    WEIGHTS,
    list_models,
    load_model,
    own_models,
    sha256,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a place for own models."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "models"))
    return own_models()


@pytest.fixture
def contents(tmp_path: Path) -> dict[str, bytes]:
    """Return the files of a model whose network is a few bytes, as in a zip."""
    place = tmp_path / "small"
    place.mkdir()
    (place / NETWORK).write_bytes(b"network")
    write_card(place, Card(name="small", files={NETWORK: sha256(place / NETWORK)}))
    return {f"small/{path.name}": path.read_bytes() for path in place.iterdir()}


def packed(files: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_model_comes_back_as_it_went(tmp_path: Path, own: Path) -> None:
    shipped = load_model("nuclei")
    shutil.copytree(shipped.folder, tmp_path / "given" / "cells")
    (tmp_path / "given" / "cells" / "notes.txt").write_text("not of the model")
    nmu.export_model(tmp_path / "given" / "cells", tmp_path / "cells.zip")
    with pytest.raises(FileExistsError, match="already exists"):
        nmu.export_model("nuclei", tmp_path / "cells.zip")

    model = nmu.import_model(tmp_path / "cells.zip")
    assert model.folder == own / "cells" == list_models()["cells"]
    assert model.checksum == shipped.checksum
    assert sorted(path.name for path in model.folder.iterdir()) == sorted(checks.FILES)
    with pytest.raises(FileExistsError, match="'cells' is already there"):
        nmu.import_model(tmp_path / "cells.zip")
    # A network that is not what its card says, under an old name: the old one stays.
    card = read_card(model.folder)
    grey = card.architecture.replace(channels=1)
    other = tmp_path / "given" / "cells"
    write_card(other, card.replace(architecture=grey))
    nmu.export_model(other, tmp_path / "grey.zip")
    with pytest.raises(ValueError, match="'nuclei' do not"):
        nmu.import_model(tmp_path / "grey.zip", overwrite=True)
    assert load_model("cells").checksum == shipped.checksum
    assert [path.name for path in own.iterdir()] == ["cells"]


def with_link(contents: dict[str, bytes], path: Path) -> None:
    with zipfile.ZipFile(packed(contents, path), "a") as archive:
        link = zipfile.ZipInfo(f"small/{WEIGHTS}")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")


def with_more(name: str, content: bytes = b"") -> Callable[..., None]:
    return lambda contents, path: packed({**contents, name: content}, path) and None


def without_card(contents: dict[str, bytes], path: Path) -> None:
    packed({key: b for key, b in contents.items() if CARD not in key}, path)


def with_bomb(contents: dict[str, bytes], path: Path) -> None:
    packed({**contents, f"small/{WEIGHTS}": bytes(2**20)}, path)


def twice(contents: dict[str, bytes], path: Path) -> None:
    with (
        zipfile.ZipFile(packed(contents, path), "a") as archive,
        pytest.warns(UserWarning, match="Duplicate"),
    ):
        archive.writestr(f"small/{CARD}", contents[f"small/{CARD}"])


def cut_off(contents: dict[str, bytes], path: Path) -> None:
    path.write_bytes(packed(contents, path).read_bytes()[:-30])


def damaged(contents: dict[str, bytes], path: Path) -> None:
    content = bytearray(packed(contents, path).read_bytes())
    content[content.index(f"small/{CARD}".encode()) + 40] ^= 255
    path.write_bytes(content)


def altered(contents: dict[str, bytes], path: Path) -> None:
    packed({**contents, f"small/{NETWORK}": b"Network"}, path)


def reaching_out(contents: dict[str, bytes], path: Path) -> None:
    card = json.loads(contents[f"small/{CARD}"])
    card["files"]["../secret"] = "0" * 64
    packed({**contents, f"small/{CARD}": json.dumps(card).encode()}, path)


def of_the_zoo(contents: dict[str, bytes], path: Path) -> None:
    """A package of bioimage.io, whose other files are not looked at, but ours are."""
    own = {key.removeprefix("small/"): content for key, content in contents.items()}
    packed({"rdf.yaml": b"weights: {}", "weights.zip": b"", **own}, path)


def of_others(contents: dict[str, bytes], path: Path) -> None:
    rdf = b"weights: {torchscript: {source: weights.pt}, onnx: {source: weights.onnx}}"
    packed({"rdf.yaml": rdf, "weights.pt": b"code"}, path)


def of_others_damaged(contents: dict[str, bytes], path: Path) -> None:
    packed({"bioimageio.yaml": b"!!python/object:os.system ["}, path)


def without_name(contents: dict[str, bytes], path: Path) -> None:
    packed({**contents, "QQ": b"nothing"}, path)
    path.write_bytes(path.read_bytes().replace(b"QQ", b"\0Q"))


def not_named(contents: dict[str, bytes], path: Path) -> None:
    packed({**contents, f"small/{QUANTISED}": b"more"}, path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (with_more("../evil.txt"), r"it has '\.\./evil\.txt'"),
        (with_more(f"../{NETWORK}"), r"it has '\.\./network\.tflite'"),
        (with_more(f"/{NETWORK}"), r"it has '/network\.tflite'"),
        (with_more(f"..\\{NETWORK}"), "it has"),
        (with_more(f"small/deeper/{WEIGHTS}"), "it has 'small/deeper"),
        (with_more("small/inner.zip"), r"it has 'small/inner\.zip'"),
        (with_more("small/__init__.py"), r"it has 'small/__init__\.py'"),
        (with_more(f"other/{WEIGHTS}"), "it has several folders"),
        (with_link, "which is a link"),
        (without_card, r"it has no model\.json"),
        (with_bomb, r"it has 1,04\d,\d{3} bytes"),
        (twice, r"it has 'model\.json' twice"),
        (cut_off, "whole zip"),
        (damaged, "whole zip"),
        (altered, r"network\.tflite was altered"),
        (reaching_out, "names files of its own folder"),
        (without_name, "it has a file without a name"),
        (not_named, r"does not name network_int8\.tflite"),
        (of_others, r"other weights \(torchscript, onnx\)"),
        (of_others_damaged, r"other weights \(unknown\)"),
        (of_the_zoo, "networks must run here"),
    ],
)
def test_what_is_no_model_leaves_no_trace(
    make: Callable[[dict[str, bytes], Path], None],
    message: str,
    contents: dict[str, bytes],
    tmp_path: Path,
    own: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "LARGEST", 2**20)
    earlier = own / "small"
    shutil.copytree(tmp_path / "small", earlier)
    make(contents, tmp_path / "hostile.zip")
    before = {path: path.read_bytes() for path in earlier.iterdir()}
    with pytest.raises(ValueError, match=message):
        nmu.import_model(tmp_path / "hostile.zip", overwrite=True)
    assert {path: path.read_bytes() for path in earlier.iterdir()} == before
    assert [path.name for path in own.iterdir()] == ["small"]


def test_a_zip_with_a_false_size_unpacks_no_more_than_it_says(
    contents: dict[str, bytes], tmp_path: Path, own: Path
) -> None:
    bomb = {**contents, f"small/{WEIGHTS}": bytes(2**22)}
    raw = packed(bomb, tmp_path / "bomb.zip").read_bytes()
    size = (2**22).to_bytes(4, "little")
    (tmp_path / "bomb.zip").write_bytes(raw.replace(size, (9).to_bytes(4, "little")))
    with pytest.raises(ValueError, match="whole zip"):
        nmu.import_model(tmp_path / "bomb.zip")
    assert not list(own.iterdir())


def test_weights_are_numbers_within_one_file(tmp_path: Path) -> None:
    def written(name: str, fill: Callable[[h5py.File], object]) -> Path:
        with h5py.File(tmp_path / name, "w") as file:
            fill(file)
        return tmp_path / name

    check_weights(
        written("good.h5", lambda f: f.create_dataset("a/0", data=np.ones(3)))
    )
    secret = written("secret.h5", lambda f: f.create_dataset("a", data=np.ones(3)))

    def far(file: h5py.File) -> None:
        file["b"] = h5py.ExternalLink(secret, "a")

    def soft(file: h5py.File) -> None:
        file["b"] = h5py.SoftLink("/a")

    def outside(file: h5py.File) -> None:
        file.create_dataset("b", (3,), np.uint8, external=[("raw", 0, 3)])

    def virtual(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((3,), np.float64)
        layout[:] = h5py.VirtualSource(secret, "a", (3,))
        file.create_virtual_dataset("b", layout)

    def text(file: h5py.File) -> None:
        file["b"] = ["code"]

    def huge(file: h5py.File) -> None:
        file.create_dataset("b", (2**40,), np.float32, chunks=(2**10,))

    for fill, message in (
        (far, "has a link, 'b'"),
        (soft, "has a link, 'b'"),
        (outside, "takes 'b' from other files"),
        (virtual, "takes 'b' from other files"),
        (text, "has object in 'b'"),
        (huge, "more than 256 MB"),
    ):
        with pytest.raises(ValueError, match=message):
            check_weights(written("bad.h5", fill))
    (tmp_path / "bad.h5").write_bytes(b"no HDF5")
    with pytest.raises(ValueError, match="whole HDF5 file"):
        check_weights(tmp_path / "bad.h5")
