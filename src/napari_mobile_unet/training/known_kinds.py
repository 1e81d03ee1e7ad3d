"""What the shipped model knows already: a plane of each sample, with its labels."""

from __future__ import annotations

import numpy as np

from napari_mobile_unet.samples.files import SAMPLES, read_sample
from napari_mobile_unet.training.lessons import Lesson, lessons_of


def known_kinds() -> list[Lesson]:
    """Return a plane of each shipped sample, to see what a model forgets of nuclei."""
    lessons: list[Lesson] = []
    for name in SAMPLES:
        sample = read_sample(name)
        plane = sample.image.index(sample.image.n_planes // 2)
        labels = np.asarray(sample.labels.data)
        lessons += lessons_of(sample.image, labels, name, finished=[plane])
    return lessons
