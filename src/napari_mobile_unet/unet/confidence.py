"""The chance that an object is right, from its features in the network's maps.

NumPy and SciPy are imported where they compute: to list models takes neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from napari_mobile_unet.settings import Params
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats, Mask, Reals


LOW_CONFIDENCE = 0.65
"""Confidence of the median object below which the result as a whole is doubtful."""
MANY_OBJECTS = 20
"""Objects of a plane from which they would fill the screen if they were all wrong."""
RIDGE_PENALTY = 1e-2
"""Weight of the squared coefficients, so that a few objects do not decide a fit."""


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
        import numpy as np

        known = features[:, : len(self.weights)]
        odds = known @ np.array(self.weights) + self.intercept
        return np.asarray(1 / (1 + np.exp(-odds)), np.float32)

    @classmethod
    def fit(cls, features: Reals, right: Mask) -> Self:
        """Return the calibration that predicts best which objects are right.

        Parameters
        ----------
        features : ndarray
            (n, features) of `object_features`, of images that were not trained on.
        right : ndarray of bool
            (n,).

        Raises
        ------
        ValueError
            If there are no objects, or all are right, or none is.
        """
        import numpy as np
        from scipy import optimize

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
            return float(
                loss + RIDGE_PENALTY * (coefficients[1:] ** 2).sum() / len(right)
            )

        found = optimize.minimize(
            cost, np.zeros(1 + features.shape[1]), method="BFGS"
        ).x
        weights = found[1:] / spread
        return cls(
            intercept=float(found[0] - weights @ centre),
            weights=tuple(float(weight) for weight in weights),
        )


UNCALIBRATED = Calibration(intercept=0, weights=(1,))
"""Gives the mean foreground probability of an object as its confidence."""


def display_threshold(confidence: NDArray[Any], min_confidence: float) -> float:
    """Return the confidence from which the objects of a plane are shown.

    On a photograph, a page of text or noise the network finds many doubtful objects,
    which would fill the screen. So where a plane has many objects, and the median of
    their confidence is low, only those of more than low confidence are shown.

    Parameters
    ----------
    confidence : ndarray
        (n,) of all objects found.
    min_confidence : float
        Confidence below which no object is shown; 0 shows all objects of any plane.
    """
    import numpy as np

    counted = np.where(confidence >= min_confidence, confidence, 0)
    crowded = min_confidence and len(counted) >= MANY_OBJECTS
    if crowded and np.median(counted) < LOW_CONFIDENCE:
        return max(min_confidence, LOW_CONFIDENCE)
    return min_confidence


def confidence_message(confidence: NDArray[Any], left_out: int) -> str:
    """Return how many objects are hidden, and a warning if most are doubtful.

    Parameters
    ----------
    confidence : ndarray
        (n,) of the objects shown.
    left_out : int
        Objects that are not shown because of their low confidence.

    Returns
    -------
    str
        To be added to the number of objects; empty if there is nothing to say.
    """
    import numpy as np

    if not len(confidence) + left_out:
        return ""
    hidden = ""
    if left_out:
        more = counted(left_out, "more object")
        hidden = f"; {more} hidden because of low confidence"
    if np.median(np.append(confidence, np.zeros(left_out))) >= LOW_CONFIDENCE:
        return hidden
    return (
        f"{hidden}. Low confidence: the model may not suit this image; try another "
        "channel, diameter or model"
        + (", or set min confidence to 0 to show all objects" if left_out else "")
    )
