"""The class of each pixel by its grey value: labels of classes, not of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.fit import fit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.thresholding.threshold import Threshold


def iter_classes(stack: Stack, threshold: Threshold) -> Iterator[NDArray[np.uint8]]:
    """Yield the class of each pixel, plane by plane.

    Parameters
    ----------
    stack : Stack
        Of one channel, or of RGB, which is classified by luminance.
    threshold : Threshold
        How classes are found; of the whole stack, or of each plane.

    Yields
    ------
    ndarray of uint8
        (Y, X), from 1, the darkest class; see ``Threshold.class_numbers``.

    Raises
    ------
    ValueError
        If the method has no classes, or there is no finite value to split.
    Cancelled
        If the work of the calling thread was cancelled.
    """
    fitted = fit(stack, Recipe(segment=threshold))
    for number in range(stack.n_planes):
        checkpoint()
        yield threshold.class_numbers(stack.plane(number), fitted.split)
