"""A narrower network with the weights of a wide one, as the start of a training.

    python benchmarks/narrow.py nuclei --settings benchmarks/nuclei/quick.json -o start

The settings hold the `architecture` of the new network. Of each layer it keeps the
channels that those after it weigh most (Li et al. 2017,
https://arxiv.org/abs/1608.08710); blocks that it lacks are left out. What is lost is
learnt anew by `mobile-unet train DATA … --from start --teacher nuclei`; the exported
networks in the folder are still the wide ones.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np

from napari_mobile_unet.training.child import network
from napari_mobile_unet.training.job import start_from
from napari_mobile_unet.unet.card import CARD, Architecture
from napari_mobile_unet.unet.model import WEIGHTS, load_model, sha256

LAYER = re.compile(
    r"(?P<part>stem|stage|up|skip|decode|head)(_(?P<stage>\d))?(_(block_)?(?P<block>\d))?"
    r"(_(?P<inner>expand|fused|dw|project))?"
)


def ends(path: str, deepest: int) -> tuple[str, str]:
    """Return which channels a layer reads, and which it writes.

    The decoder begins with those of the deepest stage of the encoder.
    """
    found = LAYER.match(path)
    assert found, path
    part, inner = found["part"], found["inner"]
    stage, block = int(found["stage"] or 0), int(found["block"] or 0)
    own, middle = f"encoder_{stage}", f"middle_{stage}_{block}"
    if part == "stem":
        return "image", own
    if part == "stage":
        before = f"encoder_{stage - (block == 0)}"
        expanding = {"project": (middle, own), "dw": (middle, middle)}
        return expanding.get(inner, (before, middle))
    decoded, deeper = f"decoder_{stage}", f"decoder_{stage + 1}"
    return {
        "up": (f"encoder_{deepest}" if stage + 1 == deepest else deeper, decoded),
        "skip": (own, decoded),
        "decode": (decoded, decoded),
        "head": (decoded, "maps"),
    }[part]


def main() -> None:
    """Write a model folder whose network is the narrower one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    chosen = parser.parse_args()
    model = load_model(chosen.model)
    changes = json.loads(chosen.settings.read_text("utf-8"))["architecture"]
    narrow: Architecture = start_from(model, changes)["architecture"]
    wide, new = network.build(model.card.architecture), network.build(narrow)
    wide.load_weights(model.weights)
    given = {weight.path: np.asarray(weight) for weight in wide.weights}
    kept = kept_channels(given, {w.path: w.shape for w in new.weights}, narrow)
    for weight in new.weights:
        values, (reads, writes) = (
            given[weight.path],
            ends(weight.path, len(narrow.depths)),
        )
        if values.ndim == 1:
            axes = {0: writes}
        else:
            axes = {2: reads} if "_dw/" in weight.path else {2: reads, 3: writes}
        for axis, channels in axes.items():
            values = values.take(kept.get(channels, range(values.shape[axis])), axis)
        weight.assign(values)
    shutil.copytree(model.folder, chosen.output)
    new.save_weights(chosen.output / WEIGHTS)
    card = json.loads((chosen.output / CARD).read_text("utf-8"))
    card["architecture"] = narrow.model_dump(mode="json")
    card["files"][WEIGHTS] = sha256(chosen.output / WEIGHTS)
    (chosen.output / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")


def kept_channels(
    given: dict[str, np.ndarray],
    shapes: dict[str, tuple[int, ...]],
    narrow: Architecture,
) -> dict[str, np.ndarray]:
    """Return the numbers of the channels that are kept, by where they are.

    A channel counts by its spread (the scale of the normalisations that write it) and
    by the sum of the weights that read it.
    """
    spread, read = defaultdict(float), defaultdict(float)
    counts = {}
    for path, shape in shapes.items():
        reads, writes = ends(path, len(narrow.depths))
        values = given[path]
        if path.endswith("_bn/gamma"):
            spread[writes] = spread[writes] + values**2
            counts[writes] = shape[0]
        elif values.ndim == 4 and "_dw/" not in path:
            read[reads] = read[reads] + np.abs(values).sum((0, 1, 3))
    return {
        name: np.sort(np.argsort(-np.sqrt(spread[name]) * read[name])[:count])
        for name, count in counts.items()
    }


if __name__ == "__main__":
    main()
