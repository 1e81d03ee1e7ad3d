from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cloudpickle
import pytest

from napari_mobile_unet.parallel.executors import (
    check_executor,
    iter_as_completed,
    iter_in_order,
    open_executor,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# Worker processes cannot import this module: pytest loads it by its path.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def double(number: int) -> int:
    return 2 * number


def die_once(piece: tuple[str, int]) -> int:
    """Kill the worker process that comes first, and answer ever after."""
    folder, number = piece
    if number == 2:
        try:
            (Path(folder) / "died").mkdir()
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return number


def always_die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("name", ["threads", "processes"])
def test_all_pieces_are_done_wherever(name: str) -> None:
    assert sorted(iter_as_completed(double, range(9), name, 2)) == list(range(0, 18, 2))


def test_a_cluster_is_given_two_pieces_for_each_of_its_threads() -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=3,
            processes=False,
            protocol="tcp://",
            dashboard_address=None,
        ) as cluster,
        open_executor(cluster.scheduler_address) as (pool, capacity),
    ):
        assert capacity == 6
        assert pool.submit(double, 4).result() == 8


def test_results_come_in_order_and_few_pieces_are_taken_ahead() -> None:
    taken: list[int] = []

    def pieces() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    results = iter_in_order(double, pieces(), 3)
    assert [next(results) for _ in range(5)] == [0, 2, 4, 6, 8]
    assert len(taken) == 5 + 3
    assert list(results) == list(range(10, 40, 2))


def test_pieces_are_handed_out_as_they_are_asked_for() -> None:
    begun: list[int] = []
    results = iter_as_completed(begun.append, range(100), "threads", 2)
    next(results)
    assert len(begun) < 10
    # It is a generator, which its annotation, an iterator, does not say.
    results.close()  # type: ignore[attr-defined]
    assert len(begun) < 20


def test_an_error_ends_the_run_and_is_told() -> None:
    def fail(number: int) -> None:
        raise ValueError(f"piece {number} is bad")

    with pytest.raises(ValueError, match="is bad"):
        list(iter_as_completed(fail, range(3)))


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::ResourceWarning")
def test_the_death_of_a_worker_is_survived(tmp_path: Path) -> None:
    pieces = [(str(tmp_path), number) for number in range(6)]
    assert sorted(iter_as_completed(die_once, pieces, "processes", 2)) == list(range(6))
    assert (tmp_path / "died").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::ResourceWarning")
def test_workers_that_keep_dying_are_given_up() -> None:
    with pytest.raises(OSError, match="use fewer workers"):
        list(iter_as_completed(always_die, range(2), "processes", 1))


def test_an_unknown_executor_is_refused() -> None:
    with pytest.raises(ValueError, match="threads, processes or tcp"):
        check_executor("slurm")


def test_a_cluster_that_does_not_answer_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import distributed

    def refuse(*_: object, **__: object) -> None:
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(OSError, match="none does"):
        list(iter_as_completed(double, range(2), "tcp://127.0.0.1:9"))
