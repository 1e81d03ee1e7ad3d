"""Results of a run with the corrections that a person made to them before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.corrections.bring_over import Kept, iter_fitted
from napari_mobile_unet.corrections.change import iter_planes, read_box
from napari_mobile_unet.corrections.journal import SUFFIX
from napari_mobile_unet.corrections.replay import base_of, fold
from napari_mobile_unet.images.pixels import labels_type, luminance
from napari_mobile_unet.io.names import LABELS, stem_of
from napari_mobile_unet.io.ome_zarr import CHUNK
from napari_mobile_unet.later import zarr
from napari_mobile_unet.objects.measure import measure_plane
from napari_mobile_unet.recipes.provenance import AppliedCorrections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import PlaneIndex
    from napari_mobile_unet.corrections.replay import Folded
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.runs.views import NumberedLabels
    from napari_mobile_unet.types import AnyLabels


@dataclass(frozen=True, eq=False)
class HandWork:
    """A journal of corrections that is to be applied to a result.

    Parameters
    ----------
    path : Path
        The journal.
    folded : Folded
        What it comes to.
    checksum : str
        SHA-256 of the file.
    """

    path: Path
    folded: Folded
    checksum: str

    @classmethod
    def load(cls, path: Path) -> HandWork:
        """Return the corrections in a journal.

        Raises
        ------
        OSError, ValueError
            If it cannot be read, or is damaged.
        """
        folded = fold(path)
        return cls(path, folded, hashlib.sha256(path.read_bytes()).hexdigest())

    def check(self, stack: Stack, content: str) -> None:
        """See that the corrections belong to the labels of an image.

        Parameters
        ----------
        stack : Stack
            One channel of the image.
        content : str
            Checksum of the image; see ``content_digest``.

        Raises
        ------
        ValueError
            If they are of another shape, or were made over another image.
        """
        image = self.folded.content.header.image
        if image and image != content:
            raise ValueError(
                f"corrections belong to one image; those of {self.path} were made over "
                "another one, or it has changed since; name the journal of this image"
            )
        shape = (*stack.batch_shape, *stack.plane_shape)
        if shape != self.folded.content.header.shape:
            raise ValueError(
                "corrections fit labels of their shape; those of "
                f"{self.path} are for {self.folded.content.header.shape}, the image "
                f"gives {shape}; name the journal of this image"
            )

    def applied(self, exact: bool | None) -> AppliedCorrections:
        """Return what a record says of them."""
        return AppliedCorrections(
            journal=self.path.name,
            checksum=self.checksum,
            steps=len(self.folded.history),
            exact=exact,
        )


def hand_work_of(source: Path, given: Path, inputs: Sequence[Path]) -> Path | None:
    """Return the journal of an input's corrections.

    Parameters
    ----------
    source : Path
        The input.
    given : Path
        A journal; or a folder, where each input's is called
        ``<stem>_labels_corrections.jsonl``.
    inputs : sequence of Path
        All of them.

    Returns
    -------
    Path or None
        None if the folder has none for this input.

    Raises
    ------
    ValueError
        If one journal is given for several inputs.
    """
    if given.is_dir():
        path = given / f"{stem_of(source)}{LABELS}{SUFFIX}"
        return path if path.exists() else None
    if len(inputs) > 1:
        raise ValueError(
            f"corrections belong to one image; received {given} for {len(inputs)} "
            f"inputs; name a folder of journals called <stem>{LABELS}{SUFFIX}"
        )
    return given


class CorrectedLabels:
    """Labels of a run with corrections, as an array on the batch axes, Y and X.

    Parameters
    ----------
    automatic : NumberedLabels
        What the run found.
    work : HandWork
        The corrections. Where they were made to these very labels they are replayed to
        the bit; else what a person locked, deleted or finished is brought over.
    path : Path
        Where the labels may lie, plane by plane.
    classes : bool
        Whether the labels are classes of pixels, whose numbers never change.
    """

    def __init__(
        self,
        automatic: NumberedLabels,
        work: HandWork,
        path: Path,
        *,
        classes: bool = False,
    ) -> None:
        self._automatic = automatic
        folded = work.folded
        self.exact = base_of(folded, automatic) == folded.content.header.content
        """Whether the corrections were made to these very labels."""
        self.shape: tuple[int, ...] = automatic.shape
        self._array: Any = zarr.create_array(
            path,
            shape=self.shape,
            chunks=tuple(
                1 if number < len(self.shape) - 2 else min(CHUNK, length)
                for number, length in enumerate(self.shape)
            ),
            dtype="int64",
            overwrite=True,
        )
        largest = 0
        planes = (
            self._iter_replayed(folded)
            if self.exact
            else iter_fitted(automatic, Kept.of_journal(folded, classes=classes))
        )
        for plane, labels in planes:
            self._array[plane] = labels
            largest = max(largest, int(labels.max(initial=0)))
        self.dtype = labels_type(largest)

    def __getitem__(self, where: Any) -> NDArray[Any]:
        """Return a part."""
        return np.asarray(self._array[where]).astype(self.dtype)

    def table(self, stack: Stack, number: int, objects: pd.DataFrame) -> pd.DataFrame:
        """Return a plane's table after the corrections.

        What was corrected is measured anew; its confidence was that of another shape,
        and is left out.

        Parameters
        ----------
        stack : Stack
            The image.
        number : int
            Of the plane.
        objects : pandas.DataFrame
            Its table before.
        """
        plane = stack.index(number)
        whole = slice(0, self.shape[-2]), slice(0, self.shape[-1])
        before = read_box(self._automatic, plane, whole)
        after = self[(*plane, *whole)]
        changed = before != after
        if not changed.any():
            return objects
        seen = stack.plane(number)
        grey = seen if "C" in stack.axes else luminance(seen)
        table = measure_plane(after, grey)
        earlier = objects.set_index("label")
        for column in earlier.columns.difference(table.columns, sort=False):
            values = table["label"].map(earlier[column])
            if column == "confidence":
                values[table["label"].isin(np.unique(after[changed]))] = np.nan
                values[table["label"].isin(np.unique(before[changed]))] = np.nan
            elif earlier[column].dtype.kind in "iu":
                values = values.fillna(0).astype(earlier[column].dtype)
            table[column] = values
        return table[objects.columns]

    def _iter_replayed(self, folded: Folded) -> Iterator[tuple[PlaneIndex, AnyLabels]]:
        whole = slice(0, self.shape[-2]), slice(0, self.shape[-1])
        for plane in iter_planes(self.shape):
            found = read_box(self._automatic, plane, whole).astype(np.int64)
            yield plane, folded.patches.over(found, plane, whole)
