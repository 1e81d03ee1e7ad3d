"""How soon a model learns, what it costs, and what it gains on images it never saw.

    python benchmarks/teaching.py DATA [--only start speed tissue shift membranes
                                               classes]
                                  [--counts 1 3 5] [--seconds 60] [--base-minutes 6]
                                  [--membrane-seconds 300] [--every 2]

DATA holds ``tnbc_he``, ``isbi2012_em`` and ``dsb2018``. Each part is a process:

start: from the button to the first step, without and with a process that is ready, and
the memory of both processes before, during and after.
speed: pixels in a second that a teaching and a full training learn from.
tissue: ``nuclei`` taught with images of one patient, measured on other patients.
shift: the same from a model of fluorescence alone to tissue; it is trained first, for
--base-minutes, and kept in ``.benchmarks/fluorescence-MINUTES``.
membranes: five of twenty sections, from ``nuclei`` and from nothing.
classes: the same sections as one class, what lies between membranes; and two generated
classes, one of them a twentieth of the pixels.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from folds import SETTINGS, iter_fold
from teaching_scores import (
    boundary_scores,
    class_scores,
    forest,
    otsu,
    pairs_of,
    precision,
    segmented,
    textures,
)

import napari_mobile_unet as nmu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from teaching_scores import Pair

PATIENT = "01_"
"""Images of the patient that ``tissue`` teaches with begin so."""
TUNED_ON = 12
"""Images by which the model of fluorescence is tuned: more take longer than it."""
FORGOTTEN = 8
"""Every so manieth fluorescence image of the test fold shows what is forgotten."""


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--counts", nargs="+", type=int, default=[1, 3, 5])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--base-minutes", type=float, default=6)
    parser.add_argument("--membrane-seconds", type=float, default=300)
    parser.add_argument(
        "--every", type=int, default=2, help="of the images measured on"
    )
    chosen = parser.parse_args()
    if len(chosen.only) > 1:
        for part in chosen.only:  # the last --only counts
            subprocess.run([sys.executable, *sys.argv, "--only", part], check=False)
        return
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"== {chosen.only[0]} (load {load})", flush=True)
    PARTS[chosen.only[0]](chosen)


def start(chosen: argparse.Namespace) -> None:
    """From the button to the first step, and memory."""
    from teaching_start import show_start

    taught = list(pairs_of(*tissue_folders(chosen.data)).values())[:3]
    show_start(taught, min(chosen.seconds, 20))


def speed(_chosen: argparse.Namespace) -> None:
    """Pixels in a second."""
    from teaching_start import show_speed

    show_speed()


def tissue(chosen: argparse.Namespace) -> None:
    """From ``nuclei`` to tissue of one patient."""
    pairs = pairs_of(*tissue_folders(chosen.data))
    taught = [pair for stem, pair in pairs.items() if stem.startswith(PATIENT)]
    others = [pair for stem, pair in pairs.items() if not stem.startswith(PATIENT)]
    show_gains("nuclei", taught, others[:: chosen.every], chosen)


def shift(chosen: argparse.Namespace) -> None:
    """From fluorescence alone to tissue."""
    base = fluorescence_model(chosen.data, chosen.base_minutes)
    histology = [
        (each.image.plane(0), each.truth)
        for each in iter_fold(chosen.data / "dsb2018", "training")
        if each.kind == "histology"
    ]
    taught, others = histology[:: len(histology) // 5][:5], histology[1:]
    known = {id(image) for image, _ in taught}
    others = [pair for pair in others if id(pair[0]) not in known]
    show_gains(str(base), taught, others[:: 2 * chosen.every], chosen)


def membranes(chosen: argparse.Namespace) -> None:
    """Membranes in electron microscopy, beside older methods."""
    folder = chosen.data / "isbi2012_em"
    pairs = list(pairs_of(folder / "images", folder / "labels").values())
    taught = pairs[::4]
    rest = [pair for number, pair in enumerate(pairs) if number % 4]
    for name, find in (("Otsu", otsu), ("forest", forest(taught))):
        print(f"{name}: {boundary_scores(rest, find)}", flush=True)
    before = boundary_scores(rest, partial(segmented, model="nuclei"))
    print(f"nuclei: {before}", flush=True)
    for model in ("nuclei", None):
        with tempfile.TemporaryDirectory() as place:
            folder = taught_model(taught, model, chosen.membrane_seconds, place)
            after = boundary_scores(rest, partial(segmented, model=str(folder)))
        print(f"taught from {model}: {after}", flush=True)


def classes(chosen: argparse.Namespace) -> None:
    """Classes of pixels, beside Otsu's threshold and the forest."""
    folder = chosen.data / "isbi2012_em"
    pairs = list(pairs_of(folder / "images", folder / "labels").values())
    masks = [(image, (labels > 0).astype(np.uint8)) for image, labels in pairs]
    taught, rest = masks[::4], [m for number, m in enumerate(masks) if number % 4]
    for name, find in (("Otsu", otsu), ("forest", forest(taught))):
        print(f"{name}: {class_scores(rest, find)}", flush=True)
    drawn = [textures(seed) for seed in range(12)]
    for images, others in ((taught, rest), (drawn[:4], drawn[4:])):
        for model in ("nuclei", None):
            with tempfile.TemporaryDirectory() as place:
                folder = taught_model(
                    images, model, chosen.seconds, place, classes=True
                )
                after = class_scores(others, partial(segmented, model=str(folder)))
            print(f"taught from {model}: {after}", flush=True)


