from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.images.grid import Grid

GRID = Grid(
    "TCYXS", (5, 1, 0.5, 0.25), (0, 0, 10, 20), ("second", "pixel", *["micrometer"] * 2)
)


def test_what_is_left_out_has_pixels_of_size_1() -> None:
    assert Grid("ZYXS") == Grid("ZYXS", (1, 1, 1), (0, 0, 0), ("pixel",) * 3)
    assert GRID.world_axes == "TCYX"


def test_an_axis_takes_its_place_along() -> None:
    assert GRID.select("XT") == Grid("XT", (0.25, 5), (20, 0), ("micrometer", "second"))
    assert GRID.select("YXS") == GRID.without("TC")
    assert GRID.without("TS") == GRID.select("CYX")
    assert GRID.without("S").select("YXS").axes == "YXS"  # samples have no place


def test_an_axis_of_a_new_name_is_not_calibrated() -> None:
    renamed = GRID.renamed("ZCYX")
    assert renamed.scale == (1, 1, 0.5, 0.25)
    assert renamed.translate == (0, 0, 10, 20)
    assert renamed.units == ("pixel", "pixel", "micrometer", "micrometer")


@given(st.integers(1, 50), st.integers(1, 50), st.floats(0.01, 100), st.floats(-9, 9))
def test_the_edges_of_the_field_stay(
    before: int, after: int, step: float, first: float
) -> None:
    grid = Grid("ZYX", (3, step, 1), (7, first, 0), ("pixel", "micrometer", "pixel"))
    resized = grid.resized({"Y": before / after})

    def edges(grid: Grid, size: int) -> tuple[float, float]:
        _, step, _ = grid.scale
        start = grid.translate[1] - step / 2
        return start, start + size * step

    assert edges(resized, after) == pytest.approx(edges(grid, before), abs=1e-9)
    assert resized.select("ZX") == grid.select("ZX")
    assert resized.units == grid.units


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"scale": (1, 1, 1)}, r"scale needs one value .* 'YXS'; give 2"),
        ({"translate": (1,)}, r"translate needs one value .* \(1.0,\) .* give 2"),
        ({"units": ("um",) * 3}, r"units needs one value .* give 2"),
    ],
)
def test_one_value_is_needed_for_each_axis(values: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Grid("YXS", **values)


def test_axes_that_are_no_names_are_refused() -> None:
    with pytest.raises(ValueError, match="'Q' in 'QYX'"):
        Grid("QYX")
    with pytest.raises(ValueError, match="must differ"):
        GRID.renamed("YYX")
    with pytest.raises(ValueError, match=r"from 'TCYXS'; received 'ZYX'; leave out Z"):
        GRID.select("ZYX")


def test_an_axis_that_is_not_there_cannot_be_selected() -> None:
    with pytest.raises(ValueError, match=r"from 'ZYX'; received 'TYX'; leave out T$"):
        Grid("ZYX").select("TYX")
