"""What a batch is: which images, which recipe, where the results go, and how."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from napari_mobile_unet.parallel.executors import THREADS
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.recipes.texts import to_command
from napari_mobile_unet.runs.batch import FileOptions
from napari_mobile_unet.runs.inputs import ALL
from napari_mobile_unet.runs.runner import RunOptions
from napari_mobile_unet.settings import Params

if TYPE_CHECKING:
    from collections.abc import Sequence


class Plan(Params):
    """What a batch is; kept from one session to the next."""

    places: tuple[str, ...] = ()
    """Folders and files with the images."""
    pattern: str = ALL
    """What images of the folders are called."""
    recipe: Recipe | None = None
    """What is done to each; None before one is chosen."""
    output: str = ""
    """The folder for the results."""
    axes: str = ""
    """Of all images; those of each file unless given."""
    form: Literal["tif", "zarr"] = "tif"
    """Of the labels."""
    overlay: bool = False
    """Whether a picture of the outlines is written too."""
    executor: str = THREADS
    """Where planes are worked on."""
    workers: int = 0
    """Threads or processes; 0: as many as are best."""

    @property
    def options(self) -> FileOptions:
        """How files are read and written; what is done is never done again."""
        return FileOptions(
            axes=self.axes or None,
            form=self.form,
            existing="resume",
            overlay=self.overlay,
            run=RunOptions(self.executor, self.workers or None),
        )

    def command(self, files: Sequence[Path] = ()) -> str:
        """Return the command that does the same; empty without a recipe.

        Parameters
        ----------
        files : sequence of Path
            The images, where the places hold others that the command would refuse.
        """
        if self.recipe is None:
            return ""
        options = ["--resume"]
        places = files or tuple(map(Path, self.places))
        if not files and self.pattern != ALL:
            options += ["--pattern", self.pattern]
        if self.axes:
            options += ["--axes", self.axes]
        if self.form != "tif":
            options += ["--format", self.form]
        if self.executor != THREADS:
            options += ["--executor", self.executor]
        if self.workers:
            options += ["--workers", str(self.workers)]
        if self.overlay:
            options.append("--overlay")
        return to_command(self.recipe, places, Path(self.output), options)
