"""A process that reads files for its parent, who sees whether it lives.

Each line of standard input names what is to be read, and where; each line of the answer
says what came of it. It has little memory, and tells when something runs, connects, or
is written outside of the folder of the case.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet import Recipe, Threshold, import_model
from napari_mobile_unet.corrections.replay import fold, replay
from napari_mobile_unet.io.notes import read_note
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.messages import INPUT_ERRORS, one_line
from napari_mobile_unet.models.checks import check_weights
from napari_mobile_unet.recipes.library import Library
from napari_mobile_unet.recipes.prepared import prepared_provenance
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.runs.batch import FileOptions, segment_file
from napari_mobile_unet.runs.log import read_log
from napari_mobile_unet.runs.results import state_of
from napari_mobile_unet.unet.model import FOLDER_VARIABLE, Model, list_models

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY = 2**30
"""Bytes that a file may take beyond what the process has."""
RUNS = {
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen",
    "pickle.find_class", "socket.connect", "socket.bind", "ctypes.dlopen",
}  # fmt: skip
"""Events that no file may cause."""
CHANGES = {"open", "os.remove", "os.rename", "os.mkdir", "shutil.rmtree", "os.symlink"}
"""Events that no file may cause outside of its folder."""

folder = ""
happened: list[str] = []


def watch(event: str, args: tuple[Any, ...]) -> None:
    if not folder:
        return
    if event in RUNS and not _is_trial(event, args):
        happened.append(f"{event}{args!r:.200}")
    if event in CHANGES and isinstance(args[0], str | bytes | os.PathLike):
        if event == "open" and not (args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
            return
        if event in ("os.remove", "os.rename", "os.mkdir") and args[-1] != -1:
            return  # in a folder that is open, which shutil.rmtree names before
        place = os.path.realpath(os.fsdecode(args[0]))
        if not place.startswith((folder, "/dev/")):
            happened.append(f"{event} of {place}")


def _is_trial(event: str, args: tuple[Any, ...]) -> bool:
    """Return whether a process is that in which the networks of a model are tried."""
    if event == "subprocess.Popen":
        return "napari_mobile_unet.models.trial" in args[1]
    return event == "os.posix_spawn" and b"napari_mobile_unet.models.trial" in args[1]


def read_image(path: Path) -> None:
    stack = read_stack(path)
    read_note(path)
    for number in {0, stack.n_planes - 1}:
        plane = stack.plane(number)
        assert plane.shape[:2] == stack.plane_shape
        assert plane.dtype.kind in "biuf"
    prepared_provenance(path, stack)


def read_labels(path: Path) -> None:
    stack = read_stack(path, as_labels=True)
    assert stack.plane(0).shape[:2] == stack.plane_shape


def read_recipe(path: Path) -> None:
    recipe = Recipe.load(path)
    assert Recipe.from_json(recipe.to_json()) == recipe
    Library(path.parent).name_of(recipe)


def read_record(path: Path) -> None:
    Provenance.load(path)
    read_log(path.parent)


def read_journal(path: Path) -> None:
    folded = fold(path)
    labels = np.load(path.with_name("labels.npy"))
    assert replay(labels, folded).shape == labels.shape


def read_run(path: Path) -> None:
    state_of(path, path.parent)
    recipe = Recipe(segment=Threshold())
    segment_file(path, path.parent, recipe, FileOptions(existing="resume"))


def read_model(path: Path) -> None:
    list_models()
    Model(path)


def take_model(path: Path) -> None:
    own = path.parent / "own"
    os.environ[FOLDER_VARIABLE] = str(own)
    try:
        import_model(path)
    except BaseException:
        assert not own.exists() or not list(own.iterdir()), "it left something"
        raise


KINDS: dict[str, Callable[[Path], None]] = {
    "image": read_image,
    "labels": read_labels,
    "recipe": read_recipe,
    "record": read_record,
    "journal": read_journal,
    "run": read_run,
    "model": read_model,
    "zip": take_model,
    "weights": check_weights,
}
HOME = str(Path(sys.modules["napari_mobile_unet"].__file__ or "").parent)


def answer(kind: str, path: Path) -> dict[str, Any]:
    """Return what came of reading a file."""
    global folder
    happened.clear()
    folder = os.path.realpath(path.parent)
    error: BaseException | None = None
    try:
        KINDS[kind](path)
    except BaseException as found:  # noqa: BLE001  it is told
        error = found
    folder = ""
    if error is None:
        return {"came": "read", "happened": happened}
    ours = isinstance(error, MemoryError) or (
        isinstance(error, INPUT_ERRORS)
        and traceback.extract_tb(error.__traceback__)[-1].filename.startswith(HOME)
        and "\n" not in one_line(error)
    )
    lines = traceback.format_exception(error)
    return {
        "came": type(error).__name__ if ours else "broke",
        "happened": happened,
        "text": one_line(error) if ours else "".join(lines)[-3000:],
    }


def main() -> None:
    """Answer line by line; more than one line may be said before, by libraries."""
    warnings.simplefilter("ignore")
    with contextlib.suppress(ValueError):  # some libraries look at the system at first
        check_weights(Path(__file__))
    status = Path("/proc/self/statm")
    if status.exists():
        import resource

        now = int(status.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(watch)
    for line in sys.stdin:
        kind, path = json.loads(line)
        said = answer(kind, Path(path))
        shutil.rmtree(Path(path).parent / "own", ignore_errors=True)
        print("ANSWER" + json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
