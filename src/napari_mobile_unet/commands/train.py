"""Train a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    REFUSED,
    complain,
    ending,
    errors,
    interruptible,
    progress_bar,
)
from napari_mobile_unet.commands.options import Json
from napari_mobile_unet.messages import CAUGHT
from napari_mobile_unet.settings import read_json
from napari_mobile_unet.training.job import TrainingJob, start_from
from napari_mobile_unet.training.pairs import find_pairs
from napari_mobile_unet.training.process import JobError, training
from napari_mobile_unet.unet.model import load_model

Settings = Annotated[
    list[Path] | None,
    typer.Option(help="JSON file with further settings; a later one beats an earlier."),
]


def train(
    images: Annotated[str, typer.Argument(help="Folder of images, or a pattern.")],
    labels: Annotated[str, typer.Argument(help="Folder of labels, or a pattern.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="New model folder.")],
    start: Annotated[
        str | None, typer.Option("--from", help="Model to start from: name or folder.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="How long to train.")] = None,
    epochs: Annotated[int | None, typer.Option(min=0, help="Epochs to train.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of every random choice.")
    ] = None,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Train a model on images and their labels: those of cell.tif are called cell_labels, as segment writes them, or cell."""  # noqa: E501
    with ending(REFUSED):
        given: dict[str, Any] = {}
        for path in settings or ():
            given |= read_json(path, "a file of settings")
        length = {"minutes": minutes, "epochs": epochs}
        if minutes is None and epochs is None and not given.keys() & length.keys():
            length["epochs"] = 30
        given |= {key: value for key, value in length.items() if value is not None}
        if start:
            given |= start_from(load_model(start), given.get("architecture"))
        given |= {"images": images, "labels": labels, "output": output}
        given |= {} if seed is None else {"seed": seed}
        job = TrainingJob.model_validate(given)
    with ending(FAILED):
        errors.print(find_pairs(job.images, job.labels).description)
    try:
        with (
            progress_bar(as_json) as bar,
            training(job) as running,
            interruptible(running.stop),
        ):
            task = bar.add_task("training", total=1000)
            for message in running.messages:
                if as_json:
                    typer.echo(json.dumps(message))
                elif message["kind"] == "stopping":
                    errors.print(
                        "stopping: what was learnt is tuned and saved, which may take "
                        "minutes; Ctrl-C once more gives it up"
                    )
                elif message["kind"] == "epoch":
                    bar.update(task, completed=int(1000 * message["share"]))
                    ap = "" if message["ap"] is None else f", AP {message['ap']:.3f}"
                    errors.print(
                        f"epoch {message['epoch']}: loss {message['loss']:.4f}{ap}"
                    )
    except (JobError, *CAUGHT) as error:
        complain("mobile-unet", error)
        raise typer.Exit(FAILED) from error
