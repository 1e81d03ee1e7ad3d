from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.parallel.cores import (
    process_cores,
    sharing_threads,
    usable_cores,
)

if TYPE_CHECKING:
    import pytest


def test_workers_keep_to_the_threads_they_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert usable_cores() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    assert usable_cores() == process_cores() >= 1


def test_threads_share_the_cores_and_others_keep_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    for parts, each in ((1, 8), (3, 2), (20, 1)):
        with sharing_threads(parts, "test") as pool:
            assert pool.submit(usable_cores).result() == each
    assert usable_cores() == 8


def test_threads_of_a_thread_share_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")

    def within() -> int:
        with sharing_threads(2, "inner") as pool:
            return pool.submit(usable_cores).result()

    with sharing_threads(2, "outer") as pool:
        assert pool.submit(within).result() == 2
