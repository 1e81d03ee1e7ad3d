"""Teach a model in seconds: what ``train --seconds`` does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.commands.console import (
    print_result,
    progress_bar,
    say,
)
from napari_mobile_unet.objects.classes import in_words
from napari_mobile_unet.training.verdict import sentence
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from pathlib import Path

    from rich.progress import Progress

    from napari_mobile_unet.types import Channel


def teach_folders(
    images: str,
    labels: str,
    output: Path,
    *,
    model: str | None,
    seconds: float,
    classes: int | tuple[str, ...],
    channel: Channel | None,
    seed: int,
    overwrite: bool,
    keep_worse: bool,
    as_json: bool,
) -> None:
    """Teach a model with folders of images and labels, and say how it compares.

    Parameters
    ----------
    images, labels, output, model, seconds, classes, channel, seed
        As for `teach`.
    overwrite, keep_worse
        As for `teach`.
    as_json : bool
        Whether messages go out as lines of JSON.

    Raises
    ------
    ValueError, OSError, JobError
        As for `teach`.
    """
    from napari_mobile_unet.training.teach import teach

    with progress_bar(as_json) as bar:
        task = bar.add_task("teaching", total=1000)
        teach(
            images,
            labels,
            output,
            model=model,
            seconds=seconds,
            classes=classes,
            channel=channel,
            seed=seed,
            overwrite=overwrite,
            keep_worse=keep_worse,
            on_message=lambda message: _tell(message, bar, task, as_json),
        )


def _tell(message: dict[str, Any], bar: Progress, task: Any, as_json: bool) -> None:
    if as_json:
        print_result(json.dumps(message))
        return
    kind = message["kind"]
    if kind in ("masks", "died"):
        say(message["message"])
    elif kind == "ready":
        learnt, apart = counted(message["objects"], "object"), f"{message['apart']}"
        if names := message["classes"]:
            learnt, apart = in_words(names), f"{apart} blocks of them"
        say(
            f"{message['planes']} planes: {learnt} to learn from, {apart} kept apart "
            "to measure on"
        )
    elif kind == "step":
        bar.update(task, completed=int(1000 * message["share"]))
        if message["ap"] is not None:
            loss = message["loss"]
            so_far = "" if loss is None else f", loss {loss:.3f}"
            measure = message["measure"].removesuffix(" at IoU 0.5")
            say(f"step {message['step']}: {measure} {message['ap']:.3f}{so_far}")
    elif kind == "done" and message["gate"]:
        say(sentence(message["gate"]))
