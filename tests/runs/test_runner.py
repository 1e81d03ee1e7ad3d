"""The runner: its order, its reading, and how it stops."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.parallel.cancel import Cancelled, cancellable
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.numbered import iter_numbered
from napari_mobile_unet.runs.reading import batches
from napari_mobile_unet.runs.runner import RunOptions, iter_run
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.runs.store import MemoryStore
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from collections.abc import Iterator

OTSU = Recipe(segment=Threshold())


@pytest.fixture
def stack() -> Stack:
    planes = np.full((7, 32, 32), 10, np.uint8)
    for number in range(7):
        planes[number, 4 : 10 + number, 4:20] = 200
    return Stack.from_array(planes, "ZYX")


@pytest.mark.parametrize(
    ("size", "first", "order"),
    [
        (1, 0, [0, 1, 2, 3, 4, 5, 6]),
        (1, 3, [3, 2, 4, 1, 5, 0, 6]),
        (3, 4, [4, 3, 5, 2, 1, 0, 6]),
    ],
)
def test_planes_come_by_their_distance_from_the_first(
    size: int, first: int, order: list[int], stack: Stack
) -> None:
    found = [n for batch in batches(stack, set(), size, first) for n in batch.order]
    assert found == order
    options = RunOptions(workers=1, batch_size=size, first=first)
    results = iter_run(stack, fit(stack, OTSU), MemoryStore(stack.plane_shape), options)
    assert [result.number for result in results] == order


def test_ids_are_the_same_in_whatever_order_planes_come(stack: Stack) -> None:
    expected = segment(stack, OTSU)
    store = MemoryStore(stack.plane_shape)
    options = RunOptions(workers=2, first=5)
    for _ in iter_run(stack, fit(stack, OTSU), store, options):
        pass
    for plane in iter_numbered(stack, store, OTSU.link):
        labels = plane.ids.take(plane.found.labels)
        assert np.array_equal(labels, expected[plane.number])


def test_reserved_ids_are_not_given(stack: Stack) -> None:
    store = MemoryStore(stack.plane_shape)
    for _ in iter_run(stack, fit(stack, OTSU), store):
        pass
    numbered = list(iter_numbered(stack, store, OTSU.link, reserved={2, 3}))
    assert [plane.ids[1] for plane in numbered] == [1, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("recipe", [OTSU, Recipe(segment=UNet(diameter=24))])
def test_a_large_plane_is_left_within_a_block(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack.from_array(np.zeros((5000, 5000), np.uint8), "YX")
    stack.data[::50, ::50] = 1
    fitted, store = fit(stack, recipe), MemoryStore(stack.plane_shape)
    stop, seen = threading.Event(), []
    read = Stack.plane

    def noted(self: Stack, number: int, *window: Any) -> Any:
        rows, _ = window[0]
        if rows.stop - rows.start > 1024:  # no window that ranges are taken from
            seen.append(window)
            stop.set()
        return read(self, number, *window)

    monkeypatch.setattr("napari_mobile_unet.images.stack.Stack.plane", noted)
    with cancellable(stop), pytest.raises(Cancelled):
        list(iter_run(stack, fitted, store))
    assert not store.done
    assert 0 < len(seen) < 4  # blocks


def test_closing_the_generator_keeps_what_is_done(stack: Stack) -> None:
    store = MemoryStore(stack.plane_shape)
    results: Iterator[Any] = iter_run(
        stack, fit(stack, OTSU), store, RunOptions(workers=1)
    )
    next(results)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert {0, 1} <= store.done < set(range(7))


def test_other_processes_need_a_file(stack: Stack) -> None:
    store = MemoryStore(stack.plane_shape)
    options = RunOptions(executor="processes")
    with pytest.raises(ValueError, match=r"need an image file.*'threads'"):
        list(iter_run(stack, fit(stack, OTSU), store, options))
