"""A model that is taught sees again what it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np
import pytest

from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.models.checks import check_rehearsal
from napari_mobile_unet.training.augment import Augmentation
from napari_mobile_unet.training.examples import example_of
from napari_mobile_unet.training.job import TrainingJob
from napari_mobile_unet.training.lessons import lessons_of
from napari_mobile_unet.training.rehearsal import (
    VIEW,
    pick_views,
    read_views,
    rehearsal_of,
    sampler_of,
    write_views,
)
from napari_mobile_unet.training.teaching import TeachingJob
from napari_mobile_unet.unet.model import load_model
from napari_mobile_unet.unet.normalise import Normalisation

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (300, 420)


def picture(value: int, shape: tuple[int, int] = SHAPE) -> tuple[np.ndarray, ...]:
    """Return a picture of bright squares, all of one value, and their labels."""
    labels = np.zeros(shape, np.uint16)
    for label, (y, x) in enumerate(np.ndindex(4, 5), start=1):
        labels[20 + 70 * y :, 20 + 80 * x :][:30, :30] = label
    return np.where(labels > 0, value, 10).astype(np.uint8), labels


@pytest.fixture
def job(tmp_path: Path) -> TrainingJob:
    """Return a training on 9 images of one kind and 4 of another; one is spared."""
    for kind, values in (("a", range(100, 109)), ("b", range(200, 204))):
        for value in values:
            for name, array in zip(("images", "labels"), picture(value), strict=True):
                place = tmp_path / kind / name
                place.mkdir(parents=True, exist_ok=True)
                write_image(place / f"{value}.tif", as_stack(array))
    return TrainingJob(
        images=str(tmp_path / "*" / "images"),
        labels=str(tmp_path / "*" / "labels"),
        output=tmp_path / "model",
        epochs=0,
        folds={"validation": ["100"], "test": ["200"]},
    )


def test_views_are_of_all_kinds_and_of_no_image_that_is_spared(
    job: TrainingJob,
) -> None:
    views = pick_views(job, 6)
    kinds = [view.group for view in views]
    assert kinds.count("known 1") == 4 and kinds.count("known 2") == 2
    assert all(view.labels.shape == (VIEW, VIEW) for view in views)
    assert all(len(view.ids) and view.known.all() for view in views)
    values = [int(view.image.max()) for view in views]
    assert len(set(values)) == 6 and not {100, 200} & set(values)
    # The name and the place of a file are nobody's business.
    assert {view.name for view in views} == {"known 1", "known 2"}
    assert len(pick_views(job, 100)) == 11


def test_views_come_back_and_every_third_of_them_is_never_learnt(
    job: TrainingJob, tmp_path: Path
) -> None:
    views = pick_views(job, 7)
    write_views(tmp_path / "views.npz", views)
    check_rehearsal(tmp_path / "views.npz")
    back = read_views(tmp_path / "views.npz")
    for one, other in zip(views, back, strict=True):
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.labels, other.labels)
        assert (one.limits, one.group) == (other.limits, other.group)
    learnt, judges = rehearsal_of(back)
    assert (len(learnt), len(judges)) == (5, 2)
    values = [{int(view.image.max()) for view in each} for each in (learnt, judges)]
    assert not values[0] & values[1]


def test_a_share_of_the_crops_is_of_what_was_known(tmp_path: Path) -> None:
    def example(bright: bool) -> object:
        image, labels = picture(200, (192, 192))
        image = image if bright else 210 - image
        (lesson,) = lessons_of(as_stack(image), labels, "x")
        return example_of(lesson, Normalisation())

    plain = Augmentation(plain=1)
    job = TeachingJob(
        images="", labels="", lessons=tmp_path, output=tmp_path, minutes=1,
        augmentation=plain, crop=96, rehearsed=0.25,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    sampler = sampler_of(job, [example(True)], [example(False)])
    crops = [sampler.draw(rng) for _ in range(200)]
    dark = [np.median(crop.image) > 0.5 for crop in crops]
    assert 0.15 < np.mean(dark) < 0.35
    alone = sampler_of(job, [example(True)], [])
    assert not any(np.median(alone.draw(rng).image) > 0.5 for _ in range(20))


def test_what_is_no_file_of_views_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "rehearsal.npz"
    np.savez(path, **{"000/image": np.array([{}], object)})
    with pytest.raises(ValueError, match="must be numbers in one npz") as caught:
        check_rehearsal(path)
    assert "\n" not in str(caught.value)
    np.savez(path, **{"000/image": np.zeros((4, 4))})
    with pytest.raises(ValueError, match="must be a whole file of its views"):
        read_views(path)
    path.write_bytes(path.read_bytes()[:100])
    for look in (check_rehearsal, read_views):
        with pytest.raises(ValueError, match=r"rehearsal\.npz is not"):
            look(path)
    with ZipFile(path, "w", compression=8) as bomb, bomb.open("a.npy", "w") as file:
        for _ in range(300):
            file.write(bytes(2**20))
    with pytest.raises(ValueError, match="for up to"):
        check_rehearsal(path)


def test_the_shipped_model_has_views_of_each_of_its_kinds() -> None:
    path = load_model("nuclei").rehearsal
    assert path is not None
    learnt, judges = rehearsal_of(read_views(path))
    for views in (learnt, judges):
        assert {view.group for view in views} == {"known 1", "known 2", "known 3"}
        assert all(len(view.ids) for view in views)
        assert any(view.image.ndim == 3 for view in views)
