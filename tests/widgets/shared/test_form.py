from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.preprocessing.steps import STEPS, Denoise, Normalise, Resize
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.segment import UNet
from napari_mobile_unet.widgets.shared.form import Form
from napari_mobile_unet.widgets.threshold.form import ThresholdForm

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from napari_mobile_unet.settings import Params

pytestmark = pytest.mark.gui

HIDDEN = ("kind", "method", "limits", "values", "model")


@pytest.mark.parametrize(
    "settings",
    [*(step() for step in STEPS), Objects(), Threshold(), UNet()],
    ids=lambda settings: type(settings).__name__,
)
def test_a_form_shows_every_field_and_gives_the_settings_back(
    settings: Params, qtbot: QtBot
) -> None:
    leave_out = [name for name in HIDDEN if name in type(settings).model_fields]
    form = Form(settings, leave_out=leave_out)
    qtbot.addWidget(form)
    assert set(form.fields) | set(leave_out) == set(type(settings).model_fields)
    assert form.value == settings
    for editor in form.fields.values():
        assert editor.tooltip


def test_a_change_is_told_once_with_the_new_settings(qtbot: QtBot) -> None:
    form = Form(Denoise(), leave_out=("kind", "limits"))
    qtbot.addWidget(form)
    told: list[Denoise] = []
    form.changed.connect(told.append)
    form.fields["radius"].value = 3.5
    assert told == [Denoise(radius=3.5)]
    form.fields["method"].value = "median"
    assert told[-1] == Denoise(radius=3.5, method="median")


def test_setting_a_value_is_silent(qtbot: QtBot) -> None:
    form = Form(Denoise(), leave_out=("kind", "limits"))
    qtbot.addWidget(form)
    with qtbot.assertNotEmitted(form.changed):
        form.value = Denoise(radius=7)
    assert form.fields["radius"].value == 7


def test_a_field_stays_within_its_range(qtbot: QtBot) -> None:
    form = Form(Objects())
    qtbot.addWidget(form)
    assert form.fields["smooth"].min == 0
    assert form.fields["smooth"].max == 50


def test_what_0_means_is_said_and_can_be_chosen_again(qtbot: QtBot) -> None:
    form = Form(Objects())
    qtbot.addWidget(form)
    size = form.fields["min_size"]
    assert size.native.text() == form.fields["spacing"].native.text() == "automatic"
    size.native.stepUp()
    size.native.stepUp()
    assert (size.native.text(), form.value.min_size) == ("2", 2)
    assert isinstance(form.value.min_size, int)
    size.native.setValue(0)
    assert (size.native.text(), form.value) == ("automatic", Objects())


def test_numbers_that_nobody_touched_are_kept_to_the_last_digit(qtbot: QtBot) -> None:
    exact = Resize(factor=1 / 3, diameter=2e6)
    form = Form(Resize(), leave_out=("kind",))
    qtbot.addWidget(form)
    form.value = exact
    assert form.value == exact
    form.fields["height"].value = 100
    assert form.value == exact.replace(height=100)
    assert Form(exact, leave_out=("kind",)).value == exact


def test_no_number_can_be_stepped_below_what_is_allowed(qtbot: QtBot) -> None:
    form = Form(Resize(), leave_out=("kind",))
    qtbot.addWidget(form)
    form.fields["factor"].native.setValue(-1)
    form.fields["diameter"].native.setValue(-1)
    assert form.value == Resize(factor=0.001, diameter=0.001)
    normalise = Form(Normalise(), leave_out=("kind", "limits"))
    qtbot.addWidget(normalise)
    normalise.fields["high"].native.setValue(100)
    normalise.fields["low"].native.setValue(100)
    assert normalise.value == Normalise(low=99.999, high=100)


def test_a_method_without_classes_has_two(qtbot: QtBot) -> None:
    form = ThresholdForm()
    qtbot.addWidget(form)
    form.fields["classes"].value = 3
    told: list[Threshold] = []
    form.changed.connect(told.append)
    form.fields["method"].value = "li"
    assert told == [Threshold(method="li")]
    assert not form.fields["classes"].enabled
