"""A network that sees several channels side by side: taught, run, kept, and refused."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import napari_mobile_unet as nmu
from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.stack import Stack, as_stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.preprocessing.steps import Invert
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.preview import Preview
from napari_mobile_unet.training.class_examples import class_examples
from napari_mobile_unet.training.examples import example_of
from napari_mobile_unet.training.job import TrainingJob
from napari_mobile_unet.training.lesson_files import iter_lessons, write_lessons
from napari_mobile_unet.training.lessons import check_lessons, lessons_of
from napari_mobile_unet.training.pupils import TeachingProcess, iter_teaching
from napari_mobile_unet.training.teach import keep_model, prepared
from napari_mobile_unet.unet.card import Architecture, Card
from napari_mobile_unet.unet.model import load_model
from napari_mobile_unet.unet.normalise import Normalisation

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.unet.model import Model

TINY = Architecture(
    channels=3,
    widths=(8, 8, 8, 8, 8),
    depths=(1, 1, 1, 1),
    decoder=(8, 8, 8, 8),
    decoder_depth=1,
)

MAPS = ("background", "cell")


def cells(seed: int = 0, size: int = 192) -> tuple[np.ndarray, np.ndarray]:
    """Return (3, Y, X) and labels: only squares that all channels show are objects.

    No channel, and no mean or largest value of them, tells which these are: the others
    are brighter in the channels that they have.
    """
    rng = np.random.default_rng(seed)
    image = rng.normal(20, 5, (3, size, size))
    labels = np.zeros((size, size), np.int32)
    for number, (y, x) in enumerate(np.ndindex(size // 32, size // 32), start=1):
        top, left = 4 + 32 * y + rng.integers(8), 4 + 32 * x + rng.integers(8)
        place = slice(top, top + 18), slice(left, left + 18)
        if rng.random() < 0.5:
            image[(slice(None), *place)] += 90
            labels[place] = number
        else:
            image[(rng.integers(3), *place)] += 270
    # No two channels have one range of values.
    scale = np.array([1, 0.3, 8]).reshape(3, 1, 1)
    return (image.clip(0) * scale).astype(np.uint16), labels


def stack_of(image: np.ndarray) -> Stack:
    names = tuple(map(ChannelInfo, ("DAPI", "", "actin")))
    return Stack(image, "CYX", channels=names)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a tiny model that was taught with three channels side by side."""
    lessons = [
        lesson
        for seed in range(3)
        for lesson in lessons_of(stack_of(cells(seed)[0]), cells(seed)[1], str(seed))
    ]
    settings = {"batch": 4, "crop": 96, "steps": 50, "seconds": 900, "quantise": False}
    settings |= {"architecture": TINY, "most_steps": 120, "learning_rate": 1e-2}
    with prepared(lessons, None, **settings) as job:
        process = TeachingProcess(job)
        process.begin()
        assert list(iter_teaching(process))[-1]["kind"] == "done"
        return keep_model(job.output, tmp_path_factory.mktemp("models") / "three")


