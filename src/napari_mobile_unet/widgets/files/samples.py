"""The sample stacks under *File › Open Sample*: the image is the chosen layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari

from napari_mobile_unet.samples.layers import (
    PLANES,
    load_nuclei_timelapse,
    load_nuclei_zstack,
)

if TYPE_CHECKING:
    from napari.utils.events import Event

    from napari_mobile_unet.samples.layers import LayerData


def open_nuclei_zstack() -> list[LayerData]:
    """Return the layers of the nuclei Z-stack and its truth, to be shown at once."""
    return _arranged(load_nuclei_zstack())


def open_nuclei_timelapse() -> list[LayerData]:
    """Return the layers of the nuclei time-lapse and its truth, to be shown at once."""
    return _arranged(load_nuclei_timelapse())


def _arranged(layers: list[LayerData]) -> list[LayerData]:
    """Return the layers; once the last is in the window, the first is chosen.

    napari adds them after this has returned, chooses the last, which nobody sees, and
    goes to the middle plane.
    """
    viewer = napari.current_viewer()
    if viewer is None:
        return layers
    name, last = layers[0][1]["name"], layers[-1][0]
    alone = len(viewer.layers) == 0

    chosen = viewer.layers.selection.events.active

    def arrange(event: Event) -> None:
        if event.value is None or event.value.data is not last:
            return
        chosen.disconnect(arrange)
        viewer.layers.selection.active = viewer.layers[len(viewer.layers) - len(layers)]
        if alone:  # else other images lie on these planes too
            viewer.dims.set_current_step(0, PLANES[name])

    chosen.connect(arrange, position="last")
    return layers
