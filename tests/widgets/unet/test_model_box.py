from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtWidgets import QFileDialog

from napari_mobile_unet.models.library import delete_model, rename_model
from napari_mobile_unet.unet.model import FOLDER_VARIABLE, load_model

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


def test_the_box_follows_the_folder_of_own_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unet: Any, qtbot: QtBot
) -> None:
    """A model that comes is offered; one that goes is not replaced without a word."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "models"))
    box = unet.model

    def offered() -> list[str]:
        return [box.itemText(number) for number in range(box.count())]

    shutil.copytree(load_model("nuclei").folder, tmp_path / "far" / "cells")
    monkeypatch.setattr(
        QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "far" / "cells")
    )
    unet.folder_button.click()
    unet.folder_button.click()
    assert offered() == ["nuclei", "nuclei-quick", "cells"]
    assert unet.recipe.segment.model == str(tmp_path / "far" / "cells")

    (tmp_path / "models").mkdir()
    unet.seen.emit(True)  # the page was turned; from now on the folder is watched
    shutil.move(tmp_path / "far" / "cells", tmp_path / "models" / "cells")
    qtbot.waitUntil(lambda: "cells (gone)" in offered(), timeout=10_000)
    assert box.currentText() == "cells (gone)"
    assert offered()[:3] == ["nuclei", "nuclei-quick", "cells"]
    box.setCurrentText("cells")
    assert unet.recipe.segment.model == "cells"
    assert "BBBC038" in box.toolTip()

    rename_model("cells", "HeLa")
    qtbot.waitUntil(lambda: "HeLa" in offered(), timeout=10_000)
    assert box.currentText() == "cells (gone)"
    assert "received 'cells'" in box.toolTip()
    box.setCurrentText("HeLa")
    delete_model("HeLa")
    box.setCurrentText("nuclei")
    qtbot.waitUntil(lambda: offered() == ["nuclei", "nuclei-quick"], timeout=10_000)
