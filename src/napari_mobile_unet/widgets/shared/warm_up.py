"""Modules that the pages need later, loaded while a person looks at the first one."""

from __future__ import annotations

import logging
import threading
from importlib import import_module

logger = logging.getLogger(__name__)

MODULES = (
    "filelock",
    "pandas",  # for napari's labels, too
    "ai_edge_litert.interpreter",
    "scipy.sparse.csgraph",
    "scipy.ndimage",
    "scipy.spatial",  # for napari's tracks
    "skimage.color",
    "tifffile",
    "zarr",
    "napari_mobile_unet.widgets.threshold.dock",
    "napari_mobile_unet.widgets.correct.dock",
    "napari_mobile_unet.widgets.preprocess.dock",
    "napari_mobile_unet.widgets.unet.dock",
    "napari_mobile_unet.widgets.measure.dock",
    "napari_mobile_unet.widgets.teach.dock",
    "matplotlib.backends.backend_qtagg",
    "PIL.PngImagePlugin",
)
"""In the order in which they are loaded."""
_begun = threading.Event()


def warm_up() -> None:
    """Load them in a thread, once; whoever needs one sooner loads it as ever."""
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=_load, name="mobile-unet warm up").start()


def _load() -> None:
    for module in MODULES:
        if not threading.main_thread().is_alive():
            return
        try:
            import_module(module)
        except ImportError as error:  # it is said where it is needed
            logger.debug("%s is not there: %s", module, error)
