"""The mothers in the table of a time-lapse, which follow what is done to its tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.lineage import Lineage
from napari_mobile_unet.widgets.shared.table_follows import INDEX

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mobile_unet.corrections.done import Done
    from napari_mobile_unet.corrections.session import Corrections

TIME, PARENT = "t", "parent"
"""Columns of a time-lapse's table."""


class Divisions:
    """Names mothers and rows of a layer's table anew when tracks are.

    Parameters
    ----------
    layer : Labels
        The layer; without a table of mothers, or an axis of time, nothing is done.
    session : Corrections
        Of the layer.
    """

    def __init__(self, layer: Labels, session: Corrections) -> None:
        self._layer, self._session = layer, session
        self._lineage: Lineage | None = None
        table = layer.features
        axes = [str(label).lower() for label in layer.axis_labels[:-2]]
        if TIME in axes and {INDEX, TIME, PARENT} <= set(table.columns):
            known = table[table[PARENT] > 0][[INDEX, PARENT]].drop_duplicates(INDEX)
            pairs = [(int(own), int(mother)) for own, mother in known.to_numpy()]
            self._lineage = Lineage(pairs, session.index, axes.index(TIME))

    def follow(self, done: Done) -> None:
        """Follow a step, an undo or a redo."""
        if self._lineage is None:
            return
        renames = self._lineage.follow(done, self._session.index)
        table = self._layer.features
        if not renames or not {INDEX, TIME, PARENT} <= set(table.columns):
            return
        rows = list(zip(table[INDEX].tolist(), table[TIME].tolist(), strict=True))
        there = set(rows)
        named = [(renames.get(time, {}).get(own, own), time) for own, time in rows]
        swapped = {new for there_now in renames.values() for new in there_now}
        ids = [
            # The row of an object that took another one in stays its own.
            own if new in there and new[0] not in swapped else new[0]
            for (own, _), new in zip(rows, named, strict=True)
        ]
        mothers = self._lineage.parents(self._session.index)
        parents = [mothers.get(own, 0) for own in ids]
        self._layer.features = table.assign(**{INDEX: ids, PARENT: parents})
