from __future__ import annotations

import threading

import pytest

from napari_mobile_unet.parallel.cancel import Cancelled, cancellable, checkpoint
from napari_mobile_unet.parallel.executors import iter_as_completed, iter_in_order


def test_work_goes_on_until_it_is_cancelled() -> None:
    stop = threading.Event()
    checkpoint()
    with cancellable(stop):
        checkpoint()
        stop.set()
        with pytest.raises(Cancelled):
            checkpoint()
    checkpoint()  # it was the work of the block alone


@pytest.mark.parametrize("run", [iter_in_order, iter_as_completed])
def test_threads_that_the_work_starts_stop_with_it(run: object) -> None:
    stop, begun = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        begun.set()
        while True:
            checkpoint()

    def cancel() -> None:
        assert begun.wait(20)
        stop.set()

    threading.Thread(target=cancel).start()
    with cancellable(stop), pytest.raises(Cancelled):
        list(run(wait, range(3)))  # type: ignore[operator]


@pytest.mark.parametrize("run", [iter_in_order, iter_as_completed])
def test_closing_a_generator_stops_what_its_threads_are_at(run: object) -> None:
    ended = threading.Event()

    def work(piece: int) -> int:
        try:
            while piece:
                checkpoint()
        finally:
            if piece:
                ended.set()
        return piece

    values = run(work, [0, 1, 1])  # type: ignore[operator]
    assert next(values) == 0
    values.close()
    assert ended.is_set()
