"""How the objects of two label images overlap, and how many of them match."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.labels import check_label_pair

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    from napari_mobile_unet.types import AnyLabels


class Overlaps(NamedTuple):
    """The pairs of objects of two label images that share pixels."""

    first: NDArray[np.integer[Any]]
    """(pairs,), the id in the first image."""
    second: NDArray[np.integer[Any]]
    """(pairs,), the id in the second one."""
    pixels: NDArray[np.int64]
    """(pairs,), how many pixels the two share."""


def overlaps_of(first: AnyLabels, second: AnyLabels) -> Overlaps:
    """Return which objects of two label images share pixels, and how many.

    Parameters
    ----------
    first, second : ndarray of int
        Label images of one shape, 0 is background.

    Returns
    -------
    Overlaps
        Each pair once, in the order of its first pixel: what the ids are does not
        change the order.

    Examples
    --------
    >>> found = overlaps_of(np.array([[7, 7, 7, 9]]), np.array([[3, 0, 3, 3]]))
    >>> [column.tolist() for column in found]
    [[7, 9], [3, 3], [2, 1]]
    """
    both = (first > 0) & (second > 0)
    one, other = first[both], second[both]
    # Runs of one pair are a tenth of the pixels, and quicker to count.
    begins = np.ones(len(one), bool)
    np.not_equal(one[1:], one[:-1], out=begins[1:])
    begins[1:] |= other[1:] != other[:-1]
    start = np.flatnonzero(begins)
    length = np.diff(start, append=len(one))
    row, ids = pd.factorize(one[start])
    column, other_ids = pd.factorize(other[start])
    # Places in the table of all pairs: unlike products of ids they never overflow.
    pair, cell = pd.factorize(row * len(other_ids) + column)
    pixels = np.bincount(pair, length, len(cell)).astype(np.int64)
    rows, columns = np.divmod(cell, max(len(other_ids), 1))
    return Overlaps(ids[rows], other_ids[columns], pixels)


def iou_matrix(predicted: ArrayLike, truth: ArrayLike) -> scipy.sparse.csr_array:
    """Return the IoU of every predicted with every true object that it touches.

    Parameters
    ----------
    predicted, truth : array_like of int
        Label images of one shape, 0 is background.

    Returns
    -------
    csr_array of float64
        (n_predicted, n_true), rows and columns in ascending order of the ids;
        pairs without a common pixel are not stored.

    Raises
    ------
    ValueError
        If the shapes differ, or an image does not hold whole numbers ≥ 0.

    Examples
    --------
    >>> iou_matrix([[7, 7, 0, 9]], [[0, 2, 2, 3]]).toarray().round(2)
    array([[0.33, 0.  ],
           [0.  , 1.  ]])
    """
    first, second = check_label_pair(predicted, truth)
    rows, row_area = _ranks(first)
    columns, column_area = _ranks(second)
    row, column, shared = overlaps_of(rows, columns)
    row, column = row - 1, column - 1
    union = row_area[row] + column_area[column] - shared
    return table_of_pairs(
        shared / union, row, column, (len(row_area), len(column_area))
    )


def table_of_pairs(
    values: ArrayLike, row: ArrayLike, column: ArrayLike, shape: tuple[int, int]
) -> scipy.sparse.csr_array:
    """Return a table with a value for each pair of objects, the others not stored.

    Parameters
    ----------
    values : array_like
        (pairs,).
    row, column : array_like of int
        (pairs,), the place of each in the table.
    shape : tuple of int
        Rows and columns.
    """
    # SciPy before 1.15 matches by places of 32 bits alone.
    places = np.asarray(row, np.int32), np.asarray(column, np.int32)
    return scipy.sparse.csr_array((np.asarray(values), places), shape)


def matches(iou: scipy.sparse.csr_array, threshold: float) -> int:
    """Return the largest number of matching pairs, each object used once.

    Parameters
    ----------
    iou : csr_array
        (n_predicted, n_true) of ``iou_matrix``.
    threshold : float
        IoU from which a pair matches.
    """
    row, column = iou.nonzero()
    allowed = iou.data >= threshold
    if not allowed.any():
        return 0
    # Above 0.5 no object has two partners; at 0.5 it may, so the best choice counts.
    pairs = table_of_pairs(allowed[allowed], row[allowed], column[allowed], iou.shape)
    partners = scipy.sparse.csgraph.maximum_bipartite_matching(pairs)
    return int(np.count_nonzero(partners >= 0))


def areas_of(labels: AnyLabels, count: int = 1) -> NDArray[np.intp]:
    """Return the pixels of each id, from 0 to the largest; none of background.

    Parameters
    ----------
    labels : ndarray of int
        Any shape, 0 is background.
    count : int
        How many ids there are at least, 0 included.
    """
    return np.bincount(labels[labels > 0], minlength=count)  # of a mask: faster


def _ranks(labels: AnyLabels) -> tuple[AnyLabels, NDArray[np.int64]]:
    """Return the labels as 1 to n, in ascending order of the ids, and their areas."""
    rank, ids = pd.factorize(labels.ravel(), sort=True)
    area = np.bincount(rank, minlength=len(ids))
    if len(ids) and ids[0] == 0:
        return rank, area[1:]
    return rank + 1, area
