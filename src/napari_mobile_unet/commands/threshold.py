"""Compute a threshold, and draw it on the histogram."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    REFUSED,
    ending,
)
from napari_mobile_unet.commands.options import (
    GLOBAL,
    Axes,
    Channel,
    Input,
    Json,
    Scope,
    recipe_of,
)
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.thresholding.histogram import count_planes
from napari_mobile_unet.thresholding.threshold import Threshold


def threshold(
    image: Input,
    axes: Axes = None,
    channel: Channel = None,
    scope: Annotated[
        Scope, typer.Option(help="One threshold, or one for each plane as well.")
    ] = Scope.stack,
    classes: Annotated[int, typer.Option(min=2, max=4, help="Number of classes.")] = 2,
    method: Annotated[
        str,
        typer.Option(metavar="|".join(GLOBAL), help="How the threshold is found."),
    ] = "otsu",
    plot: Annotated[
        Path | None, typer.Option(help="Write the histogram: .png, .svg, .pdf or .csv.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute a threshold, Otsu's or another, and draw it on the histogram."""
    with ending(REFUSED):
        if method not in GLOBAL:
            raise ValueError(f"--method is one of {', '.join(GLOBAL)}; got {method!r}")
        chosen = recipe_of(None, method, None, channel)
        settings = Threshold.model_validate(
            {"method": method, "classes": classes, "scope": scope.value}
        )
    with ending(FAILED, image):
        stack = as_stack(read_stack(image, axes), None, chosen.channel)
        split = settings.split(
            count_planes(lambda: (stack.plane(n) for n in range(stack.n_planes)))
        )
        content = split.summary()
        if scope is Scope.plane:
            content["planes"] = [
                {"index": list(stack.index(n)), **settings.summary(stack.plane(n))}
                for n in range(stack.n_planes)
            ]
        if plot:
            from napari_mobile_unet.thresholding.plot import (
                save_histogram,  # matplotlib
            )

            save_histogram(split, plot)
    if as_json:
        typer.echo(json.dumps(content, indent=2))
        return
    for plane in [{"index": None, **content}, *content.get("planes", ())]:
        where = "stack" if plane["index"] is None else f"plane {plane['index']}"
        if not plane["thresholds"]:
            typer.echo(f"{where}: no threshold, excluded {plane['excluded']}")
            continue
        values = ", ".join(f"{value:g}" for value in plane["thresholds"])
        shares = ", ".join(f"{share:.1%}" for share in plane["class_shares"])
        typer.echo(
            f"{where}: threshold {values}, separability {plane['separability']:.3f}, "
            f"shares {shares}, excluded {plane['excluded']}"
        )
