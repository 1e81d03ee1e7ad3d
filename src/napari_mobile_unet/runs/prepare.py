"""From an image to a prepared image, plane by plane."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.preprocessing.chain import apply_steps
from napari_mobile_unet.recipes.prepared import (
    Prepared,
    prepared_provenance,
    steps_path,
)
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.runs.fit import fit_to_stack
from napari_mobile_unet.runs.image_store import ImageStore
from napari_mobile_unet.runs.reading import Batch, batches
from napari_mobile_unet.runs.runner import RunOptions, iter_batches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.preprocessing.steps import AnyStep
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.types import Plane


def iter_prepare(
    stack: Stack,
    steps: tuple[AnyStep, ...],
    store: ImageStore,
    options: RunOptions | None = None,
) -> Iterator[int]:
    """Prepare the planes that a store lacks; yield the number of each that is kept.

    Parameters
    ----------
    stack : Stack
        The image, of one channel or RGB.
    steps : tuple of steps
        Pre-processing, in order; fitted to the stack first.
    store : ImageStore
        Where the planes are kept.
    options : RunOptions, optional
        In which order they are worked on; threads do it.

    Raises
    ------
    OSError, ValueError, MemoryError
        If a plane cannot be read, a step does not fit it, or it cannot be kept.
    Cancelled
        If the work of the calling thread was cancelled.
    """
    options = options or RunOptions()
    fitted = fit_to_stack(stack, steps)
    todo = batches(stack, store.done, options.batch_size or 1, options.first)

    def prepare(batch: Batch, number: int) -> None:
        store.write(number, apply_steps(fitted, batch.take(number)))

    yield from iter_batches(todo, prepare, options.workers)


def prepare_plane(stack: Stack, steps: tuple[AnyStep, ...], number: int) -> Plane:
    """Return one plane after the steps, as ``iter_prepare`` would give it."""
    return apply_steps(fit_to_stack(stack, steps), stack.plane(number))


def iter_prepare_file(
    source: Path, output: Path, recipe: Recipe, axes: str | None = None
) -> Iterator[tuple[int, Stack]]:
    """Write an image after a recipe's steps; yield planes done, and the source.

    A file beside it says how it was made; see ``prepared_provenance``. The planes lie
    in a hidden folder beside it until all are done.

    Parameters
    ----------
    source : Path
        The image.
    output : Path
        ``.tif`` or ``.zarr``.
    recipe : Recipe
        Its channel and its steps.
    axes : str, optional
        A letter of "PTCZYXS" for each dimension; those of the file unless given.

    Raises
    ------
    OSError, ValueError, MemoryError
        If the image cannot be read or written, or a step does not fit it.
    """
    image = read_stack(source, axes)
    stack = as_stack(image, None, recipe.channel)
    yield 0, image
    with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as t:
        store = ImageStore(stack.n_planes, Path(t) / "planes.zarr")
        for _ in iter_prepare(stack, recipe.steps, store):
            yield len(store.done), image
        prepared = stack.with_planes(store.array)
        earlier = prepared_provenance(source, image)
        write_image(output, prepared)
        Prepared(
            provenance=Provenance.of(recipe, image, earlier),
            content=content_digest(read_stack(output)),
        ).save(steps_path(output))
