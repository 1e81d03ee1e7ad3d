"""What the tools of the page *Correct* choose, to be looked at before it is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.operations import remove
from napari_mobile_unet.widgets.correct.situation import Choice
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from napari_mobile_unet.widgets.correct.situation import Situation


def choose_at_border(s: Situation) -> Choice:
    """Choose objects that touch the border of a plane of the scope."""
    index = s.session.index
    found = remove.touching_border(index, s.session.labels.shape, s.planes)
    return _chosen(s, found, "at the border")


def choose_small(s: Situation) -> Choice:
    """Choose objects that are smaller than the size, in the planes of the scope."""
    found = remove.smaller_than(s.session.index, s.smallest, s.planes)
    return _chosen(s, found, f"smaller than {s.smallest} pixels")


def choose_doubtful(s: Situation) -> Choice:
    """Choose objects of the planes of the scope whose confidence is low."""
    known = s.confidence()
    if not known:
        raise ValueError(
            "doubtful objects are chosen by their confidence; the table of these "
            "labels has none; choose labels made by the U-Net, or use the review queue"
        )
    here = {own for plane in s.planes for own in s.session.index.ids_in(plane)}
    found = sorted(own for own in here if known.get(own, 1.0) < s.doubtful_below)
    return _chosen(s, found, f"of a confidence below {s.doubtful_below:g}")


def _chosen(s: Situation, found: list[int], which: str) -> Choice:
    """Choose objects, but none that is locked."""
    free = tuple(own for own in found if own not in s.session.locks.ids)
    locked = len(found) - len(free)
    if not free:
        raise ValueError(
            f"no object that is not locked is {which}"
            + (f"; {locked} locked ones are" if locked else "")
        )
    left = f" ({locked} locked left out)" if locked else ""
    return Choice(
        free,
        f"{counted(len(free), 'object')} {which}{left}; Delete (D) deletes what is "
        "chosen",
    )
