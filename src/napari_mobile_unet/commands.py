"""The commands about models and their results: train, evaluate, measure, models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from napari_mobile_unet.console import (
    FAILED,
    REFUSED,
    complain,
    ending,
    errors,
    interruptible,
    progress_bar,
)
from napari_mobile_unet.evaluation.files import evaluate_files, measure_file
from napari_mobile_unet.messages import CAUGHT
from napari_mobile_unet.settings import read_json
from napari_mobile_unet.training.job import TrainingJob, start_from
from napari_mobile_unet.training.process import JobError, training
from napari_mobile_unet.unet.model import list_models, load_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_mobile_unet.unet.model import Model

Settings = Annotated[
    list[Path] | None,
    typer.Option(help="JSON file with further settings; a later one beats an earlier."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


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
    """Train a model on pairs of images and labels that share their file stems."""
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


def evaluate(
    predicted: Annotated[Path, typer.Argument(help="Label file or folder.")],
    truth: Annotated[Path, typer.Argument(help="Label file or folder.")],
    as_json: Json = False,
) -> None:
    """Compare labels with the truth: two files, or two folders matched by stem."""
    with ending(FAILED):
        scores, images = evaluate_files(predicted, truth)
    content = scores.summary()
    if as_json:
        typer.echo(json.dumps(content, indent=2))
        return
    table = Table("IoU ≥", "AP, image mean", "AP, pooled")
    for iou, ap in content["ap"].items():
        table.add_row(iou, f"{ap:.4f}", f"{content['ap_pooled'][iou]:.4f}")
    console = Console()
    console.print(table)
    console.print(
        f"{images} image{'s' * (images != 1)}, {scores.n_true} true and "
        f"{scores.n_predicted} predicted objects, "
        f"panoptic quality {scores.panoptic_quality:.4f}, Dice {scores.dice:.4f}"
    )


def measure(
    labels: Annotated[Path, typer.Argument(help="Label file.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Table, .csv.")],
    image: Annotated[
        Path | None, typer.Option(help="Image, for the grey values.")
    ] = None,
) -> None:
    """Measure objects: place, size, shape, and grey values where there is an image."""
    with ending(FAILED, labels):
        measure_file(labels, output, image)


def models(as_json: Json = False) -> None:
    """List the models at hand, with origin, licence and checksum."""
    found, broken = {}, False
    for name, folder in list_models().items():
        try:
            found[name] = load_model(folder)
        except CAUGHT as error:
            complain(folder, error)
            broken = True
    _print_models(found, as_json)
    if broken:
        raise typer.Exit(FAILED)


def _print_models(found: Mapping[str, Model], as_json: bool) -> None:
    if as_json:
        content = {
            name: {
                "folder": str(model.folder),
                "checksum": model.checksum,
                **model.card.model_dump(mode="json"),
            }
            for name, model in found.items()
        }
        typer.echo(json.dumps(content, indent=2))
        return
    table = Table("model", "finds", "trained on", "licence", "diameter", "SHA-256")
    for name, model in found.items():
        card = model.card
        table.add_row(
            name,
            card.description,
            card.training.data or str(model.folder),
            card.licence,
            f"{card.diameter:g} px",
            model.checksum[:12],
        )
    Console().print(table)
