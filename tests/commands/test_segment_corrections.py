"""What a person corrected is part of a result that is made again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.preprocessing.steps import Resize
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

OTSU = ("--method", "otsu", "--channel", 1)


@pytest.fixture
def corrected(run: Run, stack: Path, tmp_path: Path) -> tuple[Path, np.ndarray]:
    """Return a journal of corrections to what Otsu finds, and the corrected labels."""
    assert run("segment", stack, "-o", tmp_path / "first", *OTSU).exit_code == 0
    labels = read_stack(tmp_path / "first" / "cells_labels.tif").data.copy()
    journal = tmp_path / "cells_labels_corrections.jsonl"
    corrections = Corrections(labels, journal=journal)
    own = corrections.index.ids_in((1,))[0]
    box = corrections.index.box(own, (1,))
    part = labels[(1, *box)]
    start = (box[0].start, box[1].start)
    change = Change((1,), start, np.where(part == own, 0, part))
    corrections.do("delete", [change], on=[own])
    new = corrections.index.next_id
    corrections.do("draw", [Change((2,), (0, 0), np.full((5, 6), new))], on=[new])
    corrections.close()
    return journal, labels


def test_corrections_are_replayed_to_the_bit(run, stack, tmp_path, corrected):
    journal, labels = corrected
    out = tmp_path / "out"
    done = run("segment", stack, "-o", out, *OTSU, "--corrections", journal)
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "2 steps of cells_labels_corrections.jsonl replayed exactly" in said
    assert np.array_equal(tifffile.imread(out / "cells_labels.tif"), labels)
    record = json.loads((out / "cells_recipe.json").read_text())
    assert record["corrections"]["exact"] is True
    assert record["corrections"]["steps"] == 2
    table = pd.read_csv(out / "cells_objects.csv")
    before = pd.read_csv(tmp_path / "first" / "cells_objects.csv")
    assert list(table.columns) == list(before.columns)
    assert sorted(table["label"]) == np.unique(labels[labels > 0]).tolist()
    drawn = table[table["label"] == labels[2, 0, 0]].iloc[0]
    assert (drawn["area"], drawn["t"]) == (30, 2)
    assert (drawn["centroid_y"], drawn["centroid_x"]) == (2, 2.5)
    same = table[table["t"] == 0].reset_index(drop=True)
    assert same.equals(before[before["t"] == 0].reset_index(drop=True))


def test_a_folder_has_the_journal_of_each_input(run, stack, tmp_path, corrected):
    _, labels = corrected
    other = tmp_path / "others.ome.tif"
    other.write_bytes(stack.read_bytes())
    out = tmp_path / "out"
    done = run("segment", stack, other, "-o", out, *OTSU, "--corrections", tmp_path)
    assert done.exit_code == 0, done.stderr
    assert np.array_equal(tifffile.imread(out / "cells_labels.tif"), labels)
    first = tifffile.imread(tmp_path / "first" / "cells_labels.tif")
    assert np.array_equal(tifffile.imread(out / "others_labels.tif"), first)


def test_to_another_result_corrections_are_brought_over(
    run, stack, tmp_path, corrected
):
    journal, labels = corrected
    out = tmp_path / "out"
    first = tifffile.imread(tmp_path / "first" / "cells_labels.tif")
    recipe = Recipe(
        channel=1, steps=(Resize(factor=0.5),), segment=Threshold(method="otsu")
    )
    recipe.save(tmp_path / "recipe.json")
    options = ("--recipe", tmp_path / "recipe.json", "--corrections", journal)
    done = run("segment", stack, "-o", out, *options)
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "were made to other labels" in said
    result = tifffile.imread(out / "cells_labels.tif")
    assert not np.array_equal(result, first)
    new = labels[2, 0, 0]
    assert np.array_equal(result == new, labels == new)
    assert not result[1][(first[1] > 0) & (labels[1] == 0)].any()
    record = json.loads((out / "cells_recipe.json").read_text())
    assert record["corrections"]["exact"] is False


def test_results_with_other_corrections_are_not_gone_on_with(
    run, stack, tmp_path, corrected
):
    journal, _ = corrected
    done = run(
        "segment", stack, "-o", tmp_path / "first", *OTSU, "--resume",
        "--corrections", journal,
    )  # fmt: skip
    assert done.exit_code == 1
    assert "made with other corrections" in " ".join(done.stderr.split())


def test_unusable_corrections_are_refused_before_anything_runs(
    run, stack, tmp_path, corrected
):
    journal, _ = corrected
    out = tmp_path / "out"
    done = run(
        "segment", stack, tmp_path / "b.tif", "-o", out, "--corrections", journal
    )
    assert done.exit_code == 2
    assert "corrections belong to one image" in " ".join(done.stderr.split())
    tifffile.imwrite(tmp_path / "small.tif", np.zeros((20, 20), np.uint8))
    done = run("segment", tmp_path / "small.tif", "-o", out, "--corrections", journal)
    assert done.exit_code == 1
    assert "name the journal of this image" in " ".join(done.stderr.split())
    assert [path.name for path in out.iterdir()] == ["segment_log.jsonl"]
    labels = np.zeros((3, 64, 48), np.uint16)
    other = Corrections(labels, journal=tmp_path / "other.jsonl", image="another")
    other.do("draw", [Change((2,), (0, 0), np.ones((5, 6), int))])
    other.close()
    done = run("segment", stack, "-o", out, "--corrections", tmp_path / "other.jsonl")
    assert done.exit_code == 1
    assert "were made over another one" in " ".join(done.stderr.split())
    journal.write_text("what is this?\n and that\n")
    done = run("segment", stack, "-o", out, "--corrections", journal)
    assert done.exit_code == 1
    assert "was edited or damaged" in " ".join(done.stderr.split())
