"""Train a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    UNUSABLE,
    describe_stack,
    exit_on_error,
    interruptible,
    print_error,
    print_result,
    progress_bar,
    say,
    worth_saying,
)
from napari_mobile_unet.commands.options import Channel, Json, Overwrite
from napari_mobile_unet.messages import INPUT_ERRORS

if TYPE_CHECKING:
    from rich.progress import Progress

    from napari_mobile_unet.training.job import TrainingJob
    from napari_mobile_unet.training.process import RunningTraining

EPOCHS = 30
"""Epochs of a training whose length is not given."""

Settings = Annotated[
    list[Path] | None,
    typer.Option(help="JSON file with further settings; a later one replaces values."),
]


def train(
    images: Annotated[str, typer.Argument(help="Folder of images, or a pattern.")],
    labels: Annotated[str, typer.Argument(help="Folder of labels, or a pattern.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="New model folder.")],
    start: Annotated[
        str | None, typer.Option("--from", help="Model to start from: name or folder.")
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(help="Model to learn from besides the labels: name or folder."),
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="How long to train.")] = None,
    epochs: Annotated[int | None, typer.Option(min=0, help="Epochs to train.")] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=1, help="Teach: learn from a few images in that time, then compare."
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="N|NAMES",
            help="Teach: values of labels are classes of pixels; how many, or their "
            "names: membrane,vesicle.",
        ),
    ] = None,
    channel: Channel = None,
    keep_worse: Annotated[
        bool, typer.Option("--keep-worse", help="Keep what was taught even if worse.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**32 - 1, help="Seed of all randomness.")
    ] = None,
    settings: Settings = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Train a model on images and their labels: those of cell.tif are called cell_labels, as segment writes them, or cell."""  # noqa: E501  the list of commands shows one line
    from napari_mobile_unet.commands.recipe import recipe_from_options
    from napari_mobile_unet.commands.teaching import teach_folders
    from napari_mobile_unet.settings import read_json
    from napari_mobile_unet.training.job import TrainingJob, check_job, start_from
    from napari_mobile_unet.training.process import JobError, training
    from napari_mobile_unet.unet.model import load_model

    if seconds is not None:
        with exit_on_error(UNUSABLE):
            _check_alone(
                seconds,
                teacher=teacher,
                minutes=minutes,
                epochs=epochs,
                settings=settings,
            )
            chosen = recipe_from_options(channel=channel).channel
        try:
            teach_folders(
                images,
                labels,
                output,
                model=start,
                seconds=seconds,
                classes=_classes_from_option(classes),
                channel=chosen,
                seed=seed or 0,
                overwrite=overwrite,
                keep_worse=keep_worse,
                as_json=as_json,
            )
        except (JobError, *INPUT_ERRORS) as error:
            print_error("mobile-unet", error)
            raise typer.Exit(FAILED) from error
        return
    with exit_on_error(UNUSABLE):
        for name, value in (("classes", classes), ("channel", channel)):
            if value is not None:
                raise ValueError(
                    f"--{name} is for teaching; received {value!r} without --seconds; "
                    "add --seconds, or leave it out"
                )
        given: dict[str, Any] = {}
        for path in settings or ():
            given |= read_json(path, "a file of settings")
        length = {"minutes": minutes, "epochs": epochs}
        if minutes is None and epochs is None and not given.keys() & length.keys():
            length["epochs"] = EPOCHS
        given |= {key: value for key, value in length.items() if value is not None}
        if start:
            given |= start_from(load_model(start), given.get("architecture"))
        if teacher:
            given |= {"teacher": load_model(teacher).folder}
        given |= {"images": images, "labels": labels, "output": output}
        given |= {} if seed is None else {"seed": seed}
        given |= {"overwrite": True} if overwrite else {}
        job = TrainingJob.model_validate(given)
    with exit_on_error(FAILED):
        check_job(job)
        _describe_pairs(job)
    try:
        with (
            progress_bar(as_json) as bar,
            training(job) as running,
            interruptible(running.stop),
        ):
            _print_messages(running, bar, as_json)
    except (JobError, *INPUT_ERRORS) as error:
        print_error("mobile-unet", error)
        raise typer.Exit(FAILED) from error


def _classes_from_option(text: str | None) -> int | tuple[str, ...]:
    """Return how many classes ``--classes`` names, or their names; 0 for objects."""
    if text is None:
        return 0
    names = tuple(part.strip() for part in text.split(","))
    return int(text) if text.isdigit() and int(text) else names


def _check_alone(seconds: float, **others: object) -> None:
    """Refuse options of a training for a teaching, which decides them itself.

    Raises
    ------
    ValueError
        If one is given.
    """
    for name, value in others.items():
        if value:
            raise ValueError(
                f"--seconds teaches, and decides all else itself; received --{name} "
                f"{value} beside --seconds {seconds:g}; leave one of them out"
            )


def _describe_pairs(job: TrainingJob) -> None:
    """Say which files belong together, and what was guessed or left out of them."""
    from napari_mobile_unet.io.paths import PICTURES
    from napari_mobile_unet.io.read import read_stack
    from napari_mobile_unet.training.pairs import find_pairs

    pairs = find_pairs(job.images, job.labels)
    say(pairs.description)
    for path in (path for pair in pairs.files.values() for path in pair):
        if path.suffix.lower() in PICTURES:  # their axes are certain
            continue
        stack = read_stack(path)
        if worth_saying(stack):
            say(describe_stack(stack))


def _print_messages(running: RunningTraining, bar: Progress, as_json: bool) -> None:
    """Print the messages of a training as they come."""
    task = bar.add_task("training", total=1000)
    for message in running.messages:
        if as_json:
            print_result(json.dumps(message))
        elif message["kind"] == "stopping":
            say(
                "Stopping: the model is being tuned and saved, which may take "
                "minutes; press Ctrl-C again to discard it"
            )
        elif message["kind"] == "epoch":
            bar.update(task, completed=int(1000 * message["share"]))
            ap = "" if message["ap"] is None else f", AP {message['ap']:.3f}"
            say(f"epoch {message['epoch']}: loss {message['loss']:.4f}{ap}")
