"""The main job on sample images: files in, labels, tables and pictures out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import skimage.data

from napari_mobile_unet.commands.console import progress_bar, say
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.preprocessing.chain import apply_steps
from napari_mobile_unet.preprocessing.steps import Background, Denoise
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.batch import FileOptions, Opened, iter_file
from napari_mobile_unet.runs.outputs import Done
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.samples.layers import PLANES
from napari_mobile_unet.thresholding.otsu import otsu
from napari_mobile_unet.thresholding.plot import save_histogram
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.words import counted

WINDOW = "window.png"
SCREEN = "1600x1000x24"
"""Size of the screen that nobody sees, and its colour depth."""


@dataclass(frozen=True)
class Case:
    """One sample image and what is done to it."""

    name: str
    recipe: Recipe


NUCLEI = Case("nuclei_zstack", Recipe())
TISSUE = Case("tissue", Recipe())
COINS = Case(
    "coins",
    # The light falls off to the right: without the background it is even.
    Recipe(
        steps=(Background(radius=40), Denoise(radius=1.5)),
        segment=Threshold(),
        objects=Objects(min_size=100),
    ),
)
CASES = (TISSUE, COINS, NUCLEI)
"""The last one is shown in the window."""


def run(folder: Path) -> None:
    """Segment the samples into a folder, and show the last of them in napari.

    Without a screen a screenshot of the window is saved instead.

    Raises
    ------
    OSError, ValueError
        If a file cannot be written.
    """
    images = [_write_sample(case.name, folder) for case in CASES]
    options = FileOptions(existing="overwrite", overlay=True)
    for case, image in zip(CASES, images, strict=True):
        with progress_bar() as bar:
            task = bar.add_task(case.name, total=None)
            for event in iter_file(image, folder, case.recipe, options):
                if isinstance(event, Opened):
                    bar.update(task, total=event.estimate.planes)
                elif isinstance(event, Done):
                    done = event
                else:
                    bar.advance(task)
        say(f"{case.name}: {counted(done.objects, 'object')} → {done.outputs.overlay}")
    prepared = apply_steps(COINS.recipe.steps, skimage.data.coins())
    save_histogram(otsu(prepared), folder / "coins_histogram.png")
    _show(images[-1], folder)


def _write_sample(name: str, folder: Path) -> Path:
    """Write a sample image to the folder, as a file like anybody's."""
    path = folder / f"{name}.tif"
    if name == "tissue":
        path = path.with_suffix(".png")
        shutil.copyfile(sample_path(path.name), path)
    elif name == "coins":  # inside scikit-image's wheel
        write_image(path, Stack.from_array(skimage.data.coins(), "YX"))
    else:
        shutil.copyfile(sample_path(f"{name}.tif"), path)
    return path


def _show(image: Path, folder: Path) -> None:
    """Open the window on a screen; without one, save a picture of it."""
    command = [sys.executable, "-m", "napari_mobile_unet.widgets.window", str(image)]
    command += ["--labels", str(folder / f"{image.stem}_labels.tif")]
    command += ["--plane", str(PLANES[image.stem])]
    if _has_screen():
        say("Opening napari; close its window to end.")
        subprocess.run(command, check=False)
        return
    xvfb = shutil.which("xvfb-run")
    if xvfb is None:
        say("There is no screen, and no Xvfb to draw a window on.")
        return
    picture = folder / WINDOW
    screen = [xvfb, "-a", "-s", f"-screen 0 {SCREEN}"]
    log = subprocess.run(
        [*screen, *command, "--screenshot", str(picture)],
        check=False,
        capture_output=True,
        text=True,
    )
    if log.returncode or not picture.exists():
        last = (log.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise OSError(f"the window could not be drawn on a hidden screen: {last}")
    say(f"There is no screen: the window was drawn unseen → {picture}")


def _has_screen() -> bool:
    """Return whether a window would be seen by anybody."""
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True
