"""A seeded watershed that looks only where two seeds share one piece of a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats, Labels, Mask

    Nodes = NDArray[np.intp]
    Heights = NDArray[np.int64]

LOWEST, HIGHEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
LARGEST_32 = np.iinfo(np.int32).max
AT_ONCE = 2**17
"""Pixels whose neighbours are looked at together, so that they stay in the cache."""


def flood(
    core: Mask,
    mask: Mask,
    height: Floats,
    crumb: int = 0,
) -> Labels:
    """Return the part of a mask that drains to each core: a seeded watershed [1]_.

    The pixels of a mask are taken up in falling order of their height, each by the
    object of the neighbour that was taken up first; a hill without a core, as soon as
    the highest pass to it has been. So does ``skimage.segmentation.watershed``, with
    one queue for all pixels, and of heights no two of which are alike the outcome is
    the same. Of equal heights here the later one, row by row, counts as higher.

    Most pieces of a mask hold one core, or none, and are one object whatever the
    heights are: only the others are looked at. There each pixel goes with its highest
    neighbour, as a drop of water on the heights turned over would run [2]_, all pixels
    at once. The passes that lead out of basins without a core are found in Borůvka's
    rounds [3]_; what stands under water there goes with the pass.

    Not ``cv2.watershed``: that orders pixels by how much neighbours differ, not by
    height, and its ridges block necks that are one pixel wide.

    Parameters
    ----------
    core : ndarray of bool
        (Y, X), True within the cores, which all lie in the mask; pixels that touch
        at a corner are of one core.
    mask : ndarray of bool
        (Y, X), True where there is an object. Pixels that touch at a corner only
        are of two pieces.
    height : ndarray of float32
        (pixels,), finite: of the pixels of the mask, row by row; highest in the middle
        of objects.
    crumb : int
        Cores of fewer pixels are none.

    Returns
    -------
    ndarray of int32
        (Y, X), 0 is background; first the ids of the cores, crumbs counted, then those
        of the pieces without any.

    References
    ----------
    .. [1] F. Meyer and S. Beucher, "Morphological segmentation", Journal of Visual
       Communication and Image Representation 1, 21-46 (1990),
       doi:10.1016/1047-3203(90)90014-M
    .. [2] J. Cousty, G. Bertrand, L. Najman and M. Couprie, "Watershed cuts: minimum
       spanning forests and the drop of water principle", IEEE Transactions on Pattern
       Analysis and Machine Intelligence 31, 1362-1374 (2009),
       doi:10.1109/TPAMI.2008.173
    .. [3] J. Nešetřil, E. Milková and H. Nešetřilová, "Otakar Borůvka on minimum
       spanning tree problem", Discrete Mathematics 233, 3-36 (2001),
       doi:10.1016/S0012-365X(00)00224-7
    """
    n_pieces, pieces = _components(mask, 4)
    n_cores, cores = _components(core, 8)
    first, last = _runs(core)  # the first pixel of each run along a row stands for it
    own, home = cores.take(first), pieces.take(first)
    if crumb:
        length = last - first + 1
        crumbs = (np.bincount(own, length, n_cores) < crumb).take(own)
        cores.ravel()[_places(first[crumbs], length[crumbs])] = 0
        own, home = own[~crumbs], home[~crumbs]
    owner = np.zeros(n_pieces, np.int32)
    owner[home] = own
    bare = np.flatnonzero(owner[1:] == 0) + 1
    owner[bare] = np.arange(n_cores, n_cores + len(bare))
    owner[home[owner[home] != own]] = -1  # of several
    inside = np.flatnonzero(mask)
    found = owner.take(pieces.take(inside))
    several = np.flatnonzero(found < 0)
    if len(several):
        found[several] = _Pixels(
            inside.take(several), cores, height.take(several)
        ).drained()
    labels: Labels = np.zeros(mask.shape, np.int32)
    labels.ravel()[inside] = found
    return labels


def _runs(mask: Mask) -> tuple[Nodes, Nodes]:
    """Return the places of the first and of the last pixel of each run along a row."""
    first, last = mask.copy(), mask.copy()
    first[:, 1:] &= ~mask[:, :-1]
    last[:, :-1] &= ~mask[:, 1:]
    return np.flatnonzero(first), np.flatnonzero(last)


def _places(first: Nodes, length: Nodes) -> Nodes:
    """Return the places of all pixels of some runs."""
    before = np.cumsum(length) - length
    return np.asarray(np.arange(length.sum()) + np.repeat(first - before, length))


def _components(mask: Mask, connectivity: int) -> tuple[int, Labels]:
    """Return the number of ids, background included, and the components' labels."""
    count, found = cv2.connectedComponents(
        mask.view(np.uint8), connectivity=connectivity
    )
    return count, np.asarray(found, np.int32)


