from __future__ import annotations

from napari_mobile_unet.words import counted


def test_one_is_not_many() -> None:
    assert [counted(n, "plane") for n in (0, 1, 2)] == [
        "0 planes",
        "1 plane",
        "2 planes",
    ]
    assert [counted(n, "class") for n in (1, 3)] == ["1 class", "3 classes"]