def in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have small planes worked on as large ones are."""
    monkeypatch.setattr("napari_mobile_unet.images.windows.BLOCK", 64)
    monkeypatch.setattr("napari_mobile_unet.images.windows.MARGIN", 16)


def recipe(model: Model, **changes: Any) -> nmu.Recipe:
    unet = nmu.UNet(model=str(model.folder), diameter=20, min_confidence=0)
    return nmu.Recipe(segment=unet, channel="all").replace(**changes)


@pytest.mark.model
def test_it_finds_what_no_single_channel_shows(model: Model) -> None:
    assert model.card.channel_names == ("DAPI", "channel 1", "actin")
    assert model.card.inputs == "3 channels side by side: DAPI, channel 1, actin"
    image, truth = cells(9)
    labels = nmu.segment(image, recipe(model), axes="CYX")
    assert nmu.evaluate(labels, truth).ap[0.5] > 0.8
    # Each channel is scaled by itself, over the whole stack.
    dim = image * np.array([7, 1, 2], np.uint16).reshape(3, 1, 1)
    assert np.array_equal(nmu.segment(dim, recipe(model), axes="CYX"), labels)
    both = np.stack([image, image[:, ::-1]])
    found = nmu.segment(both, recipe(model), axes="TCYX")
    assert np.array_equal(found[0] > 0, labels > 0)
    limits = fit(Stack(both, "TCYX"), recipe(model)).recipe.segment.limits
    highs = [high for _, high in limits]
    assert highs[1] < highs[0] < highs[2]


@pytest.mark.model
def test_files_previews_and_large_planes_give_the_same(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, _ = cells(9)
    expected = nmu.segment(image, recipe(model), axes="CYX")
    path = tmp_path / "image.tif"
    write_image(path, stack_of(image))
    command = [sys.executable, "-m", "napari_mobile_unet", "segment", str(path)]
    options = ["--model", str(model.folder), "--channel", "all", "--diameter", "20"]
    recipe(model).save(tmp_path / "recipe.json")
    given = ["-o", str(tmp_path / "out"), "--overlay", "--quiet"]
    subprocess.run(
        [*command, "--recipe", str(tmp_path / "recipe.json"), *options, *given],
        check=True,
    )
    labels = read_stack(tmp_path / "out" / "image_labels.tif").data
    assert np.array_equal(np.asarray(labels), expected)
    table = pd.read_csv(tmp_path / "out" / "image_objects.csv")
    for channel in range(3):
        inside = image[channel][expected == 1].mean()
        assert table[f"mean_intensity_{channel}"][0] == pytest.approx(inside)
    assert (tmp_path / "out" / "image_overlay.png").is_file()
    preview = Preview(Stack(image, "CYX"), 0)
    assert np.array_equal(preview.find(recipe(model)).shown.labels, expected)

    in_blocks(monkeypatch)
    again = nmu.segment(image, recipe(model), axes="CYX")
    assert nmu.evaluate(again, expected).ap[0.5] > 0.9


@pytest.mark.model
def test_it_is_given_away_taken_in_and_taught_again(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILE_UNET_MODELS", str(tmp_path / "models"))
    nmu.export_model(model.folder, tmp_path / "three.zip")
    taken = nmu.import_model(tmp_path / "three.zip")
    assert taken.checksum == model.checksum
    image, truth = cells(5)
    with pytest.raises(ValueError, match=r"sees 3 channels .*image 1 has one or RGB"):
        nmu.teach(image[0], truth, tmp_path / "new", model="three")
    taught = nmu.teach(
        image, truth, tmp_path / "new", model="three", axes="CYX", channel="all",
        seconds=3,
    )  # fmt: skip
    assert taught.card.channel_names == model.card.channel_names
    assert taught.card.training.gate.old_tuned_ap is not None


@pytest.mark.model
def test_classes_are_told_by_channels_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, labels = cells(3)
    classes = (labels > 0).astype(np.uint8)
    lessons = lessons_of(stack_of(image), classes, "a", classes=True)
    settings = {"batch": 2, "crop": 64, "seconds": 900, "quantise": False}
    settings |= {"most_steps": 4, "architecture": TINY.replace(maps=MAPS)}
    with prepared(lessons, None, classes=MAPS[1:], **settings) as job:
        process = TeachingProcess(job)
        process.begin()
        assert list(iter_teaching(process))[-1]["kind"] == "done"
        model = keep_model(job.output, tmp_path / "cells")
    plain = nmu.Recipe(segment=nmu.UNet(model=str(model.folder)), channel="all")

    def run() -> tuple[set[int], set[str]]:
        (found,) = nmu.iter_segment(image, plain, axes="CYX")
        return set(np.unique(found.labels).tolist()), set(found.objects)

    for whole in (True, False):
        values, columns = run()
        assert values <= {0, 1}
        assert {f"mean_intensity_{n}" for n in range(3)} <= columns
        if whole:
            in_blocks(monkeypatch)


@pytest.mark.model
@pytest.mark.parametrize(
    ("axes", "channel", "message"),
    [
        ("CYX", None, "sees 3 channels side by side .*; received one; choose all"),
        ("CYX", "mean", "received one; choose all"),
        ("YXS", "all", "received one; choose all"),
        ("YXS", None, "received one; choose all"),
    ],
)
def test_other_channels_are_refused(
    model: Model, axes: str, channel: Any, message: str
) -> None:
    image, _ = cells(1)
    array = image if axes == "CYX" else np.moveaxis(image, 0, -1)
    with pytest.raises(ValueError, match=message) as caught:
        nmu.segment(array, recipe(model, channel=channel), axes=axes)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="received 2; choose all"):
        nmu.segment(image[:2], recipe(model), axes="CYX")


def test_a_model_of_grey_and_a_threshold_refuse_them() -> None:
    image, labels = cells(1)
    with pytest.raises(ValueError, match="received 3 for 'nuclei'; choose one"):
        nmu.segment(image, nmu.Recipe(channel="all"), axes="CYX")
    for settings in ({"segment": nmu.Threshold()}, {"steps": (Invert(),)}):
        with pytest.raises(ValueError, match="all channels side by side"):
            nmu.Recipe(channel="all", **settings)
    stack = stack_of(image)
    three = lessons_of(stack, labels, "a")
    one = lessons_of(stack.channel(0), labels, "b")
    with pytest.raises(ValueError, match="a has 3, b has one or RGB; choose the same"):
        check_lessons([*three, *one])
    with pytest.raises(ValueError, match="each channel has two limits; got those of 2"):
        Normalisation().apply_to_each(np.zeros((4, 4, 3)), [(0, 1), (0, 1)])


def test_channels_that_are_neither_grey_nor_rgb_are_named(tmp_path: Path) -> None:
    for names in ((), ("a",), ("a", "b", "c")):
        with pytest.raises(ValueError, match="channels that are named; got 2 channels"):
            Card(
                name="x",
                architecture=Architecture(channels=2),
                channel_names=names,
                files={},
            )
    with pytest.raises(ValueError, match="channels that are named"):
        TrainingJob(
            images="", labels="", output=tmp_path, epochs=1,
            architecture=Architecture(channels=5),
        )  # fmt: skip
    assert load_model("nuclei").card.channel_names == ()


def test_lessons_of_channels_come_back_from_the_disk(tmp_path: Path) -> None:
    image, labels = cells(2)
    (made,) = lessons_of(stack_of(image), labels, "a")
    assert len(made.limits) == 3 and made.image.shape == (192, 192, 3)
    write_lessons(tmp_path, [made, *lessons_of(as_stack(image[0]), labels, "b")])
    back, grey = iter_lessons(tmp_path)
    assert (back.channels, back.limits) == (made.channels, made.limits)
    assert grey.channels == () and np.ndim(grey.limits) == 1


def test_channels_of_classes_are_scaled_each_by_itself_too() -> None:
    image, labels = cells(2)
    classes = (labels > 0).astype(np.int32)
    (lesson,) = lessons_of(stack_of(image), classes, "a", classes=True)
    (of_classes,) = class_examples([lesson], Normalisation(), 1)
    (of_objects,) = lessons_of(stack_of(image), labels, "a")
    expected = example_of(of_objects, Normalisation()).image
    assert np.array_equal(of_classes.image, expected)
    assert np.ptp(expected, axis=(0, 1)) == pytest.approx([1.2] * 3, abs=0.3)
