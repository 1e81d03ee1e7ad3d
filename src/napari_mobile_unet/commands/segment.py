"""Segment files: labels, a table and a record for each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    INTERRUPTED,
    UNUSABLE,
    describe_stack,
    exit_on_error,
    print_error,
    progress_bar,
    say,
)
from napari_mobile_unet.commands.options import (
    THRESHOLDS,
    Axes,
    BatchSize,
    Channel,
    Classes,
    ForegroundSide,
    Form,
    Inputs,
    Linking,
    ObjectClasses,
    RecipeChoice,
    Workers,
)
from napari_mobile_unet.io.paths import name_of
from napari_mobile_unet.messages import INPUT_ERRORS
from napari_mobile_unet.parallel.executors import THREADS, check_executor

if TYPE_CHECKING:
    from napari_mobile_unet.recipes.provenance import AppliedCorrections
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.runs.batch import FileOptions


def segment(
    inputs: Inputs,
    output: Annotated[Path, typer.Option("-o", "--output", help="Output folder.")],
    recipe: RecipeChoice = None,
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
    foreground: ForegroundSide = None,
    classes: Classes = None,
    object_classes: ObjectClasses = None,
    batch_size: BatchSize = None,
    link: Annotated[
        Linking | None, typer.Option(help="One id for one object over Z, else over T.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="Of the labels.")] = Form.tif,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace earlier results.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a run that was stopped.")
    ] = False,
    executor: Annotated[
        str,
        typer.Option(
            metavar="threads|processes|tcp://HOST:PORT",
            help="Where planes are worked on: here, or by a Dask cluster.",
        ),
    ] = THREADS,
    workers: Workers = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Draw the outlines, as PNG.")
    ] = False,
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR",
            help="What a person corrected: a journal, or a folder with one for each "
            "input.",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Segment images and stacks: labels, a table and a record for each."""
    from napari_mobile_unet.commands.recipe import (
        one_for_each_class,
        recipe_from_options,
    )
    from napari_mobile_unet.io.atomic import check_folder
    from napari_mobile_unet.runs.batch import FileOptions
    from napari_mobile_unet.runs.corrected import hand_work_of
    from napari_mobile_unet.runs.outputs import check_results
    from napari_mobile_unet.runs.runner import RunOptions

    with exit_on_error(UNUSABLE):
        chosen = recipe_from_options(
            recipe,
            method,
            model,
            channel,
            diameter,
            link,
            foreground,
            classes,
            None if object_classes == "each" else object_classes,
        )
        runs = {output: chosen}
        if object_classes == "each":
            if corrections:
                raise ValueError(
                    "--corrections belong to one labels file for each input; received "
                    "--object-classes each, which gives several; name one class"
                )
            each = one_for_each_class(chosen)
            runs = {output / f"class_{number}": each[number] for number in each}
        check_executor(executor)
        if resume and overwrite:
            raise ValueError(
                "--resume continues earlier results and --overwrite replaces them; "
                "received both; leave one of them out"
            )
        for folder in runs:
            check_results(inputs, folder, form.value)
            check_folder(folder)
        journals = {
            source: hand_work_of(source, corrections, inputs) if corrections else None
            for source in inputs
        }
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
            own = replace(options, corrections=journals[source])
            for folder, one in runs.items():
                _segment(source, folder, one, own, quiet)
        except INPUT_ERRORS as error:
            failed += 1
            print_error(source, error)
        except KeyboardInterrupt as error:
            say(
                f"{source}: stopped; finished planes are kept: use --resume to continue"
            )
            raise typer.Exit(INTERRUPTED) from error
    if failed:
        raise typer.Exit(FAILED)


def _segment(
    source: Path, folder: Path, recipe: Recipe, options: FileOptions, quiet: bool
) -> None:
    """Segment one file, and print what was understood, done and found."""
    from napari_mobile_unet.runs.batch import iter_file
    from napari_mobile_unet.runs.outputs import Done
    from napari_mobile_unet.runs.result import PlaneResult

    done = None
    with progress_bar(quiet) as bar:
        task = bar.add_task(name_of(source), total=None)
        for event in iter_file(source, folder, recipe, options):
            if isinstance(event, PlaneResult):
                bar.advance(task)
            elif isinstance(event, Done):
                done = event
            else:
                planes = event.estimate.planes
                bar.update(task, completed=event.done, total=planes)
                if not quiet:
                    say(describe_stack(event.image, recipe.channel or 0, "--axes"))
                    if event.choices:
                        say(f"{event.image.name}: {event.choices}")
                    say(f"{event.image.name}: {event.estimate}")
    if quiet:
        return
    if done is None:
        say(f"{name_of(source)}: done already")
        return
    found = f"{done.objects} object{'s' * (done.objects != 1)}"
    where = f"{done.planes} plane{'s' * (done.planes != 1)}"
    say(
        f"{name_of(source)}: {found} in {where} → "
        f"{done.outputs.labels}{done.confidence_message}"
    )
    if done.corrections:
        say(f"{name_of(source)}: {describe_corrections(done.corrections)}")


def describe_corrections(corrections: AppliedCorrections) -> str:
    """Return how corrections came into a result."""
    number = corrections.steps
    steps = f"{number} step{'s' * (number != 1)} of {corrections.journal}"
    if corrections.exact:
        return f"{steps} replayed exactly"
    return (
        f"{steps} were made to other labels; what was locked, deleted or finished in "
        "them is brought over, and new objects are fitted around it"
    )
