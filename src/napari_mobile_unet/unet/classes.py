"""From the network's maps to labels whose values are classes of pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_mobile_unet.types import Floats, Labels
    from napari_mobile_unet.unet.card import Decoding


def class_numbers(maps: Floats, decoding: Decoding) -> Labels:
    """Return the class of each pixel.

    Parameters
    ----------
    maps : ndarray of float32
        (Y, X, 1 + classes): how likely the background and each class is.
    decoding : Decoding
        Its ``foreground`` is the probability from which a pixel belongs to any class;
        it is then the likeliest of them.

    Returns
    -------
    ndarray of int32
        (Y, X), from 1; 0 is background, also where all maps are 0.
    """
    classes = maps[..., 1:]
    inside = classes.sum(-1) > decoding.foreground
    return np.asarray((1 + classes.argmax(-1)) * inside, np.int32)
