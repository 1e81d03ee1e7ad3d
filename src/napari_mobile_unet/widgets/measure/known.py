"""What a labels layer tells of its objects beside their measurement."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.saved import METADATA, SavedState
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.columns import KEYS, column_of
from napari_mobile_unet.objects.pieces import update_table
from napari_mobile_unet.widgets.shared.table_follows import INDEX

if TYPE_CHECKING:
    from napari.layers import Labels


def known_of(layer: Labels) -> pd.DataFrame:
    """Return what a layer's features tell of objects beside their measurement."""
    features = layer.features
    if INDEX not in features:
        return pd.DataFrame()
    known: pd.DataFrame = features.rename(columns={INDEX: "label"})
    own = ("locked", "track")
    return known[
        [n for n in known if column_of(str(n)) is None and n not in own]
    ].copy()


def locked_of(layer: Labels) -> set[int]:
    """Return the objects of a layer that are locked."""
    try:
        saved = SavedState.model_validate_json(json.dumps(layer.metadata[METADATA]))
    except (KeyError, TypeError, ValueError):
        return set()
    return set(saved.locks.ids)


def write_features(layer: Labels, table: pd.DataFrame) -> None:
    """Write a table into a layer's features, beside what is there.

    Raises
    ------
    ValueError
        If nobody knows which rows of the features are of which object.
    """
    others: pd.DataFrame = layer.features.rename(columns={INDEX: "label"})
    if len(others.columns) and "label" not in others:
        raise ValueError(
            f"features are joined by their column {INDEX!r}, the id; those of the "
            "layer have none; add it, or empty them"
        )
    foreign = [
        name
        for name in others
        if name in KEYS or (name not in table and column_of(str(name)) is None)
    ]
    features = update_table(others[foreign], table).rename(columns={"label": INDEX})
    if not features.equals(layer.features):
        layer.features = features
