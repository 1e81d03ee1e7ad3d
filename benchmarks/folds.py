"""The annotated images of a fold, kind by kind, for the benchmarks of accuracy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from napari_mobile_unet.io.read import read_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack

SETTINGS = Path(__file__).parent / "nuclei" / "training.json"


class Annotated(NamedTuple):
    """An image with its true labels."""

    kind: str
    image: Stack
    truth: NDArray


def iter_fold(data: Path, fold: str) -> Iterator[Annotated]:
    """Yield the images of a fold; ``data`` holds a folder for each kind.

    "training" is all that is in no other fold.
    """
    folds = {
        name: set(s) for name, s in json.loads(SETTINGS.read_text())["folds"].items()
    }
    kept_out = set().union(*folds.values())
    for kind in sorted(path for path in data.iterdir() if path.is_dir()):
        for path in sorted((kind / "labels").iterdir()):
            within = path.stem not in kept_out
            if within if fold == "training" else path.stem in folds[fold]:
                image = read_stack(kind / "images" / path.name)
                yield Annotated(kind.name, image, read_stack(path).data)
