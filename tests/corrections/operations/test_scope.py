from __future__ import annotations

import pytest

from napari_mobile_unet.corrections.operations.scope import planes_in_scope


def test_scopes_run_along_one_axis_and_leave_the_others():
    shape = (2, 3, 8, 9)
    assert planes_in_scope("plane", shape, (1, 1), axis=1) == [(1, 1)]
    assert planes_in_scope("rest", shape, (1, 1), axis=1) == [(1, 1), (1, 2)]
    assert planes_in_scope("all", shape, (1, 1), axis=1) == [(1, 0), (1, 1), (1, 2)]
    assert planes_in_scope("all", shape, (1, 2), axis=0) == [(0, 2), (1, 2)]


@pytest.mark.parametrize("scope", ["plane", "rest", "all"])
def test_labels_of_two_dimensions_have_one_plane(scope):
    assert planes_in_scope(scope, (8, 9), ()) == [()]


@pytest.mark.parametrize(
    ("scope", "plane", "axis", "words"),
    [
        ("future", (0,), 0, "plane, rest or all"),
        ("all", (), 0, "an index for each"),
        ("all", (3,), 0, "an index for each"),
        ("all", (-1,), 0, "an index for each"),
        ("all", (0,), 1, "received axis 1"),
    ],
)
def test_what_is_no_scope_is_refused(scope, plane, axis, words):
    with pytest.raises(ValueError, match=words):
        planes_in_scope(scope, (3, 8, 9), plane, axis)
