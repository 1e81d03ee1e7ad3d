"""From files to files: each input gives labels, a table and a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np

from napari_mobile_unet.exports.overlay import draw_montage
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.io.names import stem_of
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image, write_labels_into
from napari_mobile_unet.linking.ids import Numbering
from napari_mobile_unet.linking.laptrack import Tracking
from napari_mobile_unet.parallel.executors import THREADS, count_workers
from napari_mobile_unet.recipes.provenance import Provenance, check_same
from napari_mobile_unet.runs.estimate import Preflight, look_ahead
from napari_mobile_unet.runs.identity import Identity
from napari_mobile_unet.runs.outputs import Done, Existing, Format, Outputs
from napari_mobile_unet.runs.result import placed
from napari_mobile_unet.runs.runner import Work, iter_work
from napari_mobile_unet.runs.store import Run
from napari_mobile_unet.unet.confidence import doubts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.types import Floats


def segment_file(
    source: Path,
    folder: Path,
    recipe: Recipe,
    *,
    axes: str | None = None,
    batch_size: int | None = None,
    form: Format = "tif",
    existing: Existing = "refuse",
    overlay: bool = False,
    executor: str = THREADS,
    workers: int | None = None,
    opened: Callable[[Stack, Preflight], None] = lambda stack, ahead: None,
    advanced: Callable[[int, int], None] = lambda done, planes: None,
) -> Done | None:
    """Segment one file and write its results; each whole, or not at all.

    Finished planes lie in ``<stem>.run`` in the output folder until all are done,
    so memory holds a few of them at a time, and a run that was stopped can go on.

    Parameters
    ----------
    source : Path
        The image.
    folder : Path
        Where the results go.
    recipe : Recipe
        What is done.
    axes
        As for ``iter_segment``.
    batch_size : int, optional
        Planes read together; by default as many as are best.
    form : {"tif", "zarr"}
        Of the labels.
    existing : {"refuse", "overwrite", "resume"}
        What happens to earlier results, and to a run that was stopped.
    overlay : bool
        Whether a picture of the outlines is written too.
    executor, workers
        Where the work is done; see ``open_executor``.
    opened, advanced
        Called with the stack and what it will take, and with the planes done and
        in all.

    Returns
    -------
    Done or None
        None if the results were there, and a run was only to go on.

    Raises
    ------
    OSError, ValueError, MemoryError
        If the image cannot be read, the recipe does not fit it, or a result
        exists or cannot be written.
    """
    outputs = Outputs.of(source, folder, form)
    run = Run(folder / f"{stem_of(source)}.run")
    # Where a run is left, its results are not all in place yet.
    if outputs.labels.exists() and existing == "resume" and run.empty:
        check_same(outputs.record, recipe, axes)
        return None
    # Labels come last: without a run the others belong to labels of another format.
    earlier = outputs.labels, *([] if run.exists else [outputs.table, outputs.record])
    if existing == "refuse" and (there := [path for path in earlier if path.exists()]):
        raise FileExistsError(
            f"results are not replaced unasked; {there[0]} exists; "
            "name another folder or add --overwrite"
        )
    image = read_stack(source, axes)
    stack = as_stack(image, None, recipe.channel)
    Numbering(stack, recipe.link)  # what cannot be linked is said before the work
    with run.held():
        try:
            _begin(run, stack, Identity.of(recipe, image), recipe, existing)
            key, fitted = run.fitted
            ahead = look_ahead(
                stack, fitted, count_workers(executor, workers), batch_size, folder
            )
            opened(image, ahead)
            done = run.done
            todo = [n for n in range(stack.n_planes) if n not in done]
            count = len(done)
            advanced(count, stack.n_planes)
            works = [
                Work(
                    source=str(source.resolve()),
                    axes=axes,
                    channel=recipe.channel if "C" in image.axes else None,
                    folder=str(run.folder.resolve()),
                    key=key,
                    numbers=numbers,
                )
                for numbers in _batches(todo, ahead.batch_size)
            ]
            for more in iter_work(works, executor, ahead.workers):
                count += more
                advanced(count, stack.n_planes)
        finally:
            if run.empty:
                run.remove()
        written = write_results(run, stack, recipe, image, outputs, overlay)
    run.remove()
    return written


def _begin(
    run: Run, stack: Stack, identity: Identity, recipe: Recipe, existing: Existing
) -> None:
    """Go on with a run, or begin one."""
    if not run.empty and existing == "resume":
        run.check(identity)
        return
    if not run.empty and existing == "refuse":
        raise FileExistsError(
            f"a run that was stopped lies in {run.folder}; go on with it by --resume, "
            "or begin anew by --overwrite"
        )
    run.begin(stack, identity, recipe)


def _batches(numbers: list[int], size: int) -> Iterator[range]:
    """Yield runs of neighbouring planes, each of ``size`` or fewer."""
    start = 0
    for stop in range(1, len(numbers) + 1):
        ended = stop == len(numbers) or numbers[stop] != numbers[stop - 1] + 1
        if ended or stop - start == size:
            yield range(numbers[start], numbers[stop - 1] + 1)
            start = stop


def write_results(
    run: Run,
    stack: Stack,
    recipe: Recipe,
    image: Stack,
    outputs: Outputs,
    overlay: bool = False,
) -> Done:
    """Write labels, table and record of a finished run.

    Planes are gone through in order, one in memory at a time.
    """
    numbering: Numbering | Tracking = Numbering(stack, recipe.link)
    if recipe.link.method == "laptrack":
        tables = [run.objects(number) for number in range(stack.n_planes)]
        numbering = Tracking(stack, recipe.link, tables)
    overlapping = isinstance(numbering, Numbering) and numbering.axis is not None
    ids: list[NDArray[np.int32]] = []
    seen = left_out = 0
    confidence: list[Floats] = []
    with atomic_path(outputs.table) as beside, beside.open("w", newline="") as file:
        for number in range(stack.n_planes):
            labels = run.labels(number) if overlapping else None
            found, objects = numbering.add(number, labels, run.objects(number))
            ids.append(found)
            seen += len(objects)
            if "confidence" in objects:
                confidence.append(objects["confidence"].to_numpy())
                left_out += run.left_out(number)
            table = placed(objects, stack.index(number), stack.batch_axes)
            table.to_csv(file, header=number == 0, index=False)
    final = run.numbered(stack, ids)
    if overlay:
        with atomic_path(outputs.overlay) as beside:
            iio.imwrite(beside, draw_montage(stack, final), extension=".png")
    Provenance.of(recipe, image).save(outputs.record)
    # The labels come last: where they are, all is.
    if outputs.labels.suffix:
        write_image(outputs.labels, final)
    else:
        write_labels_into(outputs.labels.parents[1], outputs.labels.name, final)
    said = doubts(np.concatenate(confidence), left_out) if confidence else ""
    return Done(outputs, stack.n_planes, seen, said)
