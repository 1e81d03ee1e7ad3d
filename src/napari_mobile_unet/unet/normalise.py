"""Grey values scaled to the range that a network was trained on.

NumPy is imported where it computes: to list models takes none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from napari_mobile_unet.settings import Params

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats


LARGEST = 3.4028234663852886e38
"""Largest number of 32 bits."""


class Normalisation(Params):
    """How grey values become the network's input: (value − low) / (high − low)."""

    low: Annotated[float, Field(ge=0, lt=50)] = 1.0
    """Percentile that becomes 0."""
    high: Annotated[float, Field(gt=50, le=100)] = 99.8
    """Percentile that becomes 1."""
    clip: tuple[float, float] = (-0.5, 2.0)
    """Values outside are clipped, so that one hot pixel changes little."""

    def limits(self, *planes: NDArray[Any]) -> tuple[float, float]:
        """Return the values that become 0 and 1, over all the planes.

        They come from at most about a million evenly spaced pixels of each plane,
        without NaN and infinite ones. Planes without a finite value give (0, 1).
        """
        import numpy as np

        samples = [_sampled(plane) for plane in planes]
        if samples and all(part.dtype in (np.uint8, np.uint16) for part in samples):
            counts = np.sum([_counts(part) for part in samples], 0)
            return self._limits_of_counts(counts)
        with np.errstate(over="ignore"):
            values = np.concatenate(samples).astype(np.float32, copy=False)
        values = values[np.isfinite(values)]
        if not values.size:
            return 0.0, 1.0
        low, high = np.percentile(values, (self.low, self.high))
        if high <= low:  # nearly all pixels have one value
            low, high = values.min(), values.max()
        return float(low), float(high)

    def _limits_of_counts(self, counts: NDArray[Any]) -> tuple[float, float]:
        """Return the limits of whole numbers from how often each occurs.

        Counting takes a tenth of the time of sorting.
        """
        import numpy as np

        below = np.cumsum(counts)
        if not below[-1]:
            return 0.0, 1.0
        last = int(below[-1]) - 1
        place = np.array((self.low, self.high)) / 100 * last
        first = np.floor(place)
        value, above = np.searchsorted(below, (first, np.ceil(place)), "right")
        low, high = value + (above - value) * (place - first)
        if high <= low:  # nearly all pixels have one value
            low, high = np.searchsorted(below, (0, last), "right")
        return float(low), float(high)

    def limits_of_each(self, *planes: NDArray[Any]) -> tuple[tuple[float, float], ...]:
        """Return the limits of each channel of planes (Y, X, channels)."""
        return tuple(
            self.limits(*(plane[..., channel] for plane in planes))
            for channel in range(planes[0].shape[-1])
        )

    def apply_to_each(
        self, plane: NDArray[Any], limits: Sequence[tuple[float, float]]
    ) -> Floats:
        """Return a plane (Y, X, channels), each channel scaled by limits of its own.

        Raises
        ------
        ValueError
            If there are not as many limits as channels.
        """
        import numpy as np

        if plane.shape[2:] != (len(limits),):
            raise ValueError(
                f"each channel has two limits; got those of {len(limits)} for a plane "
                f"of shape {plane.shape}; leave them out to have them found"
            )
        channels = (self.apply(plane[..., n], own) for n, own in enumerate(limits))
        return np.stack(tuple(channels), axis=-1)

    def apply(self, plane: NDArray[Any], limits: tuple[float, float]) -> Floats:
        """Return the plane scaled by its limits, float32; NaN becomes 0."""
        import numpy as np

        low, high = limits
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
            scaled = plane.astype(np.float32)
            if max(-low, high) > LARGEST / 2:  # so that differences fit into it
                scaled *= np.float32(0.5)
                low, high = low / 2, high / 2
            scaled -= np.float32(low)
            span = high - low or 1.0
            # The smallest numbers have fewer digits, or none.
            scaled /= np.float32(max(span, 1 / LARGEST))
        if plane.dtype.kind == "f":
            scaled[np.isnan(scaled)] = 0
        return np.clip(scaled, *self.clip, out=scaled)


def _counts(values: NDArray[Any]) -> NDArray[Any]:
    """Return how often each value of up to 16 bits occurs."""
    import numpy as np

    return np.bincount(values, minlength=2**16)


def _sampled(plane: NDArray[Any]) -> NDArray[Any]:
    """Return about a million evenly spaced pixels of a plane, or all."""
    step = max(1, int((plane.size / 2**20) ** 0.5))
    return plane[::step, ::step].ravel()
