"""Channels side by side, for a model that was taught to see them so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import napari_mobile_unet as nmu
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.training.lessons import lessons_of
from napari_mobile_unet.training.pupils import TeachingProcess, iter_teaching
from napari_mobile_unet.training.teach import keep_model, prepared
from napari_mobile_unet.unet.card import Architecture
from napari_mobile_unet.unet.model import FOLDER_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.gui


def cells() -> tuple[np.ndarray, np.ndarray]:
    """Return two channels (2, Y, X) with 9 discs, and their labels."""
    rng = np.random.default_rng(0)
    labels = np.zeros((96, 128), np.int32)
    for number, (y, x) in enumerate(np.ndindex(2, 3), start=1):
        away = np.hypot(*(np.indices(labels.shape).T - (24 + 44 * y, 24 + 40 * x)).T)
        labels[away < 12] = number
    image = rng.normal(20, 3, (2, *labels.shape)) + 90 * (labels > 0)
    return image.astype(np.uint8), labels


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a tiny model that was shown two channels a few times."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "models"))
    image, labels = cells()
    small = (8, 8, 8, 8)
    network = Architecture(
        channels=2, widths=(8, *small), depths=(1, 1, 1, 1), decoder=small
    )
    lessons = lessons_of(Stack(image, "CYX"), labels, "cells")
    settings = {"architecture": network, "most_steps": 60, "learning_rate": 1e-2}
    settings |= {"batch": 4, "crop": 64, "seconds": 600, "quantise": False}
    with prepared(lessons, None, **settings) as job:
        process = TeachingProcess(job)
        process.begin()
        assert list(iter_teaching(process))[-1]["kind"] == "done"
        (tmp_path / "models").mkdir()
        keep_model(job.output, tmp_path / "models" / "both")
    return "both"


@pytest.mark.model
def test_all_channels_are_segmented_and_one_of_them_is_refused(
    model: str, unet: Any, viewer: Any, finish: Callable[[], None]
) -> None:
    image, _ = cells()
    viewer.add_image(image, axis_labels=("c", "y", "x"), name="cells")
    unet.model.refresh()
    unet.model.setCurrentIndex(unet.model.findData(model))
    unet.settings.value = unet.settings.value.replace(diameter=24, min_confidence=0)
    channel = unet.source.channel
    assert [channel.itemText(n) for n in range(5)] == ["0", "1", "mean", "max", "all"]
    unet.run.button.click()
    finish()
    assert "sees 2 channels side by side" in unet.run.status.text()

    channel.setCurrentIndex(channel.findData("all"))
    unet.run.button.click()
    finish()
    expected = nmu.segment(image, unet.recipe, axes="CYX")
    assert expected.max() > 0
    assert np.array_equal(unet.layer.data > 0, expected > 0)
    assert {"mean_intensity_0", "mean_intensity_1"} <= set(unet.layer.features)

    # The shipped model sees one of them.
    unet.model.setCurrentIndex(unet.model.findData("nuclei"))
    unet.run.button.click()
    finish()
    assert "received 2 for 'nuclei'; choose one" in unet.run.status.text()
    assert np.array_equal(unet.layer.data > 0, expected > 0)
