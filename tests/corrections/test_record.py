"""What stands packed in a journal."""

from __future__ import annotations

import zlib

import pytest

from napari_mobile_unet.corrections.record import unpack


def test_what_was_packed_comes_back_in_two_parts():
    assert unpack(zlib.compress(b"headtail"), 4, lambda head: len(head)) == (
        b"head",
        b"tail",
    )
    assert unpack(zlib.compress(b"head"), 4, lambda _: 0) == (b"head", b"")


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (b"no zlib", "packed with zlib; these are damaged"),
        (zlib.compress(b"hea"), "received 3 and 0 bytes"),
        (zlib.compress(b"headtai"), "received 4 and 3 bytes"),
        (zlib.compress(b"headtails"), "received 4 and 5 bytes"),
        (zlib.compress(b"headtail")[:-4], "received 4 and 4 bytes"),
        (zlib.compress(bytes(10**7)), "received 4 and 5 bytes"),
    ],
)
def test_what_is_damaged_or_has_another_length_is_refused(packed, said):
    with pytest.raises(ValueError, match=f"{said}.*restore the journal from a copy"):
        unpack(packed, 4, lambda _: 4)
