"""Segment files: labels, a table and a record for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from napari_mobile_unet.runs.batch import segment_file
from napari_mobile_unet.runs.outputs import check_results

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.runs.estimate import Preflight
    from napari_mobile_unet.runs.outputs import Existing


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
    existing: Existing = "resume" if resume else "overwrite" if overwrite else "refuse"
    failed = 0
    with progress_bar(quiet) as bar:
        for source in inputs:
            task = bar.add_task(source.name, total=None)

            def opened(stack: Stack, ahead: Preflight) -> None:
                if not quiet:
                    errors.print(describe(stack, chosen))
                    errors.print(f"{stack.name}: {ahead}")

            def advanced(done: int, planes: int, task: Any = task) -> None:
                bar.update(task, completed=done, total=planes)

            try:
                done = segment_file(
                    source,
                    output,
                    chosen,
                    axes=axes,
                    batch_size=batch_size,
                    form=form.value,
                    existing=existing,
                    executor=executor,
                    workers=workers,
                    overlay=overlay,
                    opened=opened,
                    advanced=advanced,
                )
            except CAUGHT as error:
                failed += 1
                complain(source, error)
                continue
            except KeyboardInterrupt as error:
                errors.print(
                    f"{source}: stopped; finished planes are kept: go on with --resume"
                )
                raise typer.Exit(STOPPED) from error
            finally:
                bar.remove_task(task)
            if not quiet and done is None:
                errors.print(f"{source.name}: done already")
            elif not quiet and done:
                planes = f"{done.planes} plane{'s' * (done.planes != 1)}"
                errors.print(
                    f"{source.name}: {done.objects} objects in {planes} → "
                    f"{done.outputs.labels}{done.doubts}"
                )
    if failed:
        raise typer.Exit(FAILED)
