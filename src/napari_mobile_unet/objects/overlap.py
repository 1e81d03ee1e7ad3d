"""How objects of two label images overlap, and which are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from napari_mobile_unet.objects.labels import label_images

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from napari_mobile_unet.types import AnyLabels


def iou_matrix(predicted: ArrayLike, truth: ArrayLike) -> csr_array:
    """Return the IoU of every predicted with every true object that it touches.

    Parameters
    ----------
    predicted, truth : array_like of int
        Label images of one shape, 0 is background.

    Returns
    -------
    csr_array of float64
        (n_predicted, n_true), rows and columns in the order of growing ids;
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
    first, second = label_images(predicted, truth)
    row, row_area = areas_of(first)
    column, column_area = areas_of(second)
    both = (row >= 0) & (column >= 0)
    row, column = row[both], column[both]
    shape = (len(row_area), len(column_area))
    shared = coo_array((np.ones(len(row)), (row, column)), shape)
    shared.sum_duplicates()
    row, column = shared.coords
    union = row_area[row] + column_area[column] - shared.data
    return csr_array((shared.data / union, (row, column)), shape)


def matches(iou: csr_array, threshold: float) -> int:
    """Return how many pairs match at most, each object used once.

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
    # Above 0.5 no object has two partners; at 0.5 it may, and the best choice counts.
    pairs = csr_array((allowed[allowed], (row[allowed], column[allowed])), iou.shape)
    return int(np.count_nonzero(maximum_bipartite_matching(pairs) >= 0))


def areas_of(labels: AnyLabels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each pixel's object, by rank of its id (-1: background), and the areas."""
    rank, ids = pd.factorize(labels.ravel(), sort=True)
    area = np.bincount(rank, minlength=len(ids))
    if len(ids) and ids[0] == 0:
        return rank - 1, area[1:]
    return rank, area
