"""Labels that can be corrected, and how a step is written into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import read_box

if TYPE_CHECKING:
    from napari_mobile_unet.corrections.change import LabelArray
    from napari_mobile_unet.corrections.history import Entry
    from napari_mobile_unet.corrections.index import ObjectIndex


def check_writable(labels: LabelArray) -> None:
    """Refuse labels that cannot be corrected in place.

    Raises
    ------
    ValueError
        If they are no labels, or cannot be written to; the message says what to do.
    """
    if isinstance(labels, (list, tuple)) or not hasattr(labels, "dtype"):
        raise ValueError(
            "labels that are corrected are one array; received "
            f"{type(labels).__name__}; of several levels correct the finest one"
        )
    if np.dtype(labels.dtype).kind not in "iu" or len(labels.shape) < 2:
        raise ValueError(
            "labels are whole numbers on two axes or more; received "
            f"{len(labels.shape)}-D {labels.dtype}; convert them, for example with "
            "skimage.measure.label"
        )
    if type(labels).__module__.startswith("dask"):
        raise ValueError(
            "labels that are corrected must be writable; a Dask array is computed; "
            "load it into memory with labels.compute(), or store it as Zarr and open "
            "that"
        )
    flags = getattr(labels, "flags", None)
    readable = getattr(labels, "read_only", False) or (
        flags is not None and not flags.writeable
    )
    if readable or not hasattr(labels, "__setitem__"):
        raise ValueError(
            f"labels that are corrected must be writable; this {type(labels).__name__} "
            "is read-only; copy it with numpy.array(labels), or open it for writing"
        )


def check_unchanged(labels: LabelArray, entry: Entry) -> None:
    """See that labels are as a step left them, before it is undone or redone.

    Raises
    ------
    ChangedOutside
        If something else has written into one of its boxes.
    """
    for delta in entry.step.deltas:
        delta.check(labels, back=entry.back)


def write_entry(labels: LabelArray, index: ObjectIndex, entry: Entry) -> None:
    """Write a step, or its undoing, into labels, and have the index follow.

    Raises
    ------
    ChangedOutside, OSError
        If that fails; labels and index are then as they were before.
    """
    indexed = 0
    try:
        for delta in entry.step.deltas:
            now, then = delta.apply(labels, back=entry.back)
            labels[(*delta.plane, *delta.box)] = then
            index.update(labels, delta.plane, delta.start, now, then)
            indexed += 1
    except BaseException:
        for number in range(min(indexed, len(entry.step.deltas) - 1), -1, -1):
            _take_back(labels, index, entry, number, followed=number < indexed)
        raise


def _take_back(
    labels: LabelArray, index: ObjectIndex, entry: Entry, number: int, *, followed: bool
) -> None:
    """Write the pixels of a delta as they were before a step that failed."""
    delta = entry.step.deltas[number]
    changed, old, new = delta.unpacked()
    now = read_box(labels, delta.plane, delta.box).copy()
    before = now.copy()
    before[changed] = new if entry.back else old
    labels[(*delta.plane, *delta.box)] = before
    if followed:
        index.update(labels, delta.plane, delta.start, now, before)
