"""The script makes the shipped files again, and a seed decides the pixels."""

from __future__ import annotations

import runpy
import sys

import numpy as np
import pytest

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.samples.files import sample_path


def test_the_script_makes_the_shipped_files_again(tmp_path, monkeypatch, script):
    out = tmp_path / "not yet there"
    monkeypatch.setattr(sys, "argv", [str(script), str(out)])
    runpy.run_path(str(script), run_name="__main__")
    folder = sample_path("README.md").parent
    made = {path.name: path for path in out.iterdir()}
    assert made.keys() | {"README.md"} == {path.name for path in folder.iterdir()}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000
    for name, path in made.items():
        if path.suffix in (".tif", ".png"):
            ours, theirs = read_stack(path), read_stack(folder / name)
            assert ours.data.dtype == theirs.data.dtype
            assert np.array_equal(ours.data, theirs.data)
            assert (ours.axes, ours.scale, ours.units) == (
                theirs.axes,
                theirs.scale,
                theirs.units,
            )
        else:
            assert path.read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["nuclei_zstack", "nuclei_timelapse"])
def test_a_seed_decides_the_pixels(name, script):
    make = runpy.run_path(str(script))[name]
    first, again, other = (make(seed, 3) for seed in (3, 3, 4))
    assert first.image.data.shape == (3, 256, 256)
    for part in ("image", "labels"):
        pixels = getattr(first, part).data
        assert np.array_equal(pixels, getattr(again, part).data)
        assert not np.array_equal(pixels, getattr(other, part).data)
