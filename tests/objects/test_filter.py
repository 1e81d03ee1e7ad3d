"""Expressions that choose rows: what they mean, and what is refused, and where."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.objects.filter import FilterError, matching

TABLE = pd.DataFrame(
    {
        "area": [10, 60, 70, 200],
        "solidity": [0.5, 0.95, np.nan, 0.8],
        "mean_intensity_dapi": [5.0, 120, 100, np.nan],
        "nothing": [np.nan] * 4,
        "class": ["a", "b", None, "b"],
        "locked": [True, False, False, True],
        "my column": [1, 2, 3, 4],
        "größe_µm": [1.0, 2, 3, 4],
    }
)


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("area > 50 and solidity < 0.9 or mean_intensity_dapi >= 100", [1, 2, 3]),
        ("50 < area <= 70", [1, 2]),
        ("not solidity < 0.9", [1]),  # where nobody knows neither holds
        ("solidity != 0.5", [1, 3]),
        ("missing(solidity) or missing(`class`)", [2]),
        ("not missing(nothing)", []),
        ("nothing > 0 or not nothing > 0", []),
        ("`class` == 'b' and not locked", [1]),
        ("class == 'b' or class == 'class' or class == \"`a`\"", [1, 3]),
        ("locked", [0, 3]),
        ("locked == True", [0, 3]),
        ("`my column` * 2 - 1 > 4 / 2", [1, 2, 3]),
        ("area > -1e3", [0, 1, 2, 3]),
        ("area / 0 > 1", [0, 1, 2, 3]),
        ("  größe_µm >= 3", [2, 3]),  # with the micro sign that Python reads as mu
        ("(area > 50)\n and\t(area < 65)", [1]),
        ("1 < 2", [0, 1, 2, 3]),
    ],
)
def test_what_matches(expression, rows):
    assert np.flatnonzero(matching(expression, TABLE)).tolist() == rows
    assert matching(expression, TABLE.iloc[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("expression", "place", "says"),
    [
        ("", 1, "write a comparison"),
        ("  area >", 9, "cannot be read"),
        ("area > 50 and solidty < 1", 15, "no column 'solidty'; did you mean solidity"),
        ("größe_µm > 1 and unknown > 1", 18, "no column 'unknown'"),
        ("area = 50", 6, "cannot be read"),
        ("area", 1, "a condition compares"),
        ("area and locked", 1, "a condition compares"),
        ("locked and area > 'x'", 12, "compared with a number"),
        ("area in [1, 2]", 9, "only columns"),
        ("area is 3", 9, "compare by"),
        ("area > 2 ** 9 ** 9 ** 9", 8, "only columns"),
        ("`class` + 1 > 2", 1, "only numbers"),
        ("area > 1" + "0" * 400, 8, "too large"),
        ("area > 1j", 8, "write a number"),
        ("__import__('os').system('echo')", 1, "only function is missing"),
        ("area > 1 or open('/etc/passwd')", 13, "only function is missing"),
        ("().__class__.__base__ == 1", 1, "only columns"),
        ("[x for x in area] == 1", 1, "only columns"),
        ("(lambda: 1)() == 1", 1, "only columns"),
        ("f'{area}' == 'x'", 1, "only columns"),
        ("area > 1; area < 2", 9, "cannot be read"),
        ("missing(area, 1)", 1, "only function"),
        ("(" * 900 + "area" + ")" * 900, 1, "too many brackets|cannot be read"),
        ("not " * 490 + "locked", 1, None),
        ("area > 1 " * 300, 2001, "at most 2000"),
        ("area > 1\0", 1, "cannot be read"),
    ],
)
def test_wrong_ones_are_refused_with_their_place(expression, place, says):
    if says is None:  # deep, but right: read, or refused, but nothing worse
        try:
            assert matching(expression, TABLE).tolist() == TABLE["locked"].tolist()
        except FilterError as error:
            assert "brackets" in str(error)
        return
    with pytest.raises(FilterError, match=says) as error:
        matching(expression, TABLE)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"filter, character {error.value.place}: ")
    if "brackets" not in says and "\0" not in expression:
        assert error.value.place == place


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        assert matching(text, TABLE).dtype == bool
    except FilterError as error:
        assert 1 <= error.place <= len(text) + 2
