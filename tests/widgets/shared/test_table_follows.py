"""The table of labels follows whatever is done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.objects.measure import measure
from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.shared import table_follows
from napari_mobile_unet.widgets.shared.table_follows import TableFollows

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


@pytest.fixture
def table() -> Any:
    table = TableFollows()
    yield table
    table.follow(None)


@pytest.fixture
def rest(table: Any, qtbot: QtBot) -> Callable[[], None]:
    """Return a function that waits until nothing is to be measured."""

    def wait() -> None:
        qtbot.wait(20)
        qtbot.waitUntil(lambda: table.resting, timeout=20_000)
        qtbot.wait(20)

    return wait


@pytest.fixture
def labels(viewer: Any) -> Any:
    data = np.zeros((3, 4, 20, 30), np.int32)
    data[:, 1:3, 2:8, 3:9] = 7
    data[1:, 1:3, 10:15, 20:29] = 12
    return viewer.add_labels(
        data,
        scale=(30, 2, 0.5, 0.5),
        units=("second", *["micrometer"] * 3),
        axis_labels=("t", "z", "y", "x"),
    )


IMAGE = Stack(np.random.default_rng(0).random((3, 4, 20, 30)), "TZYX")


def expected(labels: Any) -> pd.DataFrame:
    return measure(stack_of(labels), IMAGE).rename(columns={"label": "index"})


def check(labels: Any, *others: str) -> None:
    now = labels.features.drop(columns=list(others))
    pd.testing.assert_frame_equal(now, expected(labels), check_dtype=False)


def test_the_table_is_what_measure_gives_after_any_change(
    labels: Any, table: Any, rest: Callable[[], None], viewer: Any
) -> None:
    table.follow(labels, IMAGE)
    rest()
    check(labels)
    assert labels.features["index"].tolist() == [7, 7, 12, 7, 12]
    viewer.dims.set_point((0, 1), (30, 2))
    labels.paint((1, 1, 5, 5), 99)
    rest()
    assert 99 in labels.features["index"].tolist()
    check(labels)
    labels.undo()
    rest()
    assert 99 not in labels.features["index"].tolist()
    check(labels)
    labels.data[2, 1, :, 15] = 3  # by code, anywhere
    labels.refresh()
    rest()
    check(labels)
    labels.data = np.where(labels.data == 7, 0, labels.data)
    rest()
    assert 7 not in labels.features["index"].tolist()
    check(labels)
    labels.scale = (30, 2, 1, 1)
    rest()
    check(labels)


def test_other_columns_stay_with_their_objects(
    labels: Any, table: Any, rest: Callable[[], None]
) -> None:
    rows = {"label": [7, 7, 12, 7, 12], "t": [0, 1, 1, 2, 2]}
    extras = pd.DataFrame({**rows, "confidence": [0.1, 0.2, 0.3, 0.4, 0.5]})
    table.follow(labels, IMAGE, extras)
    rest()
    check(labels, "confidence")
    assert labels.features["confidence"].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
    labels.features = labels.features.assign(kind=list("abcde"))  # a person's own
    before = labels.data.copy()
    labels.data[1, :, :9, :9] = 0
    labels.data[0, 0, 0, 0] = 40
    labels.refresh()
    rest()
    check(labels, "confidence", "kind")
    now = labels.features.set_index(["index", "t"])
    assert now["confidence"].dropna().tolist() == [0.1, 0.3, 0.4, 0.5]
    assert np.isnan(now["confidence"][40, 0])
    labels.data[...] = before
    labels.refresh()
    rest()
    assert labels.features["confidence"].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert labels.features["kind"].tolist() == list("abcde")


def test_only_changed_planes_are_measured(
    labels: Any, table: Any, rest: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    table.follow(labels)
    rest()
    measured: list[int] = []
    pieces_of = table_follows.pieces_of

    def watched(stack: Stack, number: int, image: Any) -> pd.DataFrame:
        measured.append(number)
        return pieces_of(stack, number, image)

    monkeypatch.setattr(table_follows, "pieces_of", watched)
    labels.data[2, 1, 0, 0] = 3
    labels.refresh()
    rest()
    assert measured == [9]
    labels.refresh()
    rest()
    assert measured == [9]


def test_an_image_of_another_shape_is_left_out(
    labels: Any, table: Any, rest: Callable[[], None]
) -> None:
    table.follow(labels, Stack(np.zeros((4, 20, 30)), "ZYX"))
    rest()
    assert "mean_intensity" not in labels.features
    assert len(labels.features) == 5


def test_a_table_that_was_on_its_way_is_not_lost(
    table: Any,
    labels: Any,
    qtbot: QtBot,
    rest: Callable[[], None],
    join_jobs: Callable[[], None],
) -> None:
    table.follow(labels)
    qtbot.waitUntil(lambda: not table._pause.isActive(), timeout=10_000)
    join_jobs()  # it has measured all, and what it found has not arrived
    labels.events.paint(value=[])  # somebody paints: it is dropped
    rest()
    assert set(labels.features["index"]) == {7, 12}
