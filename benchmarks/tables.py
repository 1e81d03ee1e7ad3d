"""The tables of the comparison with other methods, and where they go."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_mobile_unet.evaluation.metrics import pool

if TYPE_CHECKING:
    from methods.workers import Worker

    from napari_mobile_unet.evaluation.metrics import Scores

    Missing = dict[str, str]

README = Path(__file__).parent / "README.md"


class Timing(NamedTuple):
    """How long a method took for some images."""

    repeat: int
    images: tuple[int, ...]
    seconds: float
    cpu: float
    objects: int
    peak: float


def speed_table(
    timings: dict[Worker, list[Timing]], missing: Missing, megapixels: float
) -> str:
    """Return the timings as Markdown; ``megapixels`` are those of an image."""
    reference = {
        (timing.repeat, *timing.images): timing.seconds
        for timing in next(iter(timings.values()), [])
    }
    lines = [
        "| method | n | seconds an image | Mpx/s | time ÷ that of the first row "
        "| CPU seconds | objects | peak MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for worker, taken in timings.items():
        seconds = [timing.seconds / len(timing.images) for timing in taken]
        beside = [
            timing.seconds / sum(reference[key] for key in keys)
            for timing in taken
            if reference.keys() >= (keys := {(timing.repeat, n) for n in timing.images})
        ]
        objects = sum(timing.objects for timing in taken)
        images = sum(len(timing.images) for timing in taken)
        cells = (
            worker.title,
            f"{len(taken)}",
            spread(seconds, 3),
            f"{megapixels / np.median(seconds):.2f}",
            spread(beside, 2) if beside else "–",
            f"{np.median([timing.cpu / len(timing.images) for timing in taken]):.3f}",
            f"{objects / images:.0f}",
            f"{max(timing.peak for timing in taken):.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *left_out(missing, 7)])


def spread(values: list[float], digits: int) -> str:
    """Return the median, and the quartiles in brackets."""
    low, median, high = np.percentile(values, (25, 50, 75))
    return f"{median:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def accuracy_table(
    scores: dict[Worker, dict[str, list[Scores]]], missing: Missing
) -> str:
    """Return the scores as Markdown."""
    lines = [
        "| method | kind | images | AP(0.5) | pooled | AP(0.75) | pooled |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for worker, kinds in scores.items():
        every = {"all": [one for found in kinds.values() for one in found], **kinds}
        for kind, found in every.items():
            pooled = pool(found)
            values = [
                value
                for iou in (0.5, 0.75)
                for value in (pooled.ap[iou], pooled.ap_pooled[iou])
            ]
            cells = [
                worker.title,
                kind,
                len(found),
                *(f"{each:.3f}" for each in values),
            ]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, *left_out(missing, 6)])


def left_out(missing: Missing, cells: int) -> list[str]:
    """Return a row for each method that is missing, with the reason."""
    return [
        f"| {title} | not run: {why}{' |' * cells}" for title, why in missing.items()
    ]


def versions(workers: list[Worker]) -> str:
    """Return the names and versions of what was run."""
    found = {name: v for worker in workers for name, v in worker.versions.items()}
    return ", ".join(f"{name} {version}" for name, version in found.items())


def machine(threads: int) -> str:
    """Return processor, cores, threads, system and date."""
    model = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        lines = listed.read_text().splitlines()
        named = [line for line in lines if line.startswith("model name")]
        model = named[0].partition(":")[2].strip() if named else model
    return (
        f"{model}, {os.cpu_count()} cores, {threads} threads for each method; "
        f"{platform.system()}, Python {platform.python_version()}; "
        f"{datetime.now(UTC):%Y-%m-%d}."
    )


def report(name: str, text: list[str], *, write: bool) -> None:
    """Print a table and what is to be known of it, and put them into the README."""
    whole = "\n\n".join(text)
    print(whole)
    if write:
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, _, rest = README.read_text("utf-8").partition(begin)
        after = rest.partition(end)[2]
        new = f"{before}{begin}\n{whole}\n{end}{after}"
        README.write_text(new, "utf-8")