PARTS = {
    "start": start,
    "speed": speed,
    "tissue": tissue,
    "shift": shift,
    "membranes": membranes,
    "classes": classes,
}


def tissue_folders(data: Path) -> tuple[Path, Path]:
    """Return the folders of images and labels of stained tissue."""
    return data / "tnbc_he" / "images", data / "tnbc_he" / "labels"


def show_gains(
    model: str, taught: Sequence[Pair], rest: Sequence[Pair], chosen: argparse.Namespace
) -> None:
    """Print AP before and after a model was taught with some images."""
    fold = iter_fold(chosen.data / "dsb2018", "test")
    known = [(e.image.plane(0), e.truth) for e in fold if e.kind == "fluorescence"]
    known = known[::FORGOTTEN]
    before = precision(rest, model), precision(known, model)
    print(f"before: rest {before[0]}, fluorescence {before[1]}", flush=True)
    for count in chosen.counts:
        with tempfile.TemporaryDirectory() as place:
            folder = str(taught_model(taught[:count], model, chosen.seconds, place))
            after = precision(rest, folder), precision(known, folder)
        print(f"{count} images: rest {after[0]}, fluorescence {after[1]}", flush=True)


def taught_model(
    taught: Sequence[Pair],
    model: str | None,
    seconds: float,
    place: str,
    *,
    classes: bool = False,
) -> Path:
    """Teach, print what it took, and return the folder."""
    begin = time.monotonic()
    steps = 0

    def listen(message: dict[str, object]) -> None:
        nonlocal steps
        steps = max(steps, int(str(message.get("step", 0))))

    made = nmu.teach(
        [image for image, _ in taught],
        [labels for _, labels in taught],
        Path(place) / "taught",
        model=model,
        seconds=seconds,
        classes=classes,
        keep_worse=True,
        on_message=listen,
    )
    gate = made.card.training.gate
    assert gate is not None
    print(
        f"  {len(taught)} images, {steps} steps in {made.card.training.seconds} s, "
        f"{time.monotonic() - begin:.0f} s from call to model; {gate.verdict}, "
        f"{gate.measure} {gate.old_tuned_ap} to {gate.new_ap} on {gate.objects} "
        f"objects or blocks, share {gate.share}, integers {gate.integers_as_good}",
        flush=True,
    )
    return made.folder


def fluorescence_model(data: Path, minutes: float) -> Path:
    """Return a model that was trained on fluorescence alone; trained at most once."""
    from napari_mobile_unet.training.job import TrainingJob
    from napari_mobile_unet.training.process import training

    folder = Path(".benchmarks") / f"fluorescence-{minutes:g}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(exist_ok=True)
    own = data / "dsb2018" / "fluorescence"
    folds = json.loads(SETTINGS.read_text())["folds"]
    stems = {path.stem for path in (own / "images").iterdir()}
    validation = sorted(stems & set(folds["validation"]))
    spared = {"validation": validation[:TUNED_ON]}
    spared["test"] = [*folds["test"], *validation[TUNED_ON:]]
    job = TrainingJob(
        images=str(own / "images"),
        labels=str(own / "labels"),
        output=folder,
        minutes=minutes,
        architecture={"channels": 3},
        folds=spared,
        validate_every=1000,
        views=36,
    )
    with training(job) as running:
        for message in running.messages:
            print(message, flush=True)
    return folder


if __name__ == "__main__":
    main()
