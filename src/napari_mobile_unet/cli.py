"""The command line, ``mobile-unet``.

Exit status: 0 done, 1 some inputs failed (each named on standard error, the
others done), 2 unusable arguments. Standard output carries results only, so that
it can be piped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_mobile_unet.commands import Json, evaluate, measure, models, train
from napari_mobile_unet.console import (
    FAILED,
    REFUSED,
    STOPPED,
    complain,
    describe,
    ending,
    errors,
    progress_bar,
)
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.atomic import check_apart, check_folder
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import check_suffix, write_image
from napari_mobile_unet.messages import CAUGHT
from napari_mobile_unet.options import (
    GLOBAL,
    THRESHOLDS,
    Axes,
    Channel,
    Form,
    Input,
    Inputs,
    Linking,
    Scope,
    recipe_of,
)
from napari_mobile_unet.parallel.executors import THREADS, check_executor
from napari_mobile_unet.runs.batch import segment_file
from napari_mobile_unet.runs.outputs import check_results
from napari_mobile_unet.runs.plane import iter_prepare
from napari_mobile_unet.thresholding.histogram import count_planes
from napari_mobile_unet.thresholding.threshold import Threshold

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.runs.estimate import Preflight
    from napari_mobile_unet.runs.outputs import Existing

app = typer.Typer(
    help="Prepare, threshold and segment microscope images and stacks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
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


@app.command()
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


@app.command()
def preprocess(
    image: Input,
    output: Annotated[Path, typer.Option("-o", "--output", help="Image to write.")],
    recipe: Annotated[Path, typer.Option(help="Recipe with the steps.")],
    axes: Axes = None,
    channel: Channel = None,
) -> None:
    """Apply a recipe's pre-processing steps to an image."""
    with ending(REFUSED):
        chosen = recipe_of(recipe, None, None, channel)
        check_suffix(output)
        check_apart(output, [image])
    with ending(FAILED, image), progress_bar() as bar:
        stack = as_stack(read_stack(image, axes), None, chosen.channel)
        planes = list(
            bar.track(
                iter_prepare(stack, chosen.steps),
                stack.n_planes,
                description=image.name,
            )
        )
        write_image(output, stack.with_planes(planes))


@app.command("open")
def open_(
    images: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", show_default=False)
    ] = None,
) -> None:
    """Open napari with the images and the plugin's docks."""
    from napari_mobile_unet.widgets.window import run

    with ending(FAILED):
        run(images or [])


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Output folder.")
    ] = Path("demo"),
) -> None:
    """Run the main job on sample images, and show the result."""
    from napari_mobile_unet.demo import run

    with ending(REFUSED):
        check_folder(output)
    with ending(FAILED):
        run(output)


for command in (train, evaluate, measure, models):
    app.command()(command)


def main() -> None:
    """Run the command line."""
    app()
