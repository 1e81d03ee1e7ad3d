"""Segment files: labels, a table and a record for each."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    UNUSABLE,
    describe_stack,
    exit_on_error,
    print_error,
    progress_bar,
    say,
    say_stopped,
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
from napari_mobile_unet.parallel.executors import THREADS, check_executor
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from napari_mobile_unet.recipes.provenance import AppliedCorrections
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.runs.batch import FileOptions
    from napari_mobile_unet.runs.files import Event
    from napari_mobile_unet.runs.outputs import Done


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
    pattern: Annotated[
        str,
        typer.Option(help='Images of folders: "*.tif", several as "*.tif; **/*.png".'),
    ] = "*",
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Segment images, stacks and folders of them: labels, table and record for each."""
    from napari_mobile_unet.commands.recipe import (
        one_for_each_class,
        recipe_from_options,
    )
    from napari_mobile_unet.io.atomic import check_folder
    from napari_mobile_unet.runs.batch import FileOptions
    from napari_mobile_unet.runs.corrected import hand_work_of
    from napari_mobile_unet.runs.inputs import find_inputs
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
        found = find_inputs(inputs, pattern)
        sources = found.files
        for folder in runs:
            check_results(sources, folder, form.value)
            check_folder(folder)
        journals = {
            source: hand_work_of(source, corrections, sources) if corrections else None
            for source in sources
        }
    if found.said and not quiet:
        say(found.said)
    options = FileOptions(
        axes=axes,
        form=form.value,
        existing="resume" if resume else "overwrite" if overwrite else "refuse",
        overlay=overlay,
        run=RunOptions(executor, workers, batch_size),
    )
    failed: set[Path] = set()
    for folder, one in runs.items():
        left = [source for source in sources if source not in failed]
        failed |= _segment(left, folder, one, options, journals, quiet)
    if failed:
        raise typer.Exit(FAILED)


def _segment(
    sources: Sequence[Path],
    folder: Path,
    recipe: Recipe,
    options: FileOptions,
    journals: Mapping[Path, Path | None],
    quiet: bool,
) -> set[Path]:
    """Segment files into a folder, and return those that failed."""
    from napari_mobile_unet.runs.files import iter_files

    failed, source = set(), folder
    try:
        events_of_all = iter_files(sources, folder, recipe, options, journals)
        for number, events in groupby(events_of_all, itemgetter(0)):
            source = sources[number]
            if not _follow(source, (each for _, each in events), recipe, quiet):
                failed.add(source)
    except KeyboardInterrupt as error:
        text = f"{source}: stopped; finished planes are kept: use --resume to continue"
        raise typer.Exit(say_stopped(error, text)) from error
    return failed


def _follow(source: Path, events: Iterator[Event], recipe: Recipe, quiet: bool) -> bool:
    """Print what was understood of a file, done and found; return whether it is done.

    Only when it is done is the next file begun.
    """
    from napari_mobile_unet.runs.batch import Opened
    from napari_mobile_unet.runs.files import Ended, Failed
    from napari_mobile_unet.runs.result import PlaneResult

    last: Event | None = None
    with progress_bar(quiet) as bar:
        task = bar.add_task(name_of(source), total=None)
        for last in events:
            if isinstance(last, PlaneResult):
                bar.advance(task)
            elif isinstance(last, Opened):
                bar.update(task, completed=last.done, total=last.estimate.planes)
                if not quiet:
                    say(describe_stack(last.image, recipe.channel or 0, "--axes"))
                    if last.choices:
                        say(f"{last.image.name}: {last.choices}")
                    say(f"{last.image.name}: {last.estimate}")
    if isinstance(last, Failed):
        print_error(source, last.error)
    elif isinstance(last, Ended) and not quiet:
        _print_done(source, last.done)
    return not isinstance(last, Failed)


def _print_done(source: Path, done: Done | None) -> None:
    from napari_mobile_unet.objects.classes import in_words

    if done is None:
        say(f"{name_of(source)}: done already")
        return
    found = counted(done.objects, "object")
    if done.classes:
        found = in_words(done.classes)
    where = counted(done.planes, "plane")
    say(
        f"{name_of(source)}: {found} in {where} → "
        f"{done.outputs.labels}{done.confidence_message}"
    )
    if done.corrections:
        say(f"{name_of(source)}: {describe_corrections(done.corrections)}")


def describe_corrections(corrections: AppliedCorrections) -> str:
    """Return how corrections came into a result."""
    number = corrections.steps
    steps = f"{counted(number, 'step')} of {corrections.journal}"
    if corrections.exact:
        return f"{steps} replayed exactly"
    return (
        f"{steps} were made to other labels; what was locked, deleted or finished in "
        "them is brought over, and new objects are fitted around it"
    )
