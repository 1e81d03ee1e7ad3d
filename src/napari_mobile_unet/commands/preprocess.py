"""Apply a recipe's pre-processing steps to an image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    REFUSED,
    ending,
    progress_bar,
)
from napari_mobile_unet.commands.options import (
    Axes,
    Channel,
    Input,
    recipe_of,
)
from napari_mobile_unet.io.atomic import check_apart
from napari_mobile_unet.io.write import check_suffix
from napari_mobile_unet.runs.prepare import iter_prepare_file


def preprocess(
    image: Input,
    output: Annotated[Path, typer.Option("-o", "--output", help="Image to write.")],
    recipe: Annotated[Path, typer.Option(help="Recipe with the steps.")],
    axes: Axes = None,
    channel: Channel = None,
) -> None:
    """Apply a recipe's pre-processing steps to an image."""
    with ending(REFUSED):
        chosen = recipe_of(recipe, None, None, channel)
        check_suffix(output)
        check_apart(output, [image])
    with ending(FAILED, image), progress_bar() as bar:
        task = bar.add_task(image.name, total=None)
        for done, source in iter_prepare_file(image, output, chosen, axes):
            bar.update(task, completed=done, total=source.n_planes)
