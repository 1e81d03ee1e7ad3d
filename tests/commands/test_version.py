from __future__ import annotations

from importlib.metadata import version

from typer.testing import CliRunner

from napari_mobile_unet.commands.app import app


def test_the_version_alone_is_printed() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == version("napari-mobile-unet") + "\n"
