"""Compute a threshold, and draw it on the histogram."""

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
    print_result,
    say,
)
from napari_mobile_unet.commands.options import (
    GLOBAL,
    Axes,
    Channel,
    ForegroundSide,
    Input,
    Json,
    Overwrite,
    Scope,
    check_output,
)

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.thresholding.otsu import HistogramSplit
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
    foreground: ForegroundSide = None,
    plot: Annotated[
        Path | None, typer.Option(help="Write the histogram: .png, .svg, .pdf or .csv.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="Write the class of each pixel, from 1, the darkest: .tif or .zarr."
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Compute a threshold, Otsu's or another, and draw it on the histogram."""
    import numpy as np

    from napari_mobile_unet.commands.recipe import recipe_from_options
    from napari_mobile_unet.images.stack import Stack, as_stack
    from napari_mobile_unet.io.atomic import check_apart
    from napari_mobile_unet.io.read import read_stack
    from napari_mobile_unet.io.write import check_suffix, write_image
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.runs.segment import segment
    from napari_mobile_unet.thresholding.histogram import count_planes
    from napari_mobile_unet.thresholding.threshold import Threshold

    with exit_on_error(UNUSABLE):
        if method not in GLOBAL:
            raise ValueError(
                f"--method is one of {', '.join(GLOBAL)}; received {method!r}"
            )
        number = recipe_from_options(method=method, channel=channel).channel
        settings = Threshold.model_validate(
            {
                "method": method,
                "classes": classes,
                "scope": scope.value,
                "foreground": foreground.value if foreground else "auto",
            }
        )
        if labels:
            check_suffix(labels)
        for written in filter(None, (plot, labels)):
            check_apart(written, [image])
    with exit_on_error(FAILED):
        for written in filter(None, (plot, labels)):
            check_output(written, overwrite)
    with exit_on_error(FAILED, image):
        stack = read_stack(image, axes)
        say(describe_stack(stack, number or 0, "--axes"))
        stack = as_stack(stack, None, number)
        split = settings.split(
            count_planes(lambda: (stack.plane(n) for n in range(stack.n_planes)))
        )
        content = _summary(settings, stack, split)
        if plot:
            from napari_mobile_unet.thresholding.plot import save_histogram

            save_histogram(split, plot, foreground=settings.side(split))
        if labels:
            of_classes = settings.replace(result="classes")
            classes_of = segment(stack, Recipe(segment=of_classes)).astype(np.uint8)
            write_image(labels, Stack(classes_of, stack.labels_grid), labels=True)
    if as_json:
        print_result(json.dumps(content, indent=2))
        return
    for plane in [{"index": None, **content}, *content.get("planes", ())]:
        print_result(_line(plane))


def _summary(
    settings: Threshold, stack: Stack, split: HistogramSplit
) -> dict[str, Any]:
    """Return the thresholds of a stack, and of its planes if each has its own."""
    from napari_mobile_unet.runs.fit import stack_foreground

    found = settings.foreground_of(split)
    if settings.scope == "plane" and settings.foreground == "auto":
        found = stack_foreground(stack)  # one side for all, as in a segmentation
    content = {
        **split.summary(),
        "foreground": found.side,
        "foreground_reason": found.reason,
    }
    if settings.scope == "plane":
        content["planes"] = [
            {"index": list(stack.index(n)), **settings.summary(stack.plane(n))}
            for n in range(stack.n_planes)
        ]
    return content


def _line(found: dict[str, Any]) -> str:
    """Return the thresholds of a stack or of one of its planes in one line."""
    where = "stack" if found["index"] is None else f"plane {found['index']}"
    if not found["thresholds"]:
        return f"{where}: no threshold, excluded {found['excluded']}"
    values = ", ".join(f"{value:g}" for value in found["thresholds"])
    shares = ", ".join(f"{share:.1%}" for share in found["class_shares"])
    text = (
        f"{where}: threshold {values}, separability {found['separability']:.3f}, "
        f"shares {shares}, excluded {found['excluded']}"
    )
    if "foreground" in found:
        text += f", foreground {found['foreground']}"
        if found["foreground_reason"] != "chosen":
            text += f" (auto: {found['foreground_reason']})"
    return text
