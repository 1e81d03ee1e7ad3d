"""Objects linked over time by laptrack: for gaps and for fast motion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.linking.new_ids import new_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.linking.settings import Link


class Tracking:
    """Ids for the objects of all planes, by the distance of their centres.

    Assignment over time, gaps and divisions as in u-track [1]_, by the package
    laptrack. It needs the tables of all planes at once.

    Parameters
    ----------
    stack : Stack
        The image.
    link : Link
        How far objects move, and for how long they may be missing.
    tables : sequence of pandas.DataFrame
        For each plane its objects: label from 1 to n, centroid_y, centroid_x.
    reserved : collection of int
        Ids that are not given, since somebody else uses them.

    Raises
    ------
    ValueError
        If there is no T axis, or laptrack is not installed.

    References
    ----------
    .. [1] K. Jaqaman et al., "Robust single-particle tracking in live-cell time-lapse
       sequences", Nat. Methods 5, 695-702 (2008), doi:10.1038/nmeth.1237
    """

    def __init__(
        self,
        stack: Stack,
        link: Link,
        tables: Sequence[pd.DataFrame],
        reserved: Collection[int] = (),
    ) -> None:
        self.axis = link.along(stack.batch_axes)
        along = stack.batch_axes.index(self.axis or "")
        series: dict[tuple[int, ...], list[int]] = {}
        for number in range(stack.n_planes):
            place = stack.index(number)
            series.setdefault((*place[:along], *place[along + 1 :]), []).append(number)
        new = new_ids(reserved)
        self._found: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        for numbers in series.values():
            tracked = _follow([tables[number] for number in numbers], link, new)
            self._found |= dict(zip(numbers, tracked, strict=True))

    def add(
        self, number: int, labels: NDArray[np.int32] | None, objects: pd.DataFrame
    ) -> tuple[NDArray[np.int32], pd.DataFrame]:
        """Return the ids of a plane's labels 0 to n, and its table with them."""
        ids, parents = self._found[number]
        table = objects.assign(label=ids, parent=parents)
        return np.concatenate([[0], ids]).astype(np.int32), table


def load_laptrack() -> Any:
    """Return the class that tracks.

    Raises
    ------
    ValueError
        If the package is not installed.
    """
    try:
        from laptrack import LapTrack
    except ImportError as error:
        raise ValueError(
            "linking by laptrack needs the package laptrack, which is not installed; "
            'install it: pip install "napari-mobile-unet[tracking]"'
        ) from error
    return LapTrack


def _follow(
    tables: list[pd.DataFrame], link: Link, new: Iterator[int]
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return ids and parents for the objects of each of a series of planes."""
    columns = ["label", "centroid_y", "centroid_x"]
    spots = pd.concat(
        [table[columns].assign(frame=frame) for frame, table in enumerate(tables)],
        ignore_index=True,
    )
    if spots.empty:
        none = np.zeros(0, np.int64)
        return [(none, none) for _ in tables]
    reach = link.max_distance**2  # laptrack compares squares
    tracker = load_laptrack()(
        cutoff=reach,
        gap_closing_cutoff=reach if link.gap else False,
        gap_closing_max_frame_count=link.gap + 1,  # counts steps, not planes between
        splitting_cutoff=reach,
    )
    tracks, splits, _ = tracker.predict_dataframe(
        spots, ["centroid_y", "centroid_x"], only_coordinate_cols=False
    )
    if splits.empty:
        splits = pd.DataFrame(columns=["child_track_id", "parent_track_id"])
    # Tracks are numbered in the order in which they begin.
    order = {track: next(new) for track in pd.unique(tracks["track_id"])}
    mothers = splits.set_index("child_track_id")["parent_track_id"]
    tracks = tracks.sort_values(["frame", "label"])
    ids = tracks["track_id"].map(order).to_numpy(np.int64)
    born = tracks["track_id"].map(mothers).map(order).fillna(0).to_numpy(np.int64)
    ends = np.cumsum([len(table) for table in tables])[:-1]
    return list(zip(np.split(ids, ends), np.split(born, ends), strict=True))
