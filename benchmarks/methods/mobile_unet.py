"""The mobile U-Net with its default recipe: labels, or labels and a table."""

from __future__ import annotations

import numpy as np
from method import Method

import napari_mobile_unet as nmu


class Labels(Method):
    """``segment``, image by image: size and grey range are found for each.

    Parameters
    ----------
    model : str
        Name of the model.
    """

    packages = ("napari-mobile-unet", "ai-edge-litert")
    weights = "pretrained"

    def __init__(self, model: str):
        self.recipe = nmu.Recipe(segment=nmu.UNet(model=model))

    def segment(self, images):
        """Return the labels."""
        return [nmu.segment(image, self.recipe) for image in images]


class LabelsAndTable(Labels):
    """``iter_segment``, over all images as one time series."""

    def segment(self, images):
        """Return the labels, the tables made as well."""
        return [
            plane.labels
            for plane in nmu.iter_segment(np.stack(images), self.recipe, axes="TYX")
        ]


def load(what: str, model: str = "nuclei") -> Method:
    """Return the method that gives "labels", or a "table" as well."""
    return Labels(model) if what == "labels" else LabelsAndTable(model)
