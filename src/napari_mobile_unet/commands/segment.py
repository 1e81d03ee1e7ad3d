"""Segment files: labels, a table and a record for each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    REFUSED,
    STOPPED,
    complain,
    describe,
    ending,
    errors,
    progress_bar,
)
from napari_mobile_unet.commands.options import (
    THRESHOLDS,
    Axes,
    Channel,
    Form,
    Inputs,
    Linking,
    recipe_of,
)
from napari_mobile_unet.io.atomic import check_folder
from napari_mobile_unet.messages import CAUGHT
from napari_mobile_unet.parallel.executors import THREADS, check_executor
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.batch import FileOptions, iter_file
from napari_mobile_unet.runs.outputs import Done, check_results
from napari_mobile_unet.runs.result import PlaneResult
from napari_mobile_unet.runs.runner import RunOptions


def segment(
    inputs: Inputs,
    output: Annotated[Path, typer.Option("-o", "--output", help="Output folder.")],
    recipe: Annotated[Path | None, typer.Option(help="Recipe, a JSON file.")] = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar=f"unet|{'|'.join(THRESHOLDS)}", help="How objects are found."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model: name or folder.")] = None,
    diameter: Annotated[
        float | None, typer.Option(min=0, help="Object diameter in pixels.")
    ] = None,
    axes: Axes = None,
    channel: Channel = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Planes read together.")
    ] = None,
    link: Annotated[
        Linking | None, typer.Option(help="One id for one object over Z, else over T.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="Of the labels.")] = Form.tif,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace earlier results.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what was stopped.")
    ] = False,
    executor: Annotated[
        str,
        typer.Option(
            metavar="threads|processes|tcp://HOST:PORT",
            help="Where planes are worked on: here, or by a Dask cluster.",
        ),
    ] = THREADS,
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many threads or processes.")
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Draw the outlines, as PNG.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Say nothing but errors.")
    ] = False,
) -> None:
    """Segment images and stacks: labels, a table and a record for each."""
    with ending(REFUSED):
        chosen = recipe_of(recipe, method, model, channel, diameter, link)
        check_executor(executor)
        if resume and overwrite:
            raise ValueError(
                "earlier results are either gone on with or replaced; received "
                "--resume and --overwrite; leave one of them out"
            )
        check_results(inputs, output, form.value)
        check_folder(output)
    options = FileOptions(
        axes=axes,
        form=form.value,
        existing="resume" if resume else "overwrite" if overwrite else "refuse",
        overlay=overlay,
        run=RunOptions(executor, workers, batch_size),
    )
    failed = 0
    for source in inputs:
        try:
            _segment(source, output, chosen, options, quiet)
        except CAUGHT as error:
            failed += 1
            complain(source, error)
        except KeyboardInterrupt as error:
            errors.print(
                f"{source}: stopped; finished planes are kept: use --resume to continue"
            )
            raise typer.Exit(STOPPED) from error
    if failed:
        raise typer.Exit(FAILED)


def _segment(
    source: Path, folder: Path, recipe: Recipe, options: FileOptions, quiet: bool
) -> None:
    """Segment one file, and print what was understood, done and found."""
    done = None
    with progress_bar(quiet) as bar:
        task = bar.add_task(source.name, total=None)
        for event in iter_file(source, folder, recipe, options):
            if isinstance(event, PlaneResult):
                bar.advance(task)
            elif isinstance(event, Done):
                done = event
            else:
                planes = event.estimate.planes
                bar.update(task, completed=event.done, total=planes)
                if not quiet:
                    errors.print(describe(event.image, recipe))
                    errors.print(f"{event.image.name}: {event.estimate}")
    if quiet:
        return
    if done is None:
        errors.print(f"{source.name}: done already")
        return
    planes_done = f"{done.planes} plane{'s' * (done.planes != 1)}"
    errors.print(
        f"{source.name}: {done.objects} objects in {planes_done} → "
        f"{done.outputs.labels}{done.confidence_message}"
    )
