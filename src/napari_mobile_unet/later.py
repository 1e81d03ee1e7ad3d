"""Packages that take long to import, each of them loaded when it is first used.

A page of the window, which needs none of them to be looked at, stands seconds sooner;
while a person looks at it they are loaded in a thread. For all wings; it imports none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    import filelock
    import pandas
    import scipy.ndimage as ndimage
    import tifffile
    import zarr
    from PIL import Image

__all__ = ["Image", "filelock", "ndimage", "pandas", "tifffile", "zarr"]


class _Later:
    """Stands for a package: its first attribute that is asked for loads it.

    Parameters
    ----------
    name : str
        Of the package.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._package: ModuleType | None = None

    def __getattr__(self, name: str) -> Any:
        if self._package is None:
            self._package = import_module(self._name)
        return getattr(self._package, name)


if not TYPE_CHECKING:
    ndimage, pandas = _Later("scipy.ndimage"), _Later("pandas")
    tifffile, zarr = _Later("tifffile"), _Later("zarr")
    filelock, Image = _Later("filelock"), _Later("PIL.Image")
