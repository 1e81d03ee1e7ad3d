from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from napari.utils import progress
from qtpy.QtWidgets import QWidget

from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.job_bar import FOLLOWS_AFTER, JobBar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


class Heard:
    """What a job told."""

    def __init__(self, job: Job) -> None:
        self.values: list[Any] = []
        self.failures: list[str] = []
        self.ends: list[bool] = []
        job.yielded.connect(self.values.append)
        job.failed.connect(self.failures.append)
        job.ended.connect(self.ends.append)


def test_values_come_in_order_and_the_end_once(qtbot: QtBot) -> None:
    job = Job()
    heard = Heard(job)
    job.start(lambda: iter(range(5)))
    qtbot.waitUntil(lambda: heard.ends == [False])
    assert heard.values == [0, 1, 2, 3, 4]
    assert not job.running
    assert not heard.failures


@pytest.mark.parametrize("error", [RuntimeError, ValueError, KeyError, MemoryError])
def test_any_error_is_told_in_a_line_and_ends_the_job(
    qtbot: QtBot, error: type[Exception]
) -> None:
    def steps() -> Iterator[int]:
        yield 1
        raise error("the rule;\n the remedy")

    job = Job()
    heard = Heard(job)
    job.start(steps)
    qtbot.waitUntil(lambda: heard.ends == [False])
    assert heard.values == [1]
    assert len(heard.failures) == 1
    assert "\n" not in heard.failures[0]


def test_cancel_stops_between_values_and_closes_the_generator(qtbot: QtBot) -> None:
    go_on, closed = threading.Event(), threading.Event()

    def steps() -> Iterator[int]:
        try:
            yield 1
            go_on.wait(10)
            yield 2
            yield 3
        finally:
            closed.set()

    job = Job()
    heard = Heard(job)
    job.start(steps)
    qtbot.waitUntil(lambda: heard.values == [1])
    job.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: heard.ends == [True])
    assert heard.values == [1]
    assert closed.wait(5)


def test_a_second_start_drops_the_first(qtbot: QtBot) -> None:
    release = threading.Event()

    def slow() -> Iterator[str]:
        release.wait(10)
        yield "old"

    job = Job()
    heard = Heard(job)
    job.start(slow)
    job.start(lambda: iter(["new"]))
    qtbot.waitUntil(lambda: heard.ends == [False])
    release.set()
    qtbot.wait(100)
    assert heard.values == ["new"]
    assert heard.ends == [False]


def test_the_bar_counts_and_its_button_cancels(qtbot: QtBot) -> None:
    go_on = threading.Event()

    def steps() -> Iterator[int]:
        yield 1
        go_on.wait(10)
        yield 2

    job = Job()
    bar = JobBar(job)
    qtbot.addWidget(bar)
    heard = Heard(job)
    job.yielded.connect(lambda _: bar.advance())
    bar.begin("Working", 2)
    assert not bar.isHidden()
    job.start(steps)
    qtbot.waitUntil(lambda: bar.bar.value() == 1)
    bar.cancel_button.click()
    assert not bar.cancel_button.isEnabled()
    go_on.set()
    qtbot.waitUntil(lambda: heard.ends == [True])
    assert bar.isHidden()
    assert heard.values[0] == 1


def test_of_those_that_wait_the_latest_is_run_and_never_two_at_once(
    qtbot: QtBot,
) -> None:
    job = Job()
    go_on = threading.Event()
    begun: list[int] = []
    came: list[int] = []
    job.yielded.connect(came.append)

    def work(number: int) -> Iterator[int]:
        begun.append(number)
        if number == 0:
            assert go_on.wait(20)
        yield number

    for number in range(4):
        job.start_next(lambda number=number: work(number))
    qtbot.wait(50)
    assert begun == [0]
    go_on.set()
    qtbot.waitUntil(lambda: came == [3])
    assert begun == [0, 3]


@pytest.mark.parametrize("meanwhile", ["goes on", "ends", "is closed"])
def test_what_happens_while_napari_draws_its_bar_leaves_no_bar(
    qtbot: QtBot, meanwhile: str
) -> None:
    """On a slow screen napari works off all that waits as it makes a bar."""
    page = QWidget()
    job = Job(page)
    bar = JobBar(job, page)
    seen = []

    def slowly(_: object = None) -> None:
        bars.events.disconnect(slowly)
        if meanwhile == "goes on":
            bar.advance()
        elif meanwhile == "ends":
            job.ended.emit(False)
        else:
            bar.destroyed.emit()
        qtbot.wait(3 * FOLLOWS_AFTER)
        seen.append(len(bars))

    bars = progress._all_instances
    before = set(bars)
    bars.events.connect(slowly)
    bar.begin("Segmenting", 5)
    qtbot.waitUntil(lambda: bool(seen))
    qtbot.wait(3 * FOLLOWS_AFTER)
    assert len(set(bars) - before) == (meanwhile == "goes on")
    job.ended.emit(False)
    qtbot.waitUntil(lambda: set(bars) == before)
