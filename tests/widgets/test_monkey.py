"""Random actions in the window; ``benchmarks/monkey.py`` does more."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.gui
MONKEY = Path(__file__).parents[2] / "benchmarks" / "monkey.py"


@pytest.fixture
def monkey(viewer: Any, tmp_path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("monkey", MONKEY)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    viewer.window._qt_window.resize(1200, 760)
    viewer.window._qt_window.show()
    module.leave_undrawn(viewer)
    return module.Monkey(viewer, 5, tmp_path)


@pytest.fixture(autouse=True)
def _journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "napari_mobile_unet.widgets.correct.journals.user_data_path",
        lambda *_: tmp_path / "data",
    )


def test_random_actions_break_nothing(monkey: Any) -> None:
    with monkey.watching():
        monkey._add()
        for _ in range(60):
            monkey.act()
        monkey.rest()
    assert list(monkey.faults.values()) == []


def test_the_monkey_sees_what_is_raised(monkey: Any) -> None:
    def broken() -> str:
        raise KeyError("somewhere")

    def said_in_a_slot() -> str:
        sys.excepthook(ValueError, ValueError("in a slot"), None)
        return "a slot"

    def stuck() -> str:
        page = monkey.viewer.window.add_plugin_dock_widget(
            "napari-mobile-unet", "Mobile U-Net"
        )[1]
        page.run.button.setEnabled(True)  # without an image
        return "a button"

    with monkey.watching():
        for action in (broken, said_in_a_slot, stuck):
            only: dict[Callable[[], str], int] = {action: 1}
            monkey.actions = only
            monkey.act()
        monkey.rest()
    faults = "\n".join(monkey.faults.values())
    assert "somewhere" in faults and "in a slot" in faults
    assert "stuck on Segment: Segment is on: True" in faults
