"""How Sphinx builds these pages into a site: ``make docs``."""

from collections.abc import Iterator
from importlib.metadata import version as version_of

from typer import Typer
from typer.testing import CliRunner

from napari_mobile_unet.commands.app import app

project = "napari-mobile-unet"
author = "the authors of napari-mobile-unet"
release = version_of(project).split("+")[0]
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
]
myst_enable_extensions = ["colon_fence", "deflist", "substitution"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings have types, in words
numpydoc_show_class_members = False  # autodoc lists them
numpydoc_class_members_toctree = False

html_theme = "furo"
html_title = project
html_static_path = ["pictures"]
html_theme_options = {
    "source_repository": "https://github.com/napari-mobile-unet/napari-mobile-unet/",
    "source_branch": "main",
    "source_directory": "docs/",
}


def _names(commands: Typer, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words that call each command and each command of a group."""
    for command in commands.registered_commands:
        name = command.name or command.callback.__name__.replace("_", "-")
        yield (*above, name)
    for group in commands.registered_groups:
        yield from _names(group.typer_instance, (*above, group.name))


def _section(words: tuple[str, ...]) -> str:
    """Return the help of a command as a section of a page."""
    asked = CliRunner().invoke(app, [*words, "--help"], prog_name="mobile-unet")
    return f"## {' '.join(words)}\n\n```text\n{asked.stdout.strip()}\n```"


myst_substitutions = {"help_of_commands": "\n\n".join(map(_section, _names(app)))}
