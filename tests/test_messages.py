"""Errors as people read them."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.messages import one_line


def refused(**settings: object) -> ValueError:
    with pytest.raises(ValueError) as caught:
        Link.model_validate(settings)
    return caught.value


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("one\n  two"), "one two"),
        (KeyError(), "KeyError"),
        (MemoryError("8 GiB are needed; crop"), "8 GiB are needed; crop"),
        (MemoryError(), "Out of memory; choose a smaller part of the image"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            "No space left on device; free space, or name another folder",
        ),
        (
            OSError("a.csv cannot be written (disk full); free space"),
            "a.csv cannot be written (disk full); free space",
        ),
    ],
)
def test_an_error_is_one_line_with_a_remedy(error: Exception, message: str) -> None:
    assert one_line(error) == message


def test_an_array_that_does_not_fit_names_a_remedy() -> None:
    with pytest.raises(MemoryError) as caught:
        np.empty(2**58)
    assert "choose a smaller part" in one_line(caught.value)


def test_refused_settings_name_the_first_and_count_the_others() -> None:
    assert one_line(refused(iou=2)) == (
        "iou: Input should be less than or equal to 1; received 2"
    )
    assert one_line(refused(iou=2, gap=-1)).endswith("(and 1 more)")
