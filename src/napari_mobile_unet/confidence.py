"""How likely an object is right, from what the network's maps look like within it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import optimize

from napari_mobile_unet._params import Params

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TRUSTED = 0.65
"""Confidence of the median object below which a person is told to doubt them all."""
UNITS = 8
"""Hidden units of a calibration: an object may be wrong in more than one way."""
RIDGE, BENT = 1e-2, 4.0
"""Weight of the squares of the coefficients, which keeps few objects from deciding; of
the straight part, and of the hidden units."""


class Unit(Params):
    """One hidden unit of a calibration: it bends the odds along one direction."""

    gain: float
    """What the unit adds to the log odds, times -1 to 1."""
    bias: float
    """What its input is where all features are zero."""
    weights: tuple[float, ...]
    """Of each feature."""


class Calibration(Params):
    """From the features of an object to the chance that it is right.

    A logistic regression, with a layer of hidden units beside it. Right is an object
    that shares an IoU of at least 0.5 with a true one.
    """

    intercept: float
    """Log odds of an object whose features are all zero, but for the units."""
    weights: tuple[float, ...]
    """Of each feature, in the order of `describe`; those left out at the end are 0."""
    units: tuple[Unit, ...] = ()
    """What a straight line cannot say."""

    def apply(self, features: Floats) -> NDArray[np.float32]:
        """Return the chance that each object is right.

        Parameters
        ----------
        features : ndarray
            (n, traits) of `describe`.
        """
        odds = np.full(len(features), self.intercept)
        odds += features[:, : len(self.weights)] @ np.array(self.weights)
        for unit in self.units:
            bent = features[:, : len(unit.weights)] @ np.array(unit.weights)
            odds += unit.gain * np.tanh(bent + unit.bias)
        return np.asarray(1 / (1 + np.exp(-odds)), np.float32)

    @classmethod
    def fit(cls, features: Floats, right: NDArray[np.bool_]) -> Self:
        """Return the calibration that explains which objects are right.

        Parameters
        ----------
        features : ndarray
            (n, traits) of `describe`, of objects that training has not seen.
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
        start = np.random.default_rng(0).normal(0, 0.3, (1 + UNITS, 2 + len(centre)))
        start[0] = 0
        found = optimize.minimize(
            _cost,
            start.ravel(),
            ((features - centre) / spread, right),
            method="L-BFGS-B",
            jac=True,
            options={"maxiter": 300},
        ).x.reshape(start.shape)
        found[:, 2:] /= spread
        found[:, 1] -= found[:, 2:] @ centre
        straight, *units = found.tolist()
        return cls(
            intercept=straight[1],
            weights=tuple(straight[2:]),
            units=tuple(
                Unit(gain=gain, bias=bias, weights=tuple(weights))
                for gain, bias, *weights in units
            ),
        )


def _cost(
    flat: Floats, features: Floats, right: NDArray[np.bool_]
) -> tuple[float, Floats]:
    """Return the mean loss over some objects, and its gradient.

    Parameters
    ----------
    flat : ndarray
        (1 + units) * (2 + features): gain, bias and weights of the straight part, whose
        gain does nothing, and of each unit.
    features : ndarray
        (n, features), scaled.
    right : ndarray of bool
        (n,).
    """
    rows = flat.reshape(1 + UNITS, -1)
    gain, bias, weights = rows[1:, 0], rows[:, 1], rows[:, 2:]
    inputs = features @ weights.T + bias
    bent = np.tanh(inputs[:, 1:])
    odds = inputs[:, 0] + bent @ gain
    sign, count = np.where(right, -1.0, 1.0), len(right)
    ridge = np.full_like(rows, BENT / count)
    ridge[0], ridge[:, 1] = RIDGE / count, 0
    loss = np.logaddexp(0, sign * odds).mean() + (ridge * rows**2).sum()
    slope = sign / (1 + np.exp(-sign * odds)) / count
    slopes = np.hstack([slope[:, None], slope[:, None] * gain * (1 - bent**2)])
    gradient = 2 * ridge * rows
    gradient[1:, 0] += bent.T @ slope
    gradient[:, 1] += slopes.sum(0)
    gradient[:, 2:] += slopes.T @ features
    return float(loss), gradient.ravel()


UNCALIBRATED = Calibration(intercept=0, weights=(1,))
"""The mean foreground probability, which knows nothing of right and wrong."""


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
        f"{said}. Low confidence: the model may not know such images, or "
        "another channel, size or model may suit them"
    )
