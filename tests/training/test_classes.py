"""Classes of pixels are taught: labels are read, divided, learnt, counted, judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import napari_mobile_unet as nmu
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.training.augment import Augmentation
from napari_mobile_unet.training.class_blocks import (
    ClassBlocks,
    class_settings,
    ious_of,
    mean_iou,
)
from napari_mobile_unet.training.class_division import divide_classes
from napari_mobile_unet.training.class_examples import class_examples
from napari_mobile_unet.training.class_labels import read_classes
from napari_mobile_unet.training.crops import CropSampler
from napari_mobile_unet.training.gate import gate_of
from napari_mobile_unet.training.job import TrainingJob, check_job
from napari_mobile_unet.training.lessons import lessons_of
from napari_mobile_unet.training.subject import OfClasses
from napari_mobile_unet.training.teach import prepared
from napari_mobile_unet.training.teaching import teaching_job
from napari_mobile_unet.training.verdict import sentence
from napari_mobile_unet.unet.card import Architecture
from napari_mobile_unet.unet.model import QUANTISED, load_model
from napari_mobile_unet.unet.normalise import Normalisation

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.types import Floats, Labels

TINY = {
    "widths": (8, 8, 8, 8, 8),
    "depths": (1, 1, 1, 1),
    "decoder": (8, 8, 8, 8),
    "decoder_depth": 1,
}


def textures(seed: int = 0, size: int = 192) -> tuple[np.ndarray, Labels]:
    """Return an image of discs, stripes and a ground, of one mean grey value.

    Class 1 is striped, class 2, a twentieth of the pixels, is flat and a bit brighter.
    """
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size))
    labels = np.zeros((size, size), np.int32)
    for number, count, radius in ((1, 6, 24), (2, 4, 11)):
        for row, column in rng.uniform(0, size, (count, 2)):
            labels[np.hypot(y - row, x - column) < radius] = number
    image = 100 + rng.normal(0, 8, labels.shape)
    image += np.where(labels == 1, 40 * np.sign(np.sin(x / 1.5)), 0)
    image += np.where(labels == 2, 60, 0)
    return image.clip(0, 255).astype(np.uint8), labels


def lesson(labels: Labels | None = None, seed: int = 0, group: str = "a") -> Lesson:
    image, own = textures(seed)
    used = own if labels is None else labels
    (made,) = lessons_of(as_stack(image), used, group, classes=True)
    return made


def test_values_are_classes_and_a_mask_is_one_class() -> None:
    _, labels = textures()
    read, names, said = read_classes([lesson()])
    assert names == ("class 1", "class 2") and "2 classes" in said
    assert np.array_equal(read[0].labels, labels)
    mask = ((labels > 0) * 255).astype(np.uint8)
    read, names, said = read_classes([lesson(mask)], names=("cell",))
    assert names == ("cell",) and "255: read as a mask of one class" in said
    assert np.array_equal(read[0].labels, labels > 0)
    assert read_classes([lesson(labels > 0)])[1] == ("class 1",)


@pytest.mark.parametrize(
    ("change", "known", "names", "message"),
    [
        (lambda n: n * (n != 2) + 2 * (n == 2), (), "abc", "1 to 3.*received 1, 2;"),
        (lambda n: n + (n == 2), (), "", "without gaps.*received 1, 3;"),
        (lambda n: n + 3 * (n == 2), (), "", "1 to 4.*received 1, 5;"),
        (lambda n: n * 255, (), "", "received 255, 510"),
        (lambda n: -n, (), "", "received -1;"),  # clipped: no number is that low
        (lambda n: n * 0, (), "", "received none"),
        (lambda n: n, ("a",), "", "are classes, 1, and 0.*received 1, 2;"),
        (lambda n: (n > 0) * 255, ("a", "b"), "", "received 255;"),
        (lambda n: n, ("a", "b"), "abc", "it has 2, received 3"),
        (lambda n: n, (), "aa", "a name of its own; received 'a', 'a'; name them"),
        (lambda n: n, (), ("a", ""), "a name of its own; received 'a', ''; name"),
    ],
)
def test_what_is_no_class_is_refused(
    change: Any, known: tuple[str, ...], names: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read_classes([lesson(change(textures()[1]))], known, tuple(names))
    assert "\n" not in str(caught.value)


def test_of_a_known_model_labels_may_lack_a_class() -> None:
    (read,), names, _ = read_classes([lesson(textures()[1] == 1)], ("a", "b"))
    assert names == ("a", "b") and read.labels.max() == 1


def test_what_is_not_known_is_neither_class_nor_background() -> None:
    image, labels = textures()
    region = np.zeros(labels.shape, bool)
    region[:, :96] = True
    wrong = np.where(region, labels, 77)  # nobody has looked there
    made = lessons_of(
        as_stack(image), wrong, "a", finished=(), regions={(): region}, classes=True
    )
    lessons, names, _ = read_classes(made)
    assert len(names) == 2
    (example,) = class_examples(lessons, Normalisation(), 2)
    maps = example.maps_of(example.targets)
    assert np.array_equal(maps[..., 1] > 0, region)
    assert np.array_equal(maps[..., 0][region], labels[region])
    part = ClassBlocks.of(example, lessons[0].known)
    counts = part.count(perfect(labels), class_settings())[2].sum(0)
    inside = np.bincount(labels[region])[1:]
    assert counts.tolist() == [*inside, *inside]


def test_crops_keep_classes_apart_and_lie_near_rare_ones() -> None:
    lessons, _, _ = read_classes([lesson()])
    examples = class_examples(lessons, Normalisation(), 2)
    weights = examples[0].weights
    assert weights[2] > weights[1] > weights[0]
    augmentation = Augmentation(overlap=0, uneven=0, native=1, as_segmented=True)
    sampler = CropSampler(examples, 64, augmentation)
    shares = []
    for seed in range(60):
        crop = sampler.draw(np.random.default_rng(seed))
        numbers, weight = np.moveaxis(crop.targets, -1, 0)
        assert set(np.unique(numbers)) <= {0, 1, 2}  # never a mixture of 0 and 2
        assert np.allclose(weight, weights[numbers.astype(int)])
        shares.append((numbers == 2).mean())
    assert np.mean(shares) > 1.5 * (textures()[1] == 2).mean()


def test_no_class_is_lost_to_the_learning() -> None:
    labels = textures()[1].copy()
    labels[labels == 2] = 0
    labels[:30, :30] = 2  # of one class there is one piece, at a corner
    taught, apart = divide_classes([lesson(labels)], 2)
    assert (taught[0].labels == 2).any() and (taught[0].labels == 1).any()
    assert apart and (apart[0].labels == 1).any()
    assert sum(each.labels.size for each in (*taught, *apart)) == labels.size
    # Of several images whole ones, but not the only one that has a class.
    some = [lesson(textures(n)[1] == 1, n, str(n)) for n in range(6)]
    taken = divide_classes(some, 2).apart
    assert len(taken) == 1
    place = int(taken[0].group)
    some[place] = lesson(None, place, str(place))
    assert not any(each.group == str(place) for each in divide_classes(some, 2).apart)


def perfect(labels: Labels, n_classes: int = 2) -> Floats:
    return np.eye(n_classes + 1, dtype=np.float32)[labels]


def test_iou_is_the_mean_over_the_classes_that_are_there() -> None:
    counts = np.array([[50, 0, 100, 40], [50, 0, 100, 0], [0, 0, 0, 0]])
    assert mean_iou(counts)[:, 0].tolist() == [0.25, 0.5, 1.0]
    assert np.isnan(ious_of(counts)[1, 1])


def test_the_gate_tells_better_from_worse_by_iou() -> None:
    subject = OfClasses(2)
    parts = subject.blocks([lesson(seed=n) for n in range(2)], Normalisation())

    def judged(old: int, new: int) -> Any:
        maps = [
            (share, [np.roll(perfect(p.example.labels), shift, 0) for p in parts])
            for share, shift in ((0.0, old), (1.0, new))
        ]
        settings = class_settings()
        return gate_of(parts, maps, settings, settings[2], None, subject).choose()

    better, worse = judged(9, 0), judged(0, 9)
    assert (better.record.verdict, better.share) == ("better", 1)
    assert worse.share == 0 and worse.record.new_ap == 1
    record = better.record
    assert record.measure == "mean IoU" and record.ious == (1, 1)
    assert record.old_ap < 0.7 and record.objects > 8
    said = sentence(record.model_dump())
    assert said.startswith("Better: mean IoU was 0.") and "blocks with any" in said


def test_a_model_of_objects_lends_its_weights_and_one_of_classes_is_taught(
    tmp_path: Path, class_model: Path
) -> None:
    nuclei, classes = load_model("nuclei"), load_model(class_model)
    job = teaching_job(tmp_path, tmp_path / "new", model=nuclei, classes=("a", "b"))
    assert job.architecture.maps == ("background", "a", "b")
    assert job.start_weights == nuclei.weights and not job.has_old
    assert job.old_decoding is None and job.rehearsal is None
    names = ("inside", "seam")
    job = teaching_job(tmp_path, tmp_path / "new", model=classes, classes=names)
    assert job.has_old and job.old_decoding is not None
    for other in (("inside",), ()):
        with pytest.raises(ValueError, match="taught what it finds; inside and seams"):
            teaching_job(tmp_path, tmp_path / "new", model=classes, classes=other)


@pytest.mark.model
def test_classes_are_learnt_from_python_and_taught_further(tmp_path: Path) -> None:
    """A rare class is learnt too; the model is saved, segments, and learns again."""
    planes = [textures(seed) for seed in range(4)]
    said: list[dict[str, Any]] = []
    architecture = Architecture(maps=("background", "striped", "flat"), **TINY)
    lessons, names, _ = read_classes(
        [lesson(labels, n, str(n)) for n, (_, labels) in enumerate(planes)]
    )
    settings = {"architecture": architecture, "batch": 4, "crop": 96, "steps": 30}
    with prepared(
        lessons, None, classes=names, most_steps=240, seconds=900, **settings
    ) as job:
        from napari_mobile_unet.training.pupils import TeachingProcess, iter_teaching
        from napari_mobile_unet.training.teach import keep_model

        process = TeachingProcess(job)
        process.begin()
        said = list(iter_teaching(process))
        model = keep_model(job.output, tmp_path / "textures")
    ready = next(message for message in said if message["kind"] == "ready")
    assert ready["classes"] == ["striped", "flat"] and ready["apart"] > 4
    gate = model.card.training.gate
    assert gate is not None and gate.verdict in ("new", "too few")
    assert gate.measure == "mean IoU" and gate.new_ap > 0.6
    assert (QUANTISED in model.card.files) == gate.integers_as_good
    assert model.card.format == 3
    assert model.card.architecture.classes == ("striped", "flat")
    image, labels = textures(9)
    recipe = nmu.Recipe(segment=nmu.UNet(model=str(model.folder)))
    found = nmu.segment(image, recipe)
    for number in (1, 2):
        both = ((found == number) & (labels == number)).sum()
        assert both / ((found == number) | (labels == number)).sum() > 0.5
    again = nmu.teach(
        [image for image, _ in planes],
        [labels for _, labels in planes],
        tmp_path / "again",
        model=model.folder,
        seconds=5,
        classes=True,
        keep_worse=True,
    )
    record = again.card.training
    assert record.parent == "textures" and record.gate.old_ap is not None
    assert again.card.architecture.classes == ("striped", "flat")


def test_a_network_of_classes_is_not_trained_as_one_of_objects(tmp_path: Path) -> None:
    maps = Architecture(maps=("background", "a"))
    job = TrainingJob(
        images="x", labels="y", output=tmp_path / "new", epochs=1, architecture=maps
    )
    with pytest.raises(ValueError, match=r"full training is for objects; .* class 1 a"):
        check_job(job)
