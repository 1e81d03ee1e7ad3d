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
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.atomic import check_apart
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import check_suffix, write_image
from napari_mobile_unet.runs.plane import iter_prepare


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
        stack = as_stack(read_stack(image, axes), None, chosen.channel)
        planes = list(
            bar.track(
                iter_prepare(stack, chosen.steps),
                stack.n_planes,
                description=image.name,
            )
        )
        write_image(output, stack.with_planes(planes))
