"""A recipe in words, as Python and as a command: texts that run as they are."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.recipes.library import Library
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.settings import Called, Params
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_mobile_unet.recipes.provenance import Provenance

TAGS = ("method", "kind")
"""Fields that tell which settings these are; a recipe needs them even by default."""
PUBLIC = ("Recipe", "Threshold", "UNet", "Objects", "Link")
"""Settings that stand among the public names."""


@dataclass(frozen=True)
class Source:
    """The file that holds an image."""

    path: Path
    axes: str | None = None
    """Its axes, where it names them otherwise than they were used."""


def find_source(provenance: Provenance, candidates: Iterable[Path]) -> Source | None:
    """Return the file that a result was made from, known by its pixels.

    Parameters
    ----------
    provenance : Provenance
        Of the result.
    candidates : iterable of Path
        Files that may hold the image; others in their folders are looked for by the
        name of the image. Some planes are read.

    Returns
    -------
    Source or None
        None if no file holds that image, so that no text can name it.
    """
    places = list(candidates)
    places += [place.with_name(Path(provenance.source).name) for place in places]
    for path in dict.fromkeys(places):
        for axes in (None, provenance.axes):
            try:
                image = read_stack(path, axes)
            except (OSError, ValueError):
                break
            if image.axes != provenance.axes:
                continue
            if content_digest(image) == provenance.content:
                return Source(path, axes)
    return None


def describe(recipe: Recipe) -> str:
    """Return what a recipe does, in a few words; what is as by default is left out."""
    parts = [] if recipe.channel is None else [f"channel {recipe.channel}"]
    parts += [_words(step.kind, step) for step in recipe.steps]
    method, link = recipe.segment, recipe.link
    if isinstance(method, UNet):
        parts.append(_words(Path(method.model).name, method, "model"))
    else:
        parts.append(_words(method.method, method))
    if objects := _words("", recipe.objects):
        parts.append(f"objects {objects}")
    if link.method != "none":
        how = {"iou": "overlap", "laptrack": "movement"}[link.method]
        parts.append(_words(f"linked by {how}", link))
    return " → ".join(parts)


def to_short_json(recipe: Recipe) -> str:
    """Return a recipe as JSON in one line, without what is as by default."""
    return json.dumps(_short(recipe), ensure_ascii=False)


def to_python(recipe: Recipe, source: Source) -> str:
    """Return Python that makes the labels of an image by a recipe.

    Parameters
    ----------
    recipe : Recipe
        What is done.
    source : Source
        The image.
    """
    needed = {"from napari_mobile_unet.io.read import read_stack"}
    needed |= {
        f"from {type(step).__module__} import {type(step).__name__}"
        for step in recipe.steps
    }
    values = [f"    {name}={_code(v)}," for name, v in _changed(recipe).items()]
    described = "\n".join(["nmu.Recipe(", *values, ")"]) if values else "nmu.Recipe()"
    axes = f", axes={source.axes!r}" if source.axes else ""
    return "\n".join(
        [
            "import napari_mobile_unet as nmu",
            *sorted(needed),
            "",
            f"recipe = {described}",
            f"image = read_stack({str(source.path)!r}{axes})",
            "labels = nmu.segment(image, recipe)",
            "",
        ]
    )


def to_command(
    recipe: Recipe,
    inputs: Sequence[Path],
    output: Path,
    options: Sequence[str] = (),
) -> str:
    """Return the command that segments files by a recipe.

    Parameters
    ----------
    recipe : Recipe
        Named as in the library if it is there, else written out.
    inputs : sequence of Path
        Files, and folders with images.
    output : Path
        The folder for the results.
    options : sequence of str
        Other options.
    """
    words = ["mobile-unet", "segment", *map(str, inputs), "-o", str(output)]
    if recipe != Recipe():
        named = Library().name_of(recipe)
        usable = named is not None and named[0] not in "-{"
        words += ["--recipe", named if named and usable else to_short_json(recipe)]
    return _quoted([*words, *options])


def _quoted(words: Sequence[str]) -> str:
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _changed(settings: Params) -> dict[str, Any]:
    """Return the values of settings that are not those by default."""
    fields = type(settings).model_fields
    return {
        name: value for name, value in settings if value != fields[name].get_default()
    }


def _short(value: Any) -> Any:
    if isinstance(value, Params):
        tags = {name: each for name, each in value if name in TAGS}
        content = {**tags, **_changed(value)}
        return {name: _short(each) for name, each in content.items()}
    if isinstance(value, tuple):
        return [_short(each) for each in value]
    return value


def _code(value: Any) -> str:
    if isinstance(value, Params):
        name = type(value).__name__
        home = "nmu." if name in PUBLIC else ""
        settings = ", ".join(f"{k}={_code(v)}" for k, v in _changed(value).items())
        return f"{home}{name}({settings})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_code, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _words(name: str, settings: Params, *apart: str) -> str:
    """Return a name with the settings that are not as by default, in brackets."""
    fields = type(settings).model_fields
    details = []
    for field, value in _changed(settings).items():
        if field in (*TAGS, *apart):
            continue
        marks = fields[field].metadata
        called = next((each for each in marks if isinstance(each, Called)), None)
        title = called.name if called else field.replace("_", " ")
        shown = called.choices.get(value, value) if called and called.choices else value
        if isinstance(value, bool):
            shown = "yes" if value else "no"
        elif isinstance(value, tuple):
            shown = ", ".join(f"{each:g}" for each in value)
        elif isinstance(value, float):
            shown = f"{value:g}"
        details.append(f"{title} {shown}")
    inside = f"({'; '.join(details)})" if details else ""
    return " ".join(part for part in (name, inside) if part)
