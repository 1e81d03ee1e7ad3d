"""Files made wrong: bytes of any file, and values of JSON."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

BYTES = [0, 1, 2, 3, 4, 7, 8, 16, 32, 64, 127, 128, 129, 254, 255]
NUMBERS = [0, 1, 2, 3, 7, 255, 256, 32767, 65535, 65536, 2**24, 2**31 - 1, 2**32 - 1]
WORDS = [
    b"../", b"/etc/passwd", b"\x00", b"\xff\xfe", b"%s%n", b"nan", b"-1", b"1e999",
    b"[" * 60, b"{" * 60, b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"II*\x00",
    b"MM\x00*", b"PK\x03\x04", b"\x80\x04", b"cos\nsystem\n", b'"', b"\n", b",",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 3, 2**31, 2**63, 2**64, -(2**70), 10**400, 0.5, -0.0,
    1e308, float("nan"), float("inf"), "", "a", "é\ud800", "x" * 5000, "../../x",
    "/etc/passwd", [], [[]], {}, [1, 2], ["a"], {"a": 1}, "pickle", [0] * 300, "nan",
]  # fmt: skip


def bytes_of(content: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    """Return content with some bytes changed, doubled, moved, or missing."""
    data = bytearray(content)
    for _ in range(dice.choice([1, 1, 1, 2, 3, 8, 30])):
        if not data:
            break
        # Heads of files say more than what follows.
        most = len(data) if dice.random() < 0.4 else min(len(data), 400)
        at = dice.randrange(most)
        way = dice.randrange(9)
        if way == 0:
            data[at] ^= 1 << dice.randrange(8)
        elif way == 1:
            data[at] = dice.choice(BYTES)
        elif way in (2, 3):
            size = dice.choice([2, 4, 8])
            order = dice.choice(["little", "big"])
            number = dice.choice(NUMBERS) % 2 ** (8 * size)
            data[at : at + size] = number.to_bytes(size, order)
        elif way == 4:
            del data[at : at + dice.choice([1, 2, 4, 16, 100])]
        elif way == 5:
            data[at:at] = data[at : at + dice.choice([1, 4, 16, 200])]
        elif way == 6:
            data[at:at] = dice.choice(WORDS)
        elif way == 7 and dice.random() < 0.3:
            del data[at:]
        else:
            other = dice.choice(others)
            start = dice.randrange(len(other) + 1)
            piece = other[start : start + dice.choice([4, 16, 64])]
            data[at : at + len(piece)] = piece
    return bytes(data)


def value_of(content: Any, dice: random.Random) -> Any:
    """Return a value of JSON of which some parts are others, or missing."""
    content = copy.deepcopy(content)
    for _ in range(dice.choice([1, 1, 1, 2, 4])):
        places = list(_places(content))
        if not places:
            return dice.choice(VALUES)
        holder, key = dice.choice(places)
        way = dice.randrange(6)
        if way == 0:
            del holder[key]
        elif way == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif way == 1:
            holder[dice.choice(["a", "path", "id", "..", str(key)[::-1]])] = holder[key]
        elif (
            way == 2 and isinstance(holder[key], int | float) and _is_small(holder[key])
        ):
            holder[key] = dice.choice([-1, 2, 10, 1e9, -1e9, 0.1]) * holder[key]
        elif way == 3:
            holder[key] = copy.deepcopy(_at(dice.choice(places)))
        elif way == 4 and dice.random() < 0.2:
            for _ in range(dice.choice([5, 100])):
                holder[key] = [holder[key]]
        else:
            holder[key] = copy.deepcopy(dice.choice(VALUES))
    return content


def json_of(content: bytes, dice: random.Random) -> bytes:
    """Return JSON of which values are others, or whose text is damaged."""
    if dice.random() < 0.02:
        return b"[" * 100_000
    if dice.random() < 0.2:
        return bytes_of(content, dice, [content])
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return content
    text = json.dumps(value_of(value, dice))
    return text.encode()


def _is_small(number: float) -> bool:
    return abs(number) < 2**1000


def _places(value: Any) -> Any:
    """Yield all places in a value of JSON."""
    keys = range(len(value)) if isinstance(value, list) else value
    if isinstance(value, list | dict):
        for key in list(keys):
            yield value, key
            yield from _places(value[key])


def _at(place: tuple[Any, Any]) -> Any:
    return place[0][place[1]]
