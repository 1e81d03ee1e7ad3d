"""Labels whose values are classes of pixels, as a model is taught them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.unet.card import MOST_CLASSES, check_class_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.training.lessons import Lesson

MASKS = (255, 65535)
"""Values that masks of one class have in pictures."""
NAMED = 6
"""Values that a message names."""


def read_classes(
    lessons: Sequence[Lesson], known: Sequence[str] = (), names: Sequence[str] = ()
) -> tuple[list[Lesson], tuple[str, ...], str]:
    """Return lessons whose labels are classes 1 to n, and the names of these.

    Parameters
    ----------
    lessons : sequence of Lesson
        With their labels as they are.
    known : sequence of str
        Classes of the model that is taught; of these the labels may lack some. A new
        model learns all that the labels have.
    names : sequence of str
        Of the classes of a new model, as many as there are; "class 1" and so on
        unless given.

    Returns
    -------
    lessons : list of Lesson
        Their labels are 0 where nobody knows.
    names : tuple of str
        Of the classes.
    said : str
        How the labels were read, for the person.

    Raises
    ------
    ValueError
        If the values are no classes, or not those of the model or the names.
    """
    cleared = [
        lesson.replace_labels(np.where(lesson.known, lesson.labels, 0))
        for lesson in lessons
    ]
    found = [np.unique(lesson.labels) for lesson in cleared]
    values = np.unique(np.concatenate(found)) if found else np.zeros(0, int)
    values = values[values != 0]
    wanted = known or names
    check_class_names(wanted)
    if known and names and len(known) != len(names):
        raise ValueError(
            f"a model is taught the classes that it tells; it has {len(known)}, "
            f"received {len(names)}; begin a new network, or name as many"
        )
    if values.size == 1 and values[0] in MASKS and len(wanted) <= 1:
        masks = [each.replace_labels(each.labels != 0) for each in cleared]
        said = f"The labels have one value, {values[0]}: read as a mask of one class"
        return masks, tuple(wanted) or default_names(1), said
    count = len(wanted) or int(values.max(initial=0))
    allowed = np.arange(1, min(count, MOST_CLASSES) + 1)
    right = np.isin(values, allowed).all() and values.size
    if not right or not (known or np.isin(allowed, values).all()):
        _refuse(values, len(wanted))
    few = "one class" if count == 1 else f"{count} classes, one for each value"
    names = tuple(wanted) or default_names(count)
    return cleared, names, f"The labels are read as {few}"


def default_names(count: int) -> tuple[str, ...]:
    """Return names of classes that have no others."""
    return tuple(f"class {number}" for number in range(1, count + 1))


def _refuse(values: np.ndarray, count: int) -> None:
    shown = ", ".join(map(str, values[:NAMED].tolist())) or "none"
    more = f" and {len(values) - NAMED} more" if len(values) > NAMED else ""
    rule = (
        ("1" if count == 1 else f"1 to {count}")
        if count
        else f"1 to {MOST_CLASSES} without gaps"
    )
    raise ValueError(
        f"the values of labels are classes, {rule}, and 0 for background; received "
        f"{shown}{more}; give them these numbers, or teach objects"
    )
