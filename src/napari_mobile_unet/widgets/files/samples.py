"""The sample stacks under *File › Open Sample*: the image is the chosen layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari
from qtpy.QtCore import QTimer

from napari_mobile_unet.samples.layers import (
    PLANES,
    load_nuclei_timelapse,
    load_nuclei_zstack,
)

if TYPE_CHECKING:
    from napari_mobile_unet.samples.layers import LayerData


def open_nuclei_zstack() -> list[LayerData]:
    """Return the layers of the nuclei Z-stack and its truth, to be shown at once."""
    return _arranged(load_nuclei_zstack())


def open_nuclei_timelapse() -> list[LayerData]:
    """Return the layers of the nuclei time-lapse and its truth, to be shown at once."""
    return _arranged(load_nuclei_timelapse())


def _arranged(layers: list[LayerData]) -> list[LayerData]:
    """Return the layers; once they are in the window, the first is chosen.

    napari adds them after this has returned, chooses the last, which nobody sees, and
    goes to the middle plane.
    """
    viewer = napari.current_viewer()
    if viewer is None:
        return layers
    data, name = layers[0][0], layers[0][1]["name"]
    alone = len(viewer.layers) == 0

    def arrange() -> None:
        image = next((each for each in viewer.layers if each.data is data), None)
        if image is None:
            return
        viewer.layers.selection.active = image
        if alone:  # else other images lie on these planes too
            viewer.dims.set_current_step(0, PLANES[name])

    # Not before napari has chosen the last: its list would show both as chosen.
    QTimer.singleShot(0, arrange)
    return layers
