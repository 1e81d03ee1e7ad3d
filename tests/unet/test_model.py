from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import napari_mobile_unet as nmu
from napari_mobile_unet.commands.app import app
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.unet import model as models
from napari_mobile_unet.unet.card import CARD, Card, read_card, write_card
from napari_mobile_unet.unet.model import list_models, load_model, model_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a model folder whose network is a few bytes."""
    place = tmp_path / "mine"
    place.mkdir()
    (place / models.NETWORK).write_bytes(b"network")
    write_card(
        place,
        Card(name="mine", files={models.NETWORK: sha256(place / models.NETWORK)}),
    )
    return place


def test_a_whole_folder_loads_by_its_path(folder: Path) -> None:
    model = load_model(folder)
    assert model.card.name == "mine"
    assert model.network().read_bytes() == b"network"
    assert model.checksum == sha256(folder / CARD)


def test_own_models_are_found_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "own_models", lambda: folder.parent)
    assert list_models()["mine"] == folder
    assert list(list_models()) == [
        "nuclei",
        "nuclei-quick",
        "mine",
    ]  # the first is the default
    assert load_model("mine").folder == folder


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / models.NETWORK).unlink()
    with pytest.raises(FileNotFoundError, match=r"network\.tflite is missing"):
        load_model(folder)


def test_a_card_without_a_network_is_refused(folder: Path) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "files": {}}))
    with pytest.raises(ValueError, match=r"must name network\.tflite"):
        load_model(folder)


def test_an_altered_file_is_named(folder: Path) -> None:
    (folder / models.NETWORK).write_bytes(b"Network")
    with pytest.raises(ValueError, match=r"network\.tflite was altered"):
        load_model(folder)


def test_an_unknown_name_lists_those_at_hand() -> None:
    with pytest.raises(
        FileNotFoundError, match=r"received 'nuclai'; choose one of: .*nuclei"
    ):
        load_model("nuclai")


def test_a_card_survives_the_file(folder: Path) -> None:
    card = read_card(folder)
    assert Card.model_validate(json.loads((folder / CARD).read_text())) == card


def test_the_shipped_model_is_whole_and_says_where_it_comes_from() -> None:
    card = load_model("nuclei").card
    assert card.licence
    assert "BBBC038" in card.training.data
    assert card.training.images > 300


def test_a_shipped_model_goes_before_an_own_one_of_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "own_models", lambda: folder.parent)
    folder.rename(folder.with_name("nuclei"))
    assert load_model("nuclei").card.name == "nuclei"


def test_a_folder_that_was_replaced_is_another_model(folder: Path) -> None:
    first = model_of(str(folder))
    assert model_of(str(folder)) is first
    card = first.card.replace(description="another")
    write_card(folder, card)
    os.utime(folder / CARD, ns=(1, 1))
    second = model_of(str(folder))
    assert second.card.description == "another"
    assert second.checksum == sha256(folder / CARD) != first.checksum


def test_a_broken_model_hides_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / models.NETWORK).unlink()
    monkeypatch.setattr(models, "own_models", lambda: folder.parent)
    done = CliRunner().invoke(app, ["models", "--json"])
    assert done.exit_code == 1
    assert list(json.loads(done.stdout)) == ["nuclei", "nuclei-quick"]
    assert f"{models.NETWORK} is missing" in done.stderr


@pytest.mark.parametrize("name", ["nuclei", "nuclei-quick"])
def test_the_shipped_models_find_nuclei(name: str) -> None:
    image = read_stack(sample_path("nuclei_zstack.tif")).plane(6)
    truth = read_stack(sample_path("nuclei_zstack_labels.tif")).plane(6)
    labels = nmu.segment(image, nmu.Recipe(segment=nmu.UNet(model=name)), axes="YX")
    assert nmu.evaluate(labels, truth).ap[0.5] > 0.8
