"""The second pass over a store: the ids that its objects have in the whole stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_mobile_unet.linking.ids import ids_for, looks_at_labels
from napari_mobile_unet.runs.blocks import nothing_found

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pandas as pd

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.linking.settings import Link
    from napari_mobile_unet.runs.store import Found, Store
    from napari_mobile_unet.types import Labels


@dataclass(frozen=True, eq=False)
class Numbered:
    """What the objects of one plane are called in the whole stack.

    Parameters
    ----------
    number : int
        Of the plane.
    found : Found
        What was found in it, with its own labels 1 to n.
    ids : ndarray of int32
        (n + 1,), the ids of its labels 0 to n.
    objects : pandas.DataFrame
        Its table, with these ids.
    """

    number: int
    found: Found
    ids: Labels
    objects: pd.DataFrame


def iter_numbered(
    stack: Stack,
    store: Store,
    link: Link,
    reserved: Collection[int] = (),
    planes: Collection[int] | None = None,
) -> Iterator[Numbered]:
    """Yield the ids of the planes that are done, in the order of the stack.

    They are the same in whatever order the planes were done.

    Parameters
    ----------
    stack : Stack
        The image.
    store : Store
        What was found in its planes.
    link : Link
        Whether objects of neighbouring planes are one.
    reserved : collection of int
        Ids that are not given, since somebody else uses them.
    planes : collection of int, optional
        Those of the planes that count; all that are done unless given.

    Raises
    ------
    ValueError
        If the stack cannot be linked so, or a plane was damaged on disk.
    """
    done = store.done if planes is None else store.done.intersection(planes)

    def tables() -> list[pd.DataFrame]:
        return [
            store.read(number).objects if number in done else nothing_found()
            for number in range(stack.n_planes)
        ]

    ids = ids_for(stack, link, tables, reserved)
    for number in sorted(done):
        found = store.read(number)
        labels = found.labels if looks_at_labels(link) else None
        yield Numbered(number, found, *ids.add(number, labels, found.objects))
