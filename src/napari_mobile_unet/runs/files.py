"""Many files by one recipe, one after the other; one that fails stops no other."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_mobile_unet.messages import INPUT_ERRORS, one_line
from napari_mobile_unet.runs.batch import FileOptions, Opened, iter_file
from napari_mobile_unet.runs.log import Entry, write_entry
from napari_mobile_unet.runs.outputs import Done
from napari_mobile_unet.runs.result import PlaneResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from napari_mobile_unet.recipes.recipe import Recipe


@dataclass(frozen=True)
class Begun:
    """A file is looked at."""


@dataclass(frozen=True)
class Ended:
    """A file is done."""

    done: Done | None
    """None if that was so before."""
    seconds: float


@dataclass(frozen=True)
class Failed:
    """A file that could not be segmented."""

    error: BaseException
    seconds: float


Event = Begun | Opened | PlaneResult | Ended | Failed
"""What comes of a file: it is begun, opened, its planes are done, and it ends."""


def iter_files(
    sources: Sequence[Path],
    folder: Path,
    recipe: Recipe,
    options: FileOptions | None = None,
    journals: Mapping[Path, Path | None] | None = None,
) -> Iterator[tuple[int, Event]]:
    """Segment files, and yield the number of each with what came of it.

    What came of a file stands in the folder's log, too; see ``read_log``.

    Parameters
    ----------
    sources : sequence of Path
        The images, no two with one stem.
    folder : Path
        Where the results go.
    recipe : Recipe
        What is done.
    options : FileOptions, optional
        How.
    journals : mapping of Path to Path, optional
        The corrections by hand of each.

    Raises
    ------
    Cancelled
        If the work of the calling thread was cancelled; finished planes are kept.
    """
    options = options or FileOptions()
    for number, source in enumerate(sources):
        begun, done = time.monotonic(), None
        own = replace(options, corrections=(journals or {}).get(source))
        yield number, Begun()
        try:
            with closing(iter_file(source, folder, recipe, own)) as events:
                for event in events:
                    if isinstance(event, Done):
                        done = event
                    else:
                        yield number, event
        except INPUT_ERRORS as error:
            seconds = time.monotonic() - begun
            _write(folder, source, seconds, one_line(error))
            yield number, Failed(error, seconds)
        else:
            seconds = time.monotonic() - begun
            if done is not None:
                _write(folder, source, seconds)
            yield number, Ended(done, seconds)


def _write(folder: Path, source: Path, seconds: float, reason: str = "") -> None:
    state = "failed" if reason else "done"
    place = str(source.resolve())
    entry = Entry.model_validate(
        {"source": place, "state": state, "seconds": seconds, "reason": reason}
    )
    write_entry(folder, entry)
