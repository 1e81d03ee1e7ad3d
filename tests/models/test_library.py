"""A person's own models: renamed and deleted, and never a shipped one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from napari_mobile_unet.commands.app import app
from napari_mobile_unet.models.library import delete_model, place_for, rename_model
from napari_mobile_unet.unet.card import Card, write_card
from napari_mobile_unet.unet.model import (
    FOLDER_VARIABLE,
    NETWORK,
    list_models,
    load_model,
    own_models,
    sha256,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of own models, with the model *cells* in it."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "models"))
    place = own_models() / "cells"
    place.mkdir(parents=True)
    (place / NETWORK).write_bytes(b"network")
    write_card(place, Card(name="cells", files={NETWORK: sha256(place / NETWORK)}))
    return own_models()


def test_a_renamed_model_keeps_its_checksum(own: Path) -> None:
    before = load_model("cells").checksum
    assert rename_model("cells", "Cells") == own / "Cells"
    assert rename_model("Cells", "HeLa 40x (2)") == own / "HeLa 40x (2)"
    assert list(list_models()) == ["nuclei", "nuclei-quick", "HeLa 40x (2)"]
    assert load_model("HeLa 40x (2)").checksum == before


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "a\\b", ".hidden", "end.", "NUL", "com1.x"]
)
def test_names_are_those_of_folders(name: str, own: Path) -> None:
    with pytest.raises(ValueError, match="a model's name is"):
        rename_model("cells", name)
    assert list(list_models()) == ["nuclei", "nuclei-quick", "cells"]


def test_no_model_is_put_over_another(own: Path) -> None:
    (own / "notes").mkdir()
    with pytest.raises(ValueError, match="name of a shipped one"):
        place_for("Nuclei", overwrite=True)
    with pytest.raises(FileExistsError, match="'cells' is already there"):
        place_for("CELLS", overwrite=True)
    with pytest.raises(FileExistsError, match="Something else"):
        place_for("notes", overwrite=True)
    assert place_for("cells", overwrite=True) == own / "cells"


def test_a_model_is_deleted_whole_and_a_link_alone(own: Path, tmp_path: Path) -> None:
    (own / "linked").symlink_to(own / "cells", target_is_directory=True)
    delete_model("linked")
    assert load_model("cells").folder == own / "cells"
    delete_model("cells")
    assert not list(own.iterdir())
    with pytest.raises(FileNotFoundError, match="there is none"):
        delete_model("cells")
    with pytest.raises(ValueError, match="is shipped"):
        delete_model("nuclei")
    assert load_model("nuclei")


def test_the_command_line_asks_before_it_deletes(own: Path, tmp_path: Path) -> None:
    def run(*arguments: str, answer: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(app, ["models", *arguments], input=answer)
        return done.exit_code, " ".join(done.stderr.split())

    assert run("export", "cells", "-o", str(tmp_path / "cells.zip"))[0] == 0
    assert run("rename", "cells", "HeLa") == (0, f"cells is now HeLa: {own / 'HeLa'}")
    status, said = run("delete", "HeLa", answer="n\n")
    assert status == 1 and "Delete the model HeLa?" in said and "HeLa" in list_models()
    assert run("delete", "HeLa", answer="y\n")[0] == 0
    assert list(list_models()) == ["nuclei", "nuclei-quick"]
    (tmp_path / "cells.zip").write_bytes(b"no zip")
    status, said = run("import", str(tmp_path / "cells.zip"))
    assert status == 1 and "imported from a whole zip" in said
    status, said = run("import", str(tmp_path))
    assert status == 1 and "is no file; name another one" in said
    assert run("delete", "nuclei", "--yes")[0] == 1
