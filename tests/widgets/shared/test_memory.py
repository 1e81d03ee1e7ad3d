from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.preprocessing.steps import Invert
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.shared.memory import recall, remember
from napari_mobile_unet.widgets.shared.pages import PAGES, open_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui

FIRST = {"objects": Objects(), "link": Link()}


def test_each_model_and_page_has_its_own() -> None:
    assert recall("Segment", FIRST, model="nuclei") == FIRST
    used = {"objects": Objects(smooth=3), "link": Link(method="iou")}
    remember("Segment", used, model="nuclei")
    remember("Segment", FIRST, model="mine")
    assert recall("Segment", FIRST, model="nuclei") == used
    assert recall("Segment", FIRST, model="mine") == FIRST
    assert recall("Threshold", FIRST) == FIRST


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"Segment": 3}',
        '{"Segment": {"": {"objects": {"smooth": -1}, "link": 5}}}',
        '{"Segment": {"": {"objects": {"gone": 1}}}}',
    ],
)
def test_what_cannot_be_used_is_left_alone(content: str, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "last_used.json").write_text(content)
    assert recall("Segment", FIRST) == FIRST
    remember("Segment", FIRST)
    assert recall("Segment", FIRST) == FIRST


def test_a_page_opens_as_it_was_last_used(
    viewer: Any, calibrated: Any, dock: Callable[[str], Any], qtbot: QtBot
) -> None:
    page = dock("Mobile U-Net")
    page.objects.fields["smooth"].value = 2
    page.settings.fields["diameter"].value = 14
    page.link.fields["method"].value = "iou"
    page.run.button.click()
    qtbot.waitUntil(lambda: not page.run.job.running, timeout=60_000)
    viewer.window.remove_dock_widget("all")
    again = dock("Mobile U-Net")
    assert again.objects.value == Objects(smooth=2)
    assert again.link.value == Link(method="iou")
    assert again.settings.value.diameter == 0  # another image has other objects
    again.reset_button.click()
    assert again.objects.value == Objects()


def test_threshold_and_prepare_open_as_they_were_last_used(
    viewer: Any, calibrated: Any, dock: Callable[[str], Any], qtbot: QtBot
) -> None:
    page = dock("Otsu threshold")
    qtbot.waitUntil(lambda: page.model.split is not None, timeout=10_000)
    page.settings.fields["foreground"].value = "bright"
    page.objects.fields["smooth"].value = 2
    page.run.button.click()
    qtbot.waitUntil(lambda: not page.run.job.running, timeout=60_000)
    prepare = dock("Pre-process")
    prepare.chain.add(Invert())
    prepare.source.box.layer = calibrated
    prepare.apply_button.click()
    qtbot.waitUntil(prepare.apply_button.isEnabled, timeout=60_000)
    viewer.window.remove_dock_widget("all")
    qtbot.wait(20)  # each page that goes takes the others with it, a moment later

    again = dock("Otsu threshold")
    assert again.settings.value.foreground == "bright"
    assert again.model.settings.foreground == "bright"
    assert again.objects.value == Objects(smooth=2)
    again.reset_button.click()
    assert again.model.settings == Threshold()
    assert again.objects.value == Objects()
    prepare = dock("Pre-process")
    assert prepare.chain.steps == (Invert(),)
    prepare.reset_button.click()
    assert prepare.chain.steps == ()


@pytest.mark.parametrize("title", PAGES)
def test_help_leads_to_a_file_that_is_there(title: str, viewer: Any) -> None:
    from pathlib import Path

    page: Any = open_page(viewer, title)
    assert (Path(__file__).parents[3] / page.document).is_file()
    assert page.document in page.strip.help.toolTip()
