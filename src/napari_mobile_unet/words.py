"""Numbers of things in words; for all, and imports none."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return how many there are: "1 plane", "2 planes", "3 classes"."""
    ending = "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{ending if number != 1 else ''}"
