"""What napari shows under File › Open Sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import skimage

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.samples.files import read_sample, sample_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    LayerData = tuple[NDArray[Any], dict[str, Any], str]
    """Of one layer: its data, the arguments it is made with, and its kind."""

PLANES = {"nuclei_zstack": 7, "nuclei_timelapse": 7}
"""By sample the plane to look at first: most nuclei of the stack are whole and apart on
it, and by then two of the time-lapse have divided."""


def load_nuclei_zstack() -> list[LayerData]:
    """Return the layers of the nuclei Z-stack and its truth."""
    return _layers("nuclei_zstack")


def load_nuclei_timelapse() -> list[LayerData]:
    """Return the layers of the nuclei time-lapse and its truth."""
    return _layers("nuclei_timelapse")


def load_coins() -> list[LayerData]:
    """Return the layer of scikit-image's Greek coins, (303, 384) uint8."""
    coins = np.asarray(skimage.data.coins())
    return [(coins, {"name": "coins"}, "image")]


def load_tissue() -> list[LayerData]:
    """Return the layer of stained tissue, (256, 256, 3) uint8 RGB: purple nuclei."""
    tissue = np.asarray(read_stack(sample_path("tissue.png")).data)
    return [(tissue, {"name": "tissue", "rgb": True}, "image")]


def _layers(name: str) -> list[LayerData]:
    """Return image and truth with scale, units and axis labels."""
    sample = read_sample(name)
    placement = {
        "scale": sample.image.scale,
        "units": sample.image.units,
        "axis_labels": tuple(sample.image.axes.lower()),
    }
    truth: dict[str, Any] = {"name": f"{name} truth", "visible": False, **placement}
    if sample.lineage is not None:
        truth["features"] = sample.lineage.rename(columns={"label": "index"})
    return [
        (sample.image.data, {"name": name, **placement}, "image"),
        (sample.labels.data, truth, "labels"),
    ]
