"""Ids that nobody uses yet."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def new_ids(reserved: Collection[int] = ()) -> Iterator[int]:
    """Yield ids from 1, without those that somebody else uses."""
    taken = frozenset(reserved)
    return (number for number in itertools.count(1) if number not in taken)
