"""Prepare, threshold and segment microscope images and stacks.

The public names are loaded on first use, so that ``import napari_mobile_unet``
costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_mobile_unet.corrections.replay import replay
    from napari_mobile_unet.evaluation.classes import evaluate_classes
    from napari_mobile_unet.evaluation.metrics import evaluate
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.linking.settings import Link
    from napari_mobile_unet.models.bioimageio import export_bioimageio
    from napari_mobile_unet.models.library import delete_model, rename_model
    from napari_mobile_unet.models.zip_file import export_model, import_model
    from napari_mobile_unet.objects.from_mask import Objects
    from napari_mobile_unet.objects.measure import measure
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.runs.segment import iter_segment, segment
    from napari_mobile_unet.thresholding.otsu import multi_otsu, otsu
    from napari_mobile_unet.thresholding.threshold import Threshold
    from napari_mobile_unet.training.teach import teach
    from napari_mobile_unet.unet.model import list_models, load_model
    from napari_mobile_unet.unet.segment import UNet

    __version__: str

_HOMES = {
    "Link": "linking.settings",
    "Objects": "objects.from_mask",
    "Recipe": "recipes.recipe",
    "Stack": "images.stack",
    "Threshold": "thresholding.threshold",
    "UNet": "unet.segment",
    "delete_model": "models.library",
    "evaluate": "evaluation.metrics",
    "evaluate_classes": "evaluation.classes",
    "export_bioimageio": "models.bioimageio",
    "export_model": "models.zip_file",
    "import_model": "models.zip_file",
    "iter_segment": "runs.segment",
    "list_models": "unet.model",
    "load_model": "unet.model",
    "measure": "objects.measure",
    "multi_otsu": "thresholding.otsu",
    "otsu": "thresholding.otsu",
    "rename_model": "models.library",
    "replay": "corrections.replay",
    "segment": "runs.segment",
    "teach": "training.teach",
}

__all__ = [
    "Link",
    "Objects",
    "Recipe",
    "Stack",
    "Threshold",
    "UNet",
    "delete_model",
    "evaluate",
    "evaluate_classes",
    "export_bioimageio",
    "export_model",
    "import_model",
    "iter_segment",
    "list_models",
    "load_model",
    "measure",
    "multi_otsu",
    "otsu",
    "rename_model",
    "replay",
    "segment",
    "teach",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # which few need

        return version("napari-mobile-unet")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
