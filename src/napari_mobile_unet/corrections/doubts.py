"""Why an object may be wrong: what can be measured of it, turned into doubts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from napari_mobile_unet.corrections.change import read_box
from napari_mobile_unet.corrections.operations.window import Window, pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.types import Mask

WEIGHTS = {
    "confidence": 0.7,
    "size": 0.35,
    "solidity": 0.2,
    "touching": 0.2,
    "contrast": 0.35,
    "disagreement": 0.1,
    "pieces": 0.5,
    "link": 1.0,
    "left_out": 0.8,
}
"""How much the log odds of each doubt count; see ``combined``. Fitted on the validation
fold of the model ``nuclei`` and rounded, but for the link and the pieces, which do not
occur there. With more of the link more wrong objects of the sample stacks come first
(``benchmarks/review_stacks.py``); the weight of the pieces is a guess. An elongated
shape and the entropy of the foreground along the outline told nothing there that the
others do not."""
BASES = {"object": 1.0, "candidate": 0.45}
"""Log odds of an object, and of a candidate, of which every doubt is even."""
SURE = 0.02
"""No doubt is surer than this, or than 1 minus this."""
FAR = 3.0
"""Robust standard deviations from the median at which a size or shape is doubtful at
even odds."""
FEW = 5
"""Objects from which sizes and shapes are compared."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known beside the labels; all of it may be missing.

    Parameters
    ----------
    confidence : mapping
        Chance that an object is right, by id or by (plane, id), as from the column of a
        table; of candidates, too.
    image : array, optional
        (..., Y, X) grey values.
    other : array of int, optional
        (..., Y, X), labels of the same objects by another method.
    left_out : array of int, optional
        (..., Y, X), candidates: objects that were found but not kept.
    axis : int, optional
        The leading axis along which an object keeps its id.
    """

    confidence: Mapping[Any, float] = field(default_factory=dict)
    image: Any = None
    other: Any = None
    left_out: Any = None
    axis: int | None = None

    def chance(self, own: int, plane: PlaneIndex) -> float | None:
        """Return the chance that an object is right; None if it is not known."""
        found = self.confidence.get((plane, own), self.confidence.get(own))
        return None if found is None or np.isnan(found) else float(found)


@dataclass(frozen=True)
class Typical:
    """Median and robust standard deviation of each measure over all objects."""

    centres: Mapping[str, float]
    spreads: Mapping[str, float]

    @classmethod
    def of(cls, measured: Iterable[Mapping[str, float]]) -> Typical:
        """Return what is typical; nothing is of fewer than ``FEW`` objects."""
        rows = list(measured)
        centres, spreads = {}, {}
        for name in ("size", "solidity"):
            values = np.array([row[name] for row in rows])
            if len(values) < FEW:
                continue
            centres[name] = float(np.median(values))
            spread = 1.4826 * float(np.median(np.abs(values - centres[name])))
            spreads[name] = max(spread, 0.02)
        return cls(centres, spreads)


def measures_of(
    labels: LabelArray,
    index: ObjectIndex,
    evidence: Evidence,
    own: int,
    plane: PlaneIndex,
) -> dict[str, float]:
    """Return what can be measured of an object in a plane, by name.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    evidence : Evidence
        What else is known.
    own : int
        The object.
    plane : tuple of int
        A plane that it is on.

    Returns
    -------
    dict of str to float
        ``size``, logarithm of the area; ``solidity``, the area over that of the convex
        hull; ``touching``, the share of its surroundings that are other objects;
        ``pieces``; and as far as the evidence goes ``contrast``, the difference across
        the outline in standard deviations; ``agreement``, IoU with the other method's
        object; ``link``, how well the neighbouring planes fit.
    """
    window = Window.of(labels, plane, index.box(own, plane), 2, (own,))
    mask = window.mask(own)
    found = _shape(mask)
    inner, around = _rims(mask)
    outer = around & window.free
    found["touching"] = 1 - outer.sum() / around.sum() if around.any() else 0.0
    if evidence.image is not None and inner.any() and outer.any():
        found["contrast"] = _contrast(_cut(evidence.image, window), inner, outer)
    if evidence.other is not None:
        found["agreement"] = best_iou(mask, evidence.other, window)
    if evidence.axis is not None:
        found["link"] = _link(labels, mask, window, evidence.axis)
    return found


def doubts_of(measured: Mapping[str, float], typical: Typical) -> dict[str, float]:
    """Return how likely an object is wrong by each measure alone, 0 to 1."""
    doubts = {
        "touching": measured["touching"],
        "pieces": 1.0 if measured["pieces"] > 1 else 0.5,
    }
    for name in typical.centres:
        far = (measured[name] - typical.centres[name]) / typical.spreads[name]
        far = max(0.0, -far) if name == "solidity" else far
        doubts[name] = far**2 / (far**2 + FAR**2)
    if "contrast" in measured:
        doubts["contrast"] = 1 / (1 + measured["contrast"])
    if "agreement" in measured:
        doubts["disagreement"] = 1 - measured["agreement"]
    if "link" in measured:
        doubts["link"] = 1 - measured["link"]
    return doubts


def combined(doubts: Mapping[str, float], base: str = "object") -> float:
    """Return the chance that something is wrong: log odds of doubts, weighted.

    A doubt of 0.5 says nothing, as one that is missing.

    Parameters
    ----------
    doubts : mapping of str to float
        Some of ``WEIGHTS``, each between 0 and 1.
    base : {"object", "candidate"}
        Where the log odds begin.
    """
    odds = BASES[base]
    for name, doubt in doubts.items():
        chance = min(max(doubt, SURE), 1 - SURE)
        odds += WEIGHTS[name] * float(np.log(chance / (1 - chance)))
    return float(1 / (1 + np.exp(-odds)))


def best_iou(mask: Mask, other: Any, window: Window) -> float:
    """Return the IoU of an object with the one of other labels that it fits best.

    The other object is counted within the window alone.
    """
    beside = _cut(other, window)
    ids, shared = np.unique(beside[mask & (beside > 0)], return_counts=True)
    unions = [
        int(mask.sum()) + np.count_nonzero(beside == own) - count
        for own, count in zip(ids, shared, strict=True)
    ]
    return max((float(c / u) for c, u in zip(shared, unions, strict=True)), default=0.0)


def _cut(array: Any, window: Window) -> NDArray[Any]:
    return read_box(array, window.plane, window.box)


def _shape(mask: Mask) -> dict[str, float]:
    """Return logarithm of the area, solidity, and number of pieces."""
    rows, columns = np.nonzero(mask)
    hull = cv2.convexHull(np.stack([columns, rows], 1).astype(np.int32))
    canvas = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(canvas, hull, 1)
    return {
        "size": float(np.log(len(rows))),
        "solidity": len(rows) / int(canvas.sum()),
        "pieces": float(pieces(mask)[0]),
    }


def _rims(mask: Mask) -> tuple[Mask, Mask]:
    """Return an object's outermost pixels, and the pixels around it, two wide.

    Beyond the window is the plane's border, which is no outline.
    """
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    whole = mask.astype(np.uint8)
    inner = mask & (cv2.erode(whole, cross) == 0)
    around = (cv2.dilate(whole, cross, iterations=2) > 0) & ~mask
    return np.asarray(inner), np.asarray(around)


def _contrast(image: NDArray[Any], inner: Mask, outer: Mask) -> float:
    inside, outside = image[inner].astype(float), image[outer].astype(float)
    spread = np.sqrt((np.nanvar(inside) + np.nanvar(outside)) / 2)
    return float(abs(np.nanmean(inside) - np.nanmean(outside)) / (spread + 1e-9))


def _link(labels: LabelArray, mask: Mask, window: Window, axis: int) -> float:
    """Return how well an object fits to its neighbouring planes, 0 to 1."""
    fits = []
    for step in (-1, 1):
        place = window.plane[axis] + step
        if not 0 <= place < labels.shape[axis]:
            continue
        plane = (*window.plane[:axis], place, *window.plane[axis + 1 :])
        beside = read_box(labels, plane, window.box)
        own = window.ids[0]
        shared = int(np.count_nonzero(mask & (beside == own)))
        if shared:
            fits.append(shared / int(np.count_nonzero(mask | (beside == own))))
        else:
            there = Window(plane, window.start, beside)
            fits.append(min(0.5, 1 - best_iou(mask, labels, there)))
    return min(fits, default=1.0)
