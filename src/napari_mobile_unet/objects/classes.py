"""Tables of classes of pixels: their numbers mean the same in all planes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

CLASS = "class"
"""The column that tells a table of classes from one of objects."""


def with_all_classes(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return a table of one plane with a row for each class, as if all were there.

    Parameters
    ----------
    table : pandas.DataFrame
        As `measure_plane` returns it for labels that are classes.
    count : int
        How many classes there are.

    Returns
    -------
    pandas.DataFrame
        Labels 1 to ``count``, also as the column `CLASS`; those of which the plane has
        nothing have the area 0.
    """
    numbers = np.arange(1, count + 1)
    filled = table.set_index("label").reindex(numbers).rename_axis("label")
    filled = filled.fillna({"area": 0}).astype({"area": np.int64})
    return filled.reset_index().assign(**{CLASS: numbers})


def of_classes(table: pd.DataFrame) -> bool:
    """Return whether the rows of a plane's table are classes, not objects."""
    return CLASS in table


def classes_there(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the classes that a plane has, each labelled by its number."""
    there = table[table["area"] > 0]
    return there.drop(columns=CLASS).reset_index(drop=True)


def in_words(names: Sequence[str]) -> str:
    """Return the classes 1 to n in a few words.

    Examples
    --------
    >>> in_words(("membrane", "vesicle"))
    'classes 1 membrane, 2 vesicle'
    >>> in_words(("class 1", "class 2", "class 3"))
    'classes 1, 2, 3'
    """
    numbered = [
        f"{n}" if name == f"class {n}" else f"{n} {name}"
        for n, name in enumerate(names, start=1)
    ]
    return f"class{'es' * (len(names) != 1)} {', '.join(numbered)}"
