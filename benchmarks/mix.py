"""The mean of the weights of two models, as the start of a third.

    python benchmarks/mix.py nuclei tenth -o halfway

A later round of training moves towards what its crops show, and away from what a model
knew: halfway between both a network is often better than either (Wortsman et al. 2022,
https://arxiv.org/abs/2109.01903). `mobile-unet train DATA … --from halfway --epochs 0`
exports it then, and tunes its decoding and confidence.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import h5py

from napari_mobile_unet.unet.card import CARD
from napari_mobile_unet.unet.model import WEIGHTS, load_model


def main() -> None:
    """Write the mean into a new folder, with the first model's card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first")
    parser.add_argument("second")
    parser.add_argument("-o", "--output", type=Path, required=True)
    chosen = parser.parse_args()
    first, second = load_model(chosen.first), load_model(chosen.second)
    shutil.copytree(first.folder, chosen.output)
    weights = chosen.output / WEIGHTS
    with h5py.File(weights, "r+") as mean, h5py.File(second.folder / WEIGHTS) as other:

        def mix(name: str, values: h5py.Group | h5py.Dataset) -> None:
            if isinstance(values, h5py.Dataset) and values.dtype.kind == "f":
                values[...] = (values[...] + other[name][...]) / 2

        mean.visititems(mix)
    card = json.loads((chosen.output / CARD).read_text("utf-8"))
    card["files"][WEIGHTS] = hashlib.sha256(weights.read_bytes()).hexdigest()
    (chosen.output / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
