"""How good models and older methods are on images, for the benchmark of teaching."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage.metrics import adapted_rand_error

import napari_mobile_unet as nmu
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.objects.seeds import components

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Pair = tuple[np.ndarray, np.ndarray]
    """An image, and its labels."""

SUFFIXES = (".png", ".tif")


def pairs_of(images: Path, labels: Path) -> dict[str, Pair]:
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


def precision(images: Sequence[Pair], model: str) -> str:
    """Return AP at IoU 0.5 of a model, the mean over the images."""
    aps = [
        nmu.evaluate(segmented(image, model), truth).ap[0.5] for image, truth in images
    ]
    return f"AP50 {np.mean(aps):.3f} of {len(aps)}"


def boundary_scores(
    images: Sequence[Pair], find: Callable[[np.ndarray], np.ndarray]
) -> str:
    """Return foreground F1 and adapted Rand error, means over the images."""
    scores = []
    for image, truth in images:
        found = np.asarray(find(image))
        both = 2 * ((found > 0) & (truth > 0)).sum()
        f1 = both / ((found > 0).sum() + (truth > 0).sum())
        scores.append((f1, adapted_rand_error(truth, found)[0]))
    f1, error = np.mean(scores, axis=0)
    return f"F1 {f1:.3f}, adapted Rand error {error:.3f} of {len(scores)} images"


def class_scores(
    images: Sequence[Pair], find: Callable[[np.ndarray], np.ndarray]
) -> str:
    """Return the F1 of each class, of all pixels of some images together.

    Of one class whatever is found counts, and the F1 of the background is given, too.
    """
    names = range(1, max(int(truth.max()) for _, truth in images) + 1)
    counts = {name: np.zeros(3, int) for name in ([0, 1] if len(names) == 1 else names)}
    for image, truth in images:
        found = np.asarray(find(image))
        found = (found > 0).astype(int) if len(names) == 1 else found
        for name, own in counts.items():
            own += [
                ((found == name) & (truth == name)).sum(),
                (found == name).sum(),
                (truth == name).sum(),
            ]
    scores = [
        f"{name}: F1 {2 * n[0] / (n[1] + n[2]):.3f}" for name, n in counts.items()
    ]
    return f"{', '.join(scores)} of {len(images)} images"


def textures(seed: int, size: int = 256) -> Pair:
    """Return an image of stripes and of flat discs on noise, and its two classes.

    The stripes are as bright as the ground in the mean; the discs are a twentieth of
    the pixels or less.
    """
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size))
    labels = np.zeros((size, size), np.uint8)
    for number, count, radius in ((1, 7, 30), (2, 7, 11)):
        for row, column in rng.uniform(0, size, (count, 2)):
            labels[np.hypot(y - row, x - column) < radius] = number
    image = 100 + rng.normal(0, 12, labels.shape)
    image += np.where(labels == 1, 25 * np.sin(x / 1.5 + y / 3), 0)
    image += np.where(labels == 2, 20, 0)
    return image.clip(0, 255).astype(np.uint8), labels


def otsu(image: np.ndarray) -> np.ndarray:
    """Return the pieces of what is brighter than Otsu's threshold."""
    return components(image > nmu.otsu(image).threshold)


def forest(taught: Sequence[Pair]) -> Callable[[np.ndarray], np.ndarray]:
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
