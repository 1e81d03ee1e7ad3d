"""Apply a recipe's pre-processing steps to an image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    UNUSABLE,
    describe_stack,
    exit_on_error,
    progress_bar,
    say,
)
from napari_mobile_unet.commands.options import (
    Axes,
    Channel,
    Input,
    Overwrite,
    check_output,
)
from napari_mobile_unet.io.paths import name_of


def preprocess(
    image: Input,
    output: Annotated[Path, typer.Option("-o", "--output", help="Image to write.")],
    recipe: Annotated[
        str,
        typer.Option(
            metavar="FILE|NAME",
            help="Recipe with the steps, or its name in the library.",
        ),
    ],
    axes: Axes = None,
    channel: Channel = None,
    overwrite: Overwrite = False,
) -> None:
    """Apply a recipe's pre-processing steps to an image."""
    from napari_mobile_unet.commands.recipe import recipe_from_options
    from napari_mobile_unet.io.atomic import check_apart
    from napari_mobile_unet.io.write import check_suffix
    from napari_mobile_unet.recipes.prepared import steps_path
    from napari_mobile_unet.runs.prepare import iter_prepare_file

    with exit_on_error(UNUSABLE):
        chosen = recipe_from_options(recipe, channel=channel)
        check_suffix(output)
        check_apart(output, [image])
    with exit_on_error(FAILED):
        check_output(output, overwrite)
        check_output(steps_path(output), overwrite)
    with exit_on_error(FAILED, image), progress_bar() as bar:
        task = bar.add_task(name_of(image), total=None)
        for done, source in iter_prepare_file(image, output, chosen, axes):
            if not done:
                say(describe_stack(source, chosen.channel or 0, "--axes"))
            bar.update(task, completed=done, total=source.n_planes)
