"""What a model gains by teaching, on images that it was not taught with.

    python benchmarks/teaching.py IMAGES LABELS --taught 01_1 01_2 01_3 [--model nuclei]
                                  [--seconds 60] [--keeps IMAGES LABELS] [--boundaries]

IMAGES and LABELS are folders; the files whose stems are named by --taught are learnt
from, every --every-th of the others is measured on. --keeps names images of the kind
that the model knew, to see what it forgets. --boundaries is for membranes: foreground
F1 and adapted Rand error, beside Otsu and a random forest that saw the same images.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from skimage.metrics import adapted_rand_error

import napari_mobile_unet as nmu
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.objects.seeds import components

SUFFIXES = (".png", ".tif")


def main() -> None:
    """Teach, and print what was before and is after."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--taught", nargs="+", required=True)
    parser.add_argument("--model", default="nuclei")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--keeps", nargs=2, type=Path)
    parser.add_argument("--keeps-every", type=int, default=20)
    parser.add_argument("--boundaries", action="store_true")
    parser.add_argument("-o", "--output", type=Path, default=Path("taught"))
    chosen = parser.parse_args()
    pairs = pairs_of(chosen.images, chosen.labels)
    taught = [pairs.pop(stem) for stem in chosen.taught]
    sets = {"rest": list(pairs.values())[:: chosen.every]}
    if chosen.keeps:
        sets["kept"] = list(pairs_of(*chosen.keeps).values())[:: chosen.keeps_every]
    start = None if chosen.model == "none" else chosen.model
    if start:
        show("before", sets, start, chosen.boundaries)
    begin = time.monotonic()
    model = nmu.teach(
        [image for image, _ in taught],
        [labels for _, labels in taught],
        chosen.output,
        model=start,
        seconds=chosen.seconds,
        overwrite=True,
        keep_worse=True,
        on_message=lambda m: print(f"{time.monotonic() - begin:6.1f}", m, flush=True),
    )
    print(f"{time.monotonic() - begin:.1f} s from call to model", flush=True)
    show("after", sets, str(model.folder), chosen.boundaries)
    if chosen.boundaries:
        for name, find in (("Otsu", otsu), ("forest", forest(taught))):
            print(name, boundary_scores(sets["rest"], find), flush=True)


def pairs_of(images: Path, labels: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return image and labels of each stem; a mask's pieces are objects."""
    found = {}
    for path in sorted(p for p in images.iterdir() if p.suffix in SUFFIXES):
        image = read_stack(path).plane(0)
        own = np.asarray(read_stack(labels / path.name).plane(0)).astype(np.int32)
        ids = np.unique(own)
        found[path.stem] = image, components(own > 0) if len(ids) == 2 else own
    return found


def segmented(image: np.ndarray, model: str) -> np.ndarray:
    """Return labels as the page Segment would, with all at its defaults."""
    recipe = nmu.Recipe(segment=nmu.UNet(model=model))
    return nmu.segment(image, recipe, axes="YXS" if image.ndim == 3 else "YX")


def show(
    when: str,
    sets: dict[str, list[tuple[np.ndarray, np.ndarray]]],
    model: str,
    boundaries: bool,
) -> None:
    """Print the scores of a model on sets of images."""
    for name, images in sets.items():
        if boundaries and name == "rest":
            scores = boundary_scores(images, lambda image: segmented(image, model))
        else:
            aps = [
                nmu.evaluate(segmented(image, model), truth).ap[0.5]
                for image, truth in images
            ]
            scores = f"AP50 {np.mean(aps):.3f} of {len(aps)} images"
        print(when, name, scores, flush=True)


def boundary_scores(images: list[tuple[np.ndarray, np.ndarray]], find: object) -> str:
    """Return foreground F1 and adapted Rand error, means over the images."""
    scores = []
    for image, truth in images:
        found = np.asarray(find(image))
        both = 2 * ((found > 0) & (truth > 0)).sum()
        f1 = both / ((found > 0).sum() + (truth > 0).sum())
        scores.append((f1, adapted_rand_error(truth, found)[0]))
    f1, error = np.mean(scores, axis=0)
    return f"F1 {f1:.3f}, adapted Rand error {error:.3f} of {len(scores)} images"


def otsu(image: np.ndarray) -> np.ndarray:
    """Return the pieces of what is brighter than Otsu's threshold."""
    return components(image > nmu.otsu(image).threshold)


def forest(taught: list[tuple[np.ndarray, np.ndarray]]) -> object:
    """Return a random forest on features of pixels, as a function of an image."""
    from skimage.feature import multiscale_basic_features
    from sklearn.ensemble import RandomForestClassifier

    def features(image: np.ndarray) -> np.ndarray:
        return multiscale_basic_features(image, sigma_min=1, sigma_max=8).reshape(
            image.size, -1
        )

    rng = np.random.default_rng(0)
    rows, truth = [], []
    for image, labels in taught:
        some = rng.choice(image.size, 10_000, replace=False)
        rows.append(features(image)[some])
        truth.append((labels > 0).ravel()[some])
    trees = RandomForestClassifier(100, n_jobs=2, random_state=0)
    trees.fit(np.concatenate(rows), np.concatenate(truth))
    return lambda image: components(
        np.ascontiguousarray(trees.predict(features(image)).reshape(image.shape))
    )


if __name__ == "__main__":
    main()
