"""A method's own process: it does what standard input asks, and times it.

    python serve.py METHOD

METHOD is a file beside this one with a function ``load`` that returns a ``Method``.
The first line of standard output says what was loaded; then each line of standard
input is a request, and gets one line of answer. All are JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from method import Method


def main() -> None:
    """Load the method, then answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not come between the answers

    def say(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    name, *arguments = sys.argv[1:]
    method = importlib.import_module(name).load(*arguments)
    installed = {each.name.replace("_", "-"): each.version for each in distributions()}
    versions = {name: installed[name] for name in method.packages if name in installed}
    say({"versions": versions, "weights": method.weights})
    for line in sys.stdin:
        say(answer(method, **json.loads(line)))


def answer(
    method: Method, task: str, images: list[str], truths: list[str], labels: str = ""
) -> dict[str, Any]:
    """Return what came of a request.

    Parameters
    ----------
    method : Method
        What segments.
    task : str
        "train" or "segment".
    images, truths : list of str
        Paths of arrays, loaded before the clock runs.
    labels : str
        Where the labels are saved, if anywhere: as ``labels`` + number + ".npy".
    """
    pixels = [np.load(path) for path in images]
    known = [np.load(path) for path in truths]
    if task == "train":
        method.train(pixels, known)
        return {}
    method.prepare(pixels, known)
    begin, worked = time.perf_counter(), time.process_time()
    found = method.segment(pixels)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - worked
    if labels:
        for number, each in enumerate(found):
            np.save(f"{labels}{number}.npy", each)
    return {
        "seconds": seconds,
        "cpu": cpu,
        "objects": sum(np.unique(each[each > 0]).size for each in found),
        "peak": peak(),
    }


def peak() -> float:
    """Return the most memory that this process ever held, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


if __name__ == "__main__":
    main()
