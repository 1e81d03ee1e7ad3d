"""What a folder of results tells, as a page to look at and to hand on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.exports.report import Page, histogram, write_page
from napari_mobile_unet.io.names import stem_of
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.recipes.texts import describe
from napari_mobile_unet.runs.disk_store import DiskStore
from napari_mobile_unet.runs.estimate import duration
from napari_mobile_unet.runs.log import read_log
from napari_mobile_unet.runs.report_pictures import groups_of
from napari_mobile_unet.runs.report_results import iter_results
from napari_mobile_unet.runs.results import planes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.exports.report import Histogram
    from napari_mobile_unet.runs.report_results import Result

DOUBTFUL = 0.5
"""Confidence below which an object is counted as doubtful."""


def write_report(folder: Path, path: Path, images: Iterable[Path] = ()) -> None:
    """Write one page of HTML about all results in a folder.

    Parameters
    ----------
    folder : Path
        As ``segment`` has written to it.
    path : Path
        Of the page.
    images : iterable of Path
        Folders in which images are looked for that are no longer where they were.

    Raises
    ------
    OSError, ValueError
        If there are no results, or the page cannot be written.
    """
    log = read_log(folder)
    results = list(iter_results(folder, log))
    done = {result.stem for result in results}
    failed = [
        entry
        for entry in log.values()
        if entry.state == "failed" and stem_of(Path(entry.source)) not in done
    ]
    stopped = [
        each.stem
        for each in sorted(folder.glob("*.run"))
        if each.stem not in done and not DiskStore(each).surely_empty
    ]
    if not (results or failed or stopped):
        raise ValueError(
            f"a report tells of what segment has written; {folder} holds no results; "
            "name the output folder of a run"
        )
    failures = [(Path(entry.source).name, entry.reason) for entry in failed]
    failures += [(stem, "stopped before its end; --resume goes on") for stem in stopped]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    own = version("napari-mobile-unet")
    page = Page(
        title=f"Segmentation of {folder.resolve().name}",
        made=f"{folder.resolve()} · {now} · napari-mobile-unet {own}",
        tiles=_tiles(results, failures),
        plots=[each for each in _plots(results) if each],
        groups=groups_of(results, list(images)),
        columns=[
            "image",
            "planes",
            "objects",
            "mean confidence",
            "median size",
            "time",
        ],
        rows=[_row(result) for result in sorted(results, key=_by_doubt)],
        failures=failures,
        recipes=_recipes(results),
        facts=_facts(results),
    )
    write_page(page, path)


def _tiles(
    results: Sequence[Result], failures: Sequence[object]
) -> list[tuple[str, str]]:
    objects = sum(result.objects for result in results)
    tiles = [(f"{len(results):,}", "images done"), (f"{objects:,}", "objects")]
    confidence = _joined(results, "confidence")
    if confidence.size:
        doubtful = (confidence < DOUBTFUL).mean()
        tiles.append((f"{confidence.mean():.2f}", "mean confidence"))
        tiles.append((f"{doubtful:.1%}", f"objects below {DOUBTFUL:g}"))
    empty = sum(not (result.objects or result.record.classes) for result in results)
    corrected = sum(result.record.corrections is not None for result in results)
    seconds = sum(result.seconds or 0 for result in results)
    for number, what in (
        (empty, "without objects"),
        (corrected, "corrected by hand"),
        (len(failures), "failed or stopped"),
    ):
        if number:
            tiles.append((f"{number:,}", what))
    if seconds:
        tiles.append((duration(seconds), "of work"))
    return tiles


def _joined(results: Sequence[Result], column: str) -> NDArray[np.float64]:
    found = [r.table[column].to_numpy(float) for r in results if column in r.table]
    joined = np.concatenate(found) if found else np.zeros(0)
    return joined[np.isfinite(joined)]


def _plots(results: Sequence[Result]) -> Iterator[Histogram | None]:
    yield histogram("confidence of objects", _joined(results, "confidence"), (0.0, 1.0))
    for column in sorted({r.size_column for r in results if r.size_column}):
        sizes = [r for r in results if r.size_column == column]
        yield histogram(f"{_called(column)} of objects", _joined(sizes, column))
    counts = [result.objects for result in results if not result.record.classes]
    yield histogram("objects in an image", counts)


def _called(column: str) -> str:
    """Return the name of a column with its unit: "area in micrometer2"."""
    name, _, unit = column.partition("_")
    unit = unit or ("voxels" if name == "volume" else "pixels")
    return f"{name} in {unit}"


def _by_doubt(result: Result) -> tuple[bool, float, str]:
    return np.isnan(result.confidence), result.confidence, result.stem


def _columns(results: Sequence[Result]) -> list[str]:
    sizes = {result.size_column for result in results if result.size_column}
    size = _called(sizes.pop()) if len(sizes) == 1 else "size"
    return ["image", "planes", "objects", "mean confidence", f"median {size}", "time"]


def _row(result: Result) -> list[str]:
    column = result.size_column
    sizes = result.table[column] if column else pd.Series(dtype=float)
    planes = planes_of(result.record)
    return [
        result.name,
        "" if planes is None else f"{planes}",
        result.found if result.record.classes else f"{result.objects:,}",
        "" if np.isnan(result.confidence) else f"{result.confidence:.3f}",
        "" if not len(sizes) else f"{sizes.median():.4g}",
        "" if result.seconds is None else f"{result.seconds:.1f} s",
    ]


def _recipes(results: Sequence[Result]) -> list[tuple[str, int, str]]:
    count = Counter(result.record.recipe.to_json(indent=2) for result in results)
    words = {
        r.record.recipe.to_json(indent=2): describe(r.record.recipe) for r in results
    }
    return [(words[json], number, json) for json, number in count.most_common()]


def _facts(results: Sequence[Result]) -> list[tuple[str, str]]:
    facts = Counter[tuple[str, str]]()
    for result in results:
        record = result.record
        if record.model:
            facts["model", f"{record.model}, SHA-256 {record.checksum}"] += 1
        facts.update(record.versions.items())
    return sorted(facts)
