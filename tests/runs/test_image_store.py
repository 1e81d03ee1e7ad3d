"""Prepared planes kept in memory or as a Zarr array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_mobile_unet.runs.image_store import ImageStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("on_disk", [False, True])
def test_planes_of_one_shape_are_kept(on_disk: bool, tmp_path: Path) -> None:
    store = ImageStore(3, tmp_path / "planes.zarr" if on_disk else None)
    with pytest.raises(ValueError, match="needs a plane; none is prepared yet"):
        _ = store.array
    plane = np.arange(20, dtype=np.uint16).reshape(4, 5)
    store.write(1, plane)
    with pytest.raises(ValueError, match=r"plane 2 has \(4, 4\), the others \(4, 5\)"):
        store.write(2, plane[:, :4])
    assert store.done == {1}
    assert store.array.shape == (3, 4, 5) and store.array.dtype == np.uint16
    assert np.array_equal(store.array[1], plane) and not store.array[2].any()