class _Pixels:
    """Some pixels of a plane as the nodes 1 to n of a graph; 0 is all around them.

    Parameters
    ----------
    pixels : ndarray of int
        (n,), their places in the plane, row by row, in order.
    cores : ndarray of int32
        (Y, X), the id of each core, 0 elsewhere.
    height : ndarray of float32
        (n,).
    """

    def __init__(self, pixels: Nodes, cores: Labels, height: Floats) -> None:
        rows, width = cores.shape
        # With a frame, so that the end of a row does not touch the next one.
        framed = width + 2
        self._steps = (-framed, -1, 1, framed)
        self._place = np.append(0, pixels + 2 * (pixels // width) + framed + 1)
        self._node = np.zeros((rows + 2) * framed, np.int32)
        self._node[self._place[1:]] = np.arange(1, len(pixels) + 1)
        self._core = np.append(np.int32(0), cores.take(pixels))
        self._height = np.append(LOWEST, _unlike(height))

    def drained(self) -> Labels:
        """Return the id of the core that each pixel drains to."""
        middle = np.zeros(int(self._core.max()) + 1, np.intp)
        middle[self._core] = np.arange(len(self._core))  # any pixel of each core
        up = middle.take(self._core)
        free = np.flatnonzero(self._core == 0)[1:]
        for part in np.array_split(free, len(free) // AT_ONCE + 1):
            up[part] = self._highest_neighbours(part, self._height)
        # The way up from a pixel ends in a core, or on a summit without one.
        top = _ends(up)
        closed = free[self._core.take(top.take(free)) == 0]
        if len(closed):
            level = self._height.copy()
            level[closed] = self._flooded(closed, top)
            drowned = closed[level[closed] < self._height[closed]]
            for beside in self._neighbours(drowned):
                shore = beside[(beside > 0) & (self._core[beside] == 0)]
                up[shore] = self._highest_neighbours(shore, level)
            up[drowned] = _number(level[drowned])
            top = _ends(up)
        return self._core.take(top[1:])

    def _highest_neighbours(self, nodes: Nodes, height: Heights) -> Nodes:
        """Return each node's highest neighbour, or itself where none is higher."""
        found, highest = nodes.copy(), height.take(nodes)
        for other in self._neighbours(nodes):
            reached = height.take(other)
            np.copyto(found, other, where=reached > highest)
            np.maximum(highest, reached, out=highest)
        return found

    def _flooded(self, closed: Nodes, top: Nodes) -> Heights:
        """Return the level that water has in basins without a core.

        Parameters
        ----------
        closed : ndarray of int
            (k,), the nodes of those basins.
        top : ndarray of int
            (n + 1,), the summit of each node's basin.

        Returns
        -------
        ndarray of int64
            (k,), the height of the lowest pass on the way to a core, or of the node
            itself where it is lower.
        """
        summits = closed[top[closed] == closed]
        basin = np.zeros(len(top), np.intp)  # 0: has a core
        basin[summits] = np.arange(1, len(summits) + 1)
        basin = basin.take(top)
        passes = []
        for other in self._neighbours(closed):
            out = (other > 0) & (basin[other] != basin[closed])
            passes.append((closed[out], other[out]))
        near, far = (np.concatenate(nodes) for nodes in zip(*passes, strict=True))
        ends = np.sort(np.stack([self._height[near], self._height[far]]), axis=0)
        level = _passes(basin[near], basin[far], ends, len(summits))
        return np.asarray(np.minimum(level[basin[closed]], self._height[closed]))

    def _neighbours(self, nodes: Nodes) -> Iterator[Labels]:
        """Yield the neighbour of each node on one side, then on the next."""
        place = self._place.take(nodes)
        return (self._node.take(place + step) for step in self._steps)


def _passes(near: Nodes, far: Nodes, ends: Heights, count: int) -> Heights:
    """Return the height of the lowest pass on the best way from basins to basin 0.

    Parameters
    ----------
    near, far : ndarray of int
        (passes,), the basins that each pass leads from and to.
    ends : ndarray of int64
        (2, passes), the heights of their lower and their upper ends.
    count : int
        Number of basins besides 0.
    """
    basins = np.arange(count + 1)
    lowest = np.full(count + 1, HIGHEST)
    joined = basins.copy()
    while joined.any():
        a, b = joined[near], joined[far]
        out = (a != b) & (a > 0)
        near, far, ends, a, b = near[out], far[out], ends[:, out], a[out], b[out]
        best = np.arange(len(a))
        for end in ends:
            highest = np.full(count + 1, LOWEST)
            np.maximum.at(highest, a[best], end[best])
            best = best[end[best] == highest[a[best]]]
        up, low = basins.copy(), np.full(count + 1, HIGHEST)
        up[a[best]], low[a[best]] = b[best], ends[0, best]
        # Two may lead to each other, but no more: no two passes are of one height.
        stays = (up[up] == basins) & (basins <= up)
        up[stays], low[stays] = basins[stays], HIGHEST
        while not np.array_equal(further := up[up], up):
            low, up = np.minimum(low, low[up]), further
        lowest, joined = np.minimum(lowest, low[joined]), up[joined]
    return lowest


def _unlike(height: Floats) -> Heights:
    """Return whole numbers in the order of the heights, no two alike.

    The lower half of their bits counts them from 1.
    """
    bits = (height + np.float32(0)).view(np.int32)  # + 0: there are two zeros
    ordered = np.where(bits < 0, bits ^ LARGEST_32, bits).astype(np.int64)
    return (ordered << 32) + np.arange(1, len(height) + 1)


def _number(height: Heights) -> Nodes:
    """Return which of the heights of ``_unlike`` these are, from 1."""
    return (height & 0xFFFFFFFF).astype(np.intp)


def _ends(up: Nodes) -> Nodes:
    """Return where the way up from each node ends."""
    while not np.array_equal(further := up.take(up), up):
        up = further
    return up
