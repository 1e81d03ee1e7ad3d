"""What a method of the comparison can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Images = list[NDArray[np.generic]]
    Labels = list[NDArray[np.integer]]


class Method:
    """A way from images to labels.

    Attributes
    ----------
    packages : tuple of str
        Whose versions the report names.
    weights : str
        "pretrained" or "random", of a network; "" of what is no network.
    """

    packages: tuple[str, ...] = ()
    weights = ""

    def train(self, images: Images, truths: Labels) -> None:
        """Learn from annotated images; what cannot learn lets them pass."""

    def prepare(self, images: Images, truths: Labels) -> None:
        """See what is segmented next, with its truth, before the clock runs.

        Only a network of random weights makes use of it: its own answer would give
        the steps after it either nothing or far too much to do.
        """

    def segment(self, images: Images) -> Labels:
        """Return the labels of grey (Y, X) or RGB (Y, X, 3) images."""
        raise NotImplementedError


def grey(image: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return an image as (Y, X), RGB by its luminance (ITU-R BT.601)."""
    if image.ndim == 2:
        return image
    return (image[..., :3] @ np.array([0.299, 0.587, 0.114])).astype(np.float32)
