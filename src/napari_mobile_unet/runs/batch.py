"""From files to files: each input gives labels, a table and a record."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.images.stack import Stack, as_stack
from napari_mobile_unet.io.names import stem_of
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.linking.ids import check_link
from napari_mobile_unet.parallel.executors import count_workers
from napari_mobile_unet.recipes.prepared import prepared_provenance
from napari_mobile_unet.recipes.provenance import Provenance, check_same
from napari_mobile_unet.runs.corrected import HandWork
from napari_mobile_unet.runs.disk_store import DiskStore
from napari_mobile_unet.runs.estimate import Estimate, estimate
from napari_mobile_unet.runs.fit import fit, tile_cache
from napari_mobile_unet.runs.identity import Identity
from napari_mobile_unet.runs.outputs import Done, Outputs, write_results
from napari_mobile_unet.runs.runner import RunOptions, Source, iter_run

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.runs.outputs import Existing, Format
    from napari_mobile_unet.runs.result import PlaneResult


@dataclass(frozen=True)
class FileOptions:
    """How a file is read, and what is written."""

    axes: str | None = None
    """A letter of "PTCZYXS" for each dimension; those of the file unless given."""
    form: Format = "tif"
    """Of the labels."""
    existing: Existing = "refuse"
    """What happens to earlier results, and to a run that was stopped."""
    overlay: bool = False
    """Whether a picture of the outlines is written too."""
    corrections: Path | None = None
    """Journal of what a person corrected in an earlier result."""
    run: RunOptions = field(default_factory=RunOptions)
    """Where and in which order planes are worked on."""


@dataclass(frozen=True, eq=False)
class Opened:
    """An input that is about to be segmented."""

    image: Stack
    """With all its channels."""
    estimate: Estimate
    """What the run will take."""
    done: int
    """Planes that an earlier run has done."""
    choices: str
    """What was found in the image, where the recipe left it open."""


def iter_file(
    source: Path, folder: Path, recipe: Recipe, options: FileOptions | None = None
) -> Generator[Opened | PlaneResult | Done, None, None]:
    """Segment one file, and yield what is done; each result is whole, or not there.

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
    options : FileOptions, optional
        How.

    Yields
    ------
    Opened, PlaneResult, Done
        First what was opened, then each plane, then the results; nothing if the
        results were there, and a run was only to be resumed.

    Raises
    ------
    OSError, ValueError, MemoryError
        If the image cannot be read, the recipe does not fit it, or a result
        exists or cannot be written.
    """
    options = options or FileOptions()
    outputs = Outputs.of(source, folder, options.form)
    store = DiskStore(folder / f"{stem_of(source)}.run")
    resumed = options.existing == "resume"
    # Where a run is left, its results are not all in place yet.
    finished = resumed and outputs.labels.exists() and store.empty
    if options.existing == "refuse":
        outputs.check_free(store)
    image = read_stack(source, options.axes)
    provenance = Provenance.of(recipe, image, prepared_provenance(source, image))
    work = HandWork.load(options.corrections) if options.corrections else None
    if work:
        provenance = provenance.replace(corrections=work.applied(None))
    if finished:
        check_same(outputs.record, provenance)
        return
    stack = as_stack(image, None, recipe.channel)
    check_link(stack, recipe.link)
    if work:
        work.check(stack, content_digest(image))
    cache = tile_cache(stack)
    with store.held():
        try:
            identity = Identity.of(provenance, image)
            if resumed and not store.empty:
                store.check(stack, identity)
            else:
                alone = recipe.replace(channel=None)
                store.begin(stack, identity, fit(stack, alone, cache))
            _, fitted = store.start
            run = options.run
            ahead = estimate(
                stack,
                fitted,
                replace(run, workers=count_workers(run.executor, run.workers)),
                folder,
            )
            yield Opened(image, ahead, len(store.done), fitted.choices(recipe))
            channel = recipe.channel if "C" in image.axes else None
            yield from iter_run(
                stack,
                fitted,
                store,
                replace(run, batch_size=ahead.batch_size, workers=ahead.workers),
                Source(source.resolve(), options.axes, channel),
                cache,
            )
        finally:
            if store.surely_empty:
                store.remove()
        yield write_results(
            store, stack, recipe.link, provenance, outputs, options.overlay, work
        )
    store.remove()


def segment_file(
    source: Path, folder: Path, recipe: Recipe, options: FileOptions | None = None
) -> Done | None:
    """Segment one file and write its results; see ``iter_file``.

    Returns
    -------
    Done or None
        None if the results were there, and a run was only to be resumed.
    """
    last = deque(iter_file(source, folder, recipe, options), maxlen=1)
    return next((done for done in last if isinstance(done, Done)), None)
