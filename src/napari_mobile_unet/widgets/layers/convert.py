"""napari's layers as stacks, and stacks as layers, with all their coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.axes import suggest_axes
from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.widgets.layers.placement import Placement

if TYPE_CHECKING:
    import pandas as pd
    from napari.layers import Image, Labels, Layer
    from numpy.typing import NDArray

    LayerData = tuple[Any, dict[str, Any], str]
    """Data, keywords and kind of a layer, as napari makes one of them."""

AXIS_NAMES = {
    "position": "P",
    "time": "T",
    "channel": "C",
    "depth": "Z",
    "row": "Y",
    "column": "X",
}
"""Words that name an axis in a layer's axis labels, and the letters they stand for."""
PREVIEW = "mobile_unet_preview"
"""Key that marks a layer that only shows what a step would do."""
METADATA = "mobile_unet"
"""Key under which a layer records where it comes from."""
TYPED = "mobile_unet_axes"
"""Key of the axes that a person typed for a layer."""
CHANNEL_NAMES = ("channel_names", "channels", "Channel")
"""Keys under which plugins that read files keep the names of channels."""
FILE = "mobile_unet_file"
"""Key of the file that holds a layer; it is not written to any."""


def classes_of(layer: Layer) -> tuple[str, ...]:
    """Return the names of the classes of labels that a run of ours made; else none."""
    made = layer.metadata.get(METADATA)
    return tuple(made.get("classes", ())) if isinstance(made, dict) else ()


def stack_of(layer: Image | Labels, axes: str | None = None) -> Stack:
    """Return a layer's data as a stack, with its scale, translation and units.

    Parameters
    ----------
    layer : Image or Labels
        Of a multiscale layer the finest level is taken.
    axes : str, optional
        As the person types them; else as they did before; else from the layer's axis
        labels, if all of them name an axis; else the likeliest for its shape.

    Raises
    ------
    ValueError
        If the axes do not fit.
    """
    data = layer.data[0] if layer.multiscale else layer.data
    rgb = bool(getattr(layer, "rgb", False))
    axes = axes or typed_axes(layer)
    named = _named_axes(layer, rgb)
    return Stack.from_array(
        data,
        axes or named or suggest_axes(data.shape, rgb),
        scale=tuple(layer.scale),
        translate=tuple(layer.translate),
        units=tuple(str(unit) for unit in layer.units),
        name=layer.name,
        axes_source="given" if axes else "metadata" if named else "shape",
    )


def channels_of(layer: Layer, count: int) -> tuple[ChannelInfo, ...]:
    """Return what a layer's metadata call its channels; empty if they do not.

    Parameters
    ----------
    layer : Layer
        Its metadata may have a list of names, one for each channel.
    count : int
        How many channels it has.
    """
    for key in CHANNEL_NAMES:
        names = layer.metadata.get(key)
        if isinstance(names, (list, tuple)) and len(names) == count:
            return tuple(ChannelInfo(str(name)) for name in names)
    return ()


def typed_axes(layer: Layer) -> str | None:
    """Return the axes that a person typed for a layer, if they still fit."""
    typed = layer.metadata.get(TYPED)
    count = layer.ndim + bool(getattr(layer, "rgb", False))
    fits = isinstance(typed, str) and len(typed) == count
    return typed if fits else None


def _named_axes(layer: Layer, rgb: bool) -> str | None:
    """Return the axes that a layer's labels name, if all of them name one."""
    labels = [str(label).strip() for label in layer.axis_labels]
    letters = [AXIS_NAMES.get(label.lower(), label.upper()) for label in labels]
    known = all(letter in tuple("PTCZYX") for letter in letters)
    if not known or len(set(letters)) < len(letters):
        return None
    return "".join(letters) + "S" * rgb


def image_data(stack: Stack) -> list[LayerData]:
    """Return a stack as layers, one for each channel, with all its coordinates.

    Returns
    -------
    list of tuple
        Data, keywords and kind ("image") of each, as napari makes layers of them.
    """
    if "C" in stack.axes:
        return [
            layer
            for number in range(stack.sizes["C"])
            for layer in image_data(stack.channel(number))
        ]
    channel = stack.channels[0] if len(stack.channels) == 1 else ChannelInfo()
    keywords: dict[str, Any] = {
        "name": f"{stack.name} {channel.name}".rstrip(),
        "rgb": "S" in stack.axes,
        **Placement.of_stack(stack).keywords(),
    }
    if channel.colour not in ("", "#ffffff"):
        keywords |= {"colormap": channel.colour, "blending": "additive"}
    data, axes = stack.data, stack.axes
    if "S" in axes and axes[-1] != "S":
        data, axes = np.moveaxis(data, axes.index("S"), -1), axes.replace("S", "") + "S"
    if axes.endswith("S") and data.dtype == np.uint16:
        # napari shows colour of 8 bits, or of floats from 0 to 1.
        data = data.astype(np.float32) / np.float32(65535)
    return [(data, keywords, "image")]


def features_of(objects: pd.DataFrame) -> pd.DataFrame:
    """Return a table as features: a row for each object, frame and position."""
    keys = [key for key in ("label", "p", "t") if key in objects]
    # napari finds the row of a label by the column "index".
    return objects.drop_duplicates(keys).rename(columns={"label": "index"})


def prepared_data(prepared: Stack, place: Placement) -> NDArray[Any]:
    """Return prepared planes as the data of a result layer, with samples last.

    Parameters
    ----------
    prepared : Stack
        Planes of one channel, or in colour.
    place : Placement
        Of the layer; an axis C of it is one pixel long.
    """
    order = [prepared.axes.index(axis) for axis in place.axes if axis != "C"]
    order += [prepared.axes.index("S")] if "S" in prepared.axes else []
    data = np.asarray(prepared.data).transpose(order)
    return np.expand_dims(data, place.axes.index("C")) if "C" in place.axes else data
