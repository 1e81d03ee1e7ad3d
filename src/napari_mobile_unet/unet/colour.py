"""Which colours of an RGB image a network sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_mobile_unet.images.pixels import luminance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_mobile_unet.types import Floats, Plane
    from napari_mobile_unet.unet.card import Card
    from napari_mobile_unet.unet.decoding import Decoded

Colour = Literal["auto", "all", "red", "green", "blue"]
"""All colours, of which some networks see the luminance alone, or one channel; auto:
found in the image."""
CHANNELS: tuple[Colour, ...] = ("red", "green", "blue")
"""In the order of an image's samples."""
DARK = 1 / 4
"""Of the brightest value: darker ground is that of fluorescence."""
GROUND = 25
"""Percentile of an image's pixels that is taken for its ground."""
BRIGHTEST = 99.9
"""Percentile that is taken for its brightest value."""


def to_grey(plane: Plane, colour: Colour) -> Plane:
    """Return an RGB plane as grey values, a grey plane as it is.

    Parameters
    ----------
    plane : ndarray
        (Y, X) or (Y, X, 3).
    colour : str
        Which channel; luminance for "all" and "auto".
    """
    if plane.ndim == 3 and colour in CHANNELS:
        return np.ascontiguousarray(plane[..., CHANNELS.index(colour)])
    return luminance(plane)


def limits_of(planes: Sequence[Plane], card: Card, colour: Colour) -> Any:
    """Return the grey values of some planes that become 0 and 1 for a model.

    Returns
    -------
    tuple
        Two values; or two for each channel, if the model sees several side by side.

    Raises
    ------
    ValueError
        If the planes have not its channels.
    """
    names = card.channel_names
    if not names:
        return card.normalisation.limits(*(to_grey(plane, colour) for plane in planes))
    for plane in planes:
        if plane.shape[2:] != (len(names),):
            raise ValueError(
                f"the model {card.name!r} sees {len(names)} channels side by side "
                f"({', '.join(names)}); received a plane of shape {plane.shape}; "
                "choose all channels of an image that has them"
            )
    return card.normalisation.limits_of_each(*planes)


def normalised(plane: Plane, card: Card, colour: Colour, limits: Any) -> Floats:
    """Return a plane as a model's network sees it, before it is resized.

    Parameters
    ----------
    plane : ndarray
        (Y, X) or (Y, X, channels).
    card : Card
        Of the model.
    colour : str
        Which colours of an RGB plane are shown.
    limits : tuple
        As ``limits_of`` returns them.
    """
    if card.channel_names:
        return card.normalisation.apply_to_each(plane, limits)
    in_colour = card.architecture.channels == 3 and colour not in CHANNELS
    return card.normalisation.apply(
        plane if in_colour else to_grey(plane, colour), limits
    )


def choose_colour(
    planes: Sequence[Plane], find: Callable[[Colour], Sequence[Decoded]]
) -> Colour:
    """Return the colour in which a model finds most.

    Where light goes through stained tissue that is all of them: every stain is dark. In
    fluorescence each channel is another stain, on a dark ground, and the nuclei are in
    one of them; the others, and luminance, in which blue counts a tenth, hide them.

    Parameters
    ----------
    planes : sequence of ndarray
        (Y, X, 3) or (Y, X).
    find : callable
        From a colour to all the objects that the model finds in it, plane by plane.
    """
    if not all(plane.ndim == 3 and is_fluorescence(plane) for plane in planes):
        return "all"
    if all((plane == plane[..., :1]).all() for plane in planes):
        return "all"  # an image without colour, saved as RGB

    def found(colour: Colour) -> float:
        """Return how many pixels are expected to lie in right objects, not in wrong."""
        return sum(map(_expected_gain, find(colour)))

    lit = [c for c in CHANNELS if any(np.ptp(to_grey(p, c)) > 0 for p in planes)]
    return max(("all", *lit), key=found)


def is_fluorescence(plane: Plane) -> bool:
    """Return whether an RGB plane (Y, X, 3) shows light on a dark ground."""
    brightest = plane.max(-1)
    finite = brightest[np.isfinite(brightest)]
    if not finite.size:
        return False
    ground, top = np.percentile(finite, (GROUND, BRIGHTEST))
    return bool(ground < DARK * top)


def _expected_gain(found: Decoded) -> float:
    """Return the pixels of objects, weighted by how far they are rather right."""
    areas = np.bincount(found.labels.ravel(), minlength=1)[1:]
    return float(areas @ np.maximum(2 * found.confidence - 1, 0))
