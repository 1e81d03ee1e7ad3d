"""Accuracy of StarDist when it learns from the same images as the model `nuclei`.

    python benchmarks/stardist.py DATA --minutes 300 [--fold test]

DATA is that of `peers.py`. It learns from the training fold and tunes its thresholds on
the validation fold, as `nuclei` does; then it is scored like the methods of `peers.py`.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from folds import iter_fold
from methods.workers import METHODS, Listed, Worker
from peers import save, score
from tables import accuracy_table, machine, versions

STARDIST = next(each for each in METHODS if each.name == "stardist_2d")
"""Whose environment it runs in."""


@dataclass(frozen=True)
class InThatEnvironment(Listed):
    """A method that has no environment of its own."""

    @property
    def name(self) -> str:
        """The name of the environment."""
        return STARDIST.name


def main() -> None:
    """Train StarDist and print the table of its accuracy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--fold", default="test")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        learnt, apart = (
            [
                save(Path(place), f"{fold}_{number}", each.image.data, each.truth)
                for number, each in enumerate(iter_fold(chosen.data, fold))
            ]
            for fold in ("training", "validation")
        )
        method = InThatEnvironment(
            f"StarDist 2D, {chosen.minutes:g} minutes on the same images",
            ("stardist_trained", str(chosen.minutes), str(len(apart))),
            STARDIST.packages,
        )
        with Worker(method, chosen.threads) as worker:
            worker.ask("train", learnt + apart)
            found = score(worker, Path(place), chosen.data, chosen.fold)
            print(accuracy_table({worker: found}, {}))
            print(f"{versions([worker])}.\n{machine(chosen.threads)}")


if __name__ == "__main__":
    main()
