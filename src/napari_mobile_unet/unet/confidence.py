"""How likely an object is right, from what the network's maps look like within it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import optimize

from napari_mobile_unet.settings import Params

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats, Mask, Reals


TRUSTED = 0.65
"""Confidence of the median object below which a person is told to doubt them all."""
MANY = 20
"""Objects of a plane from which they would fill the screen if they were all wrong."""
RIDGE = 1e-2
"""Weight of the squares of the coefficients, which keeps few objects from deciding."""


class Calibration(Params):
    """A logistic regression, from the features of an object to the chance it is right.

    Right is an object that shares an IoU of at least 0.5 with a true one.
    """

    intercept: float
    """Log odds of an object whose features are all zero."""
    weights: tuple[float, ...]
    """Of each feature, as `object_features` has them; any left out at the end are 0."""

    def apply(self, features: Reals) -> Floats:
        """Return the chance that each object is right.

        Parameters
        ----------
        features : ndarray
            (n, features) of `object_features`.
        """
        known = features[:, : len(self.weights)]
        odds = known @ np.array(self.weights) + self.intercept
        return np.asarray(1 / (1 + np.exp(-odds)), np.float32)

    @classmethod
    def fit(cls, features: Reals, right: Mask) -> Self:
        """Return the calibration that explains which objects are right.

        Parameters
        ----------
        features : ndarray
            (n, features) of `object_features`, of objects that training has not seen.
        right : ndarray of bool
            (n,).

        Raises
        ------
        ValueError
            If there are no objects, or all are right, or none is.
        """
        if right.all() or not right.any():
            raise ValueError(
                f"a calibration needs right and wrong objects, got {int(right.sum())} "
                f"right of {len(right)}; use more images"
            )
        centre, spread = features.mean(0), features.std(0) + 1e-9
        scaled = (features - centre) / spread
        sign = np.where(right, -1.0, 1.0)

        def cost(coefficients: Reals) -> float:
            odds = scaled @ coefficients[1:] + coefficients[0]
            loss = np.logaddexp(0, sign * odds).mean()
            return float(loss + RIDGE * (coefficients[1:] ** 2).sum() / len(right))

        found = optimize.minimize(
            cost, np.zeros(1 + features.shape[1]), method="BFGS"
        ).x
        weights = found[1:] / spread
        return cls(
            intercept=float(found[0] - weights @ centre),
            weights=tuple(float(weight) for weight in weights),
        )


UNCALIBRATED = Calibration(intercept=0, weights=(1,))
"""The mean foreground probability, which knows nothing of right and wrong."""


def bar(confidence: NDArray[np.floating], least: float) -> float:
    """Return the confidence from which the objects of a plane are shown.

    A photograph, a page of text or noise would fill the screen. So where many
    objects are found, and most of them are not to be trusted, only those are shown
    that are.

    Parameters
    ----------
    confidence : ndarray
        (n,) of all objects found.
    least : float
        Confidence below which no object is shown; 0 shows all, whatever they are.
    """
    shown = np.where(confidence >= least, confidence, 0)
    if least and len(shown) >= MANY and np.median(shown) < TRUSTED:
        return max(least, TRUSTED)
    return least


def doubts(confidence: NDArray[np.floating], left_out: int) -> str:
    """Say how many objects are not shown, and if most are not to be trusted.

    Parameters
    ----------
    confidence : ndarray
        (n,) of the objects shown.
    left_out : int
        Objects found besides that were too doubtful to show.

    Returns
    -------
    str
        What comes behind the number of objects; empty if nothing is to be said.
    """
    if not len(confidence) + left_out:
        return ""
    said = f"; {left_out} more left out as doubtful" if left_out else ""
    if np.median(np.append(confidence, np.zeros(left_out))) >= TRUSTED:
        return said
    return (
        f"{said}. Low confidence: the model may not know such images; "
        "try another channel, size or model"
        + (", or a min confidence of 0, which shows all" if left_out else "")
    )
