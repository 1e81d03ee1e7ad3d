"""Runs that were not finished: which are offered, and when they are deleted."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.identity import Identity
from napari_mobile_unet.runs.runner import iter_run
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.shared.run_folder import (
    KEPT_DAYS,
    find_unfinished,
    forget_old,
    new_store,
    runs_folder,
)

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.runs.disk_store import DiskStore

pytestmark = pytest.mark.gui
MONTH = KEPT_DAYS * 24 * 3600 + 60


@pytest.fixture
def image(stack: np.ndarray, tmp_path: Path) -> Stack:
    np.save(tmp_path / "cells.npy", stack)
    return as_stack(read_stack(tmp_path / "cells.npy", "ZYX"))


@pytest.fixture
def store(image: Stack) -> DiskStore:
    """Return a run that was left after two planes."""
    store, recipe = new_store(), Recipe(segment=Threshold())
    with store.held():
        fitted = fit(image, recipe)
        identity = Identity.of(Provenance.of(recipe, image), image)
        store.begin(image, identity, fitted)
        planes = iter_run(image, fitted, store)
        next(planes), next(planes)
        planes.close()
    return store


def grow_old(store: DiskStore) -> None:
    then = time.time() - MONTH
    os.utime(store.folder, (then, then))


def test_a_run_is_deleted_after_a_month_and_not_the_first_time_it_looks_old(
    store: DiskStore, image: Stack
) -> None:
    """A clock that is wrong for a while deletes nobody's planes."""
    forget_old()
    grow_old(store)
    forget_old()
    assert next(find_unfinished(image)).done == store.done != set()
    forget_old()
    assert store.exists
    grow_old(store)
    forget_old()
    assert list(runs_folder().iterdir()) == []


def test_a_run_that_is_continued_is_not_old(store: DiskStore, image: Stack) -> None:
    for _ in range(3):
        grow_old(store)
        with store.held():
            pass
        forget_old()
    assert next(find_unfinished(image)).done == store.done


def test_a_run_that_cannot_be_read_is_passed_over_and_not_deleted(
    store: DiskStore, image: Stack
) -> None:
    planes = store.folder / "planes"
    planes.rename(store.folder / "aside")
    assert list(find_unfinished(image)) == []
    assert store.exists and not store.surely_empty
    (store.folder / "aside").rename(planes)
    assert next(find_unfinished(image)).done == store.done


def test_what_another_window_deletes_meanwhile_ends_nothing(
    store: DiskStore, image: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = runs_folder() / "gone"
    listed = type(gone).glob
    monkeypatch.setattr(
        type(gone),
        "glob",
        lambda self, pattern: [gone, *listed(self, pattern)],
    )
    monkeypatch.setattr(type(gone), "is_dir", lambda self: True)
    forget_old()
    assert next(find_unfinished(image)).done == store.done
