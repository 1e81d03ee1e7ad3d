"""Linked objects as tracks over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from napari_mobile_unet.types import Reals


def napari_tracks(
    objects: pd.DataFrame,
) -> tuple[Reals, dict[int, list[int]]]:
    """Return the data and the graph of a napari Tracks layer.

    Parameters
    ----------
    objects : pandas.DataFrame
        Rows of linked objects: label, t, centroid_y, centroid_x, and, where known,
        centroid_z or z, and parent.

    Returns
    -------
    data : ndarray
        (N, 4) or (N, 5): id, t, (z,) y, x; sorted by id, then by time.
    graph : dict
        From the id of a daughter to a list with that of its mother.
    """
    depth = [name for name in ("centroid_z", "z") if name in objects][:1]
    columns = ["label", "t", *depth, "centroid_y", "centroid_x"]
    data = objects.sort_values(["label", "t"])[columns].to_numpy(float)
    graph: dict[int, list[int]] = {}
    if "parent" in objects:
        known = objects["parent"].isin(objects["label"])  # it may be erased by now
        born = objects[(objects["parent"] > 0) & known]
        pairs = zip(born["label"].tolist(), born["parent"].tolist(), strict=True)
        graph = {int(child): [int(mother)] for child, mother in pairs}
    return data, graph
