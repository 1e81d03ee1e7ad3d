"""Segments the images that it is told, one after the other, and says how long it took.

    python serve.py METHOD

METHOD is the name of a file beside this one with a function ``load``, which returns a
function from (image, truth) to a function that gives the labels. Only the last one is
timed. Each line of standard input names an image and its truth, two .npy files; each
line of standard output is one JSON object.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time

import numpy as np


def main() -> None:
    """Load the method, then answer line by line."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the packages print must not come between the answers
    prepare = importlib.import_module(sys.argv[1]).load()
    for line in sys.stdin:
        image, truth = (np.load(path) for path in json.loads(line))
        segment = prepare(image, truth)
        begin = time.perf_counter()
        labels = segment()
        seconds = time.perf_counter() - begin
        answer = {"seconds": seconds, "objects": int(labels.max())}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
