"""Fit the confidence of a model anew on the validation fold, and nothing else of it.

    python benchmarks/calibrate.py DATA MODEL

MODEL is a folder; its card is written again. A training does the same at its end: this
is for a model that is older than what its confidence is made of.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from folds import SETTINGS

from napari_mobile_unet.training.child.export import predict_example
from napari_mobile_unet.training.examples import read_examples
from napari_mobile_unet.training.job import TrainingJob
from napari_mobile_unet.training.validation import MIN_OBJECTS, calibrate, detect
from napari_mobile_unet.unet.card import FORMAT, write_card
from napari_mobile_unet.unet.model import Model


def main() -> None:
    """Segment the images of the fold, and write what confidence is made of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("model", type=Path)
    chosen = parser.parse_args()
    settings = json.loads(SETTINGS.read_text()) | {
        "images": str(chosen.data / "*" / "images"),
        "labels": str(chosen.data / "*" / "labels"),
        "output": chosen.model,
    }
    _, examples = read_examples(TrainingJob.model_validate(settings))
    model = Model(chosen.model)
    card = model.card
    found = [
        detect(predict_example(example, model), example, card.decoding)
        for example in examples
    ]
    calibration = calibrate(found)
    if calibration is None:
        parser.error(
            f"the fold must show {MIN_OBJECTS} right and {MIN_OBJECTS} wrong objects; "
            "it shows fewer; the card stays as it is"
        )
    write_card(chosen.model, card.replace(format=FORMAT, calibration=calibration))


if __name__ == "__main__":
    main()
