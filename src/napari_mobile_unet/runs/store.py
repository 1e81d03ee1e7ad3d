"""A run on disk: which planes are done, and what was found in each.

A plane is there when its table is, which is written last and renamed into place. So a
run can be stopped at any moment, by Ctrl+C, a crash or a power cut, and go on later;
and its planes can be worked on by any process, in any order.
"""

from __future__ import annotations

import errno
import io
import os
import pickle
import shutil
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import zarr
from filelock import FileLock, Timeout

from napari_mobile_unet.io.ome_zarr import CHUNK
from napari_mobile_unet.runs.arrays import NumberedLabels, PlaneOf
from napari_mobile_unet.runs.fit import Fitted, fit
from napari_mobile_unet.runs.identity import Identity
from napari_mobile_unet.runs.plane import find_in_blocks, find_objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.recipes.recipe import Recipe


class Run:
    """The planes of one run that are done.

    Parameters
    ----------
    folder : Path
        Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FileLock(folder / "lock")

    @property
    def exists(self) -> bool:
        """Whether there is a run to go on with."""
        return self._card.exists()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes off this run for the time of the block.

        Raises
        ------
        OSError
            If another process holds it, or its folder cannot be made.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise OSError(
                f"one run at a time writes to an output; another one is at work in "
                f"{self.folder}; wait for it, or name another folder"
            ) from error
        try:
            yield
        finally:
            self._lock.release()

    def begin(self, stack: Stack, identity: Identity, recipe: Recipe) -> None:
        """Forget what is there and fit the recipe to the stack, for all workers."""
        self._clear()
        height, width = stack.plane_shape
        self._planes.mkdir(parents=True)
        zarr.create_array(
            self._labels_path,
            shape=(stack.n_planes, height, width),
            chunks=(1, min(CHUNK, height), min(CHUNK, width)),
            dtype="int32",
            overwrite=True,
        )
        fitted = fit(stack, recipe.replace(channel=None))
        with self._fitted_path.open("wb") as file:
            pickle.dump((uuid.uuid4().hex, fitted), file)
        identity.save(self._card)

    def check(self, identity: Identity) -> None:
        """See that a run of this identity may go on here.

        Raises
        ------
        ValueError
            If the source or the recipe is not that of the run.
        """
        try:
            before = Identity.model_validate_json(self._card.read_text("utf-8"))
            difference = before.difference(identity)
        except ValueError:
            difference = "it was made by another version"
        if difference:
            raise ValueError(
                f"a run goes on with the same image and recipe only; of {self.folder} "
                f"{difference}; begin anew with --overwrite"
            )

    @property
    def done(self) -> set[int]:
        """Numbers of the planes that are done."""
        return {int(p.stem) for p in self._planes.glob("*.npz") if p.stem.isdigit()}

    @property
    def fitted(self) -> tuple[str, Fitted]:
        """The run's own key, and the recipe fitted to the whole stack."""
        try:
            with self._fitted_path.open("rb") as file:
                found: tuple[str, Fitted] = pickle.load(file)
        except (pickle.UnpicklingError, EOFError, AttributeError, ImportError) as error:
            raise OSError(
                f"a run goes on with what it fitted at its start; {self._fitted_path} "
                "is damaged; begin anew with --overwrite"
            ) from error
        return found

    @property
    def empty(self) -> bool:
        """Whether there is nothing to go on with."""
        return not self.exists or not self.done

    def labels(self, number: int) -> NDArray[np.int32]:
        """Return a plane's labels, (Y, X), 1 to n."""
        return np.asarray(self.array[number])

    def numbered(self, stack: Stack, ids: list[NDArray[np.int32]]) -> Stack:
        """Return the labels of all planes with their ids, read when asked for.

        Parameters
        ----------
        stack : Stack
            The image.
        ids : list of ndarray
            For each plane the ids of its labels 0 to n.
        """
        return stack.on_axes(
            NumberedLabels(self.array, ids, stack.batch_shape), stack.batch_axes + "YX"
        )

    @property
    def array(self) -> Any:
        """The labels of all planes, (N, Y, X), a Zarr array."""
        return zarr.open_array(self._labels_path, mode="r+")

    def objects(self, number: int) -> pd.DataFrame:
        """Return a plane's table of objects."""
        return pd.DataFrame.from_records(self._found(number, "objects"))

    def left_out(self, number: int) -> int:
        """Return how many doubtful objects of a plane are not shown."""
        return int(self._found(number, "left_out"))

    def _found(self, number: int, name: str) -> NDArray[Any]:
        path = self._planes / f"{number}.npz"
        try:
            with np.load(path) as found:
                return np.asarray(found[name])
        except (ValueError, EOFError, KeyError, BadZipFile) as error:
            path.unlink()  # so that it counts as not done
            raise ValueError(
                f"a finished plane must be readable; {path} was damaged, and is done "
                "again: go on with --resume"
            ) from error

    def write(self, number: int, stack: Stack, fitted: Fitted, plane: Any) -> None:
        """Segment a plane and keep what was found.

        Parameters
        ----------
        number : int
            Of the plane.
        stack : Stack
            The image.
        fitted : Fitted
            The recipe.
        plane : ndarray or None
            The plane; None for a large one, which is read block by block.

        Raises
        ------
        OSError
            If the disk is full or the folder has gone.
        """
        try:
            if plane is None:
                target = PlaneOf(self.array, number)
                target.clear()
                objects, left_out = find_in_blocks(stack, number, fitted, target)
            else:
                labels, objects, left_out = find_objects(plane, fitted)
                self.array[number] = labels
            content = io.BytesIO()
            records = objects.to_records(index=False)
            np.savez(content, objects=records, left_out=left_out)
            beside = self._planes / f".{number}.{os.getpid()}"
            with beside.open("wb") as file:
                file.write(content.getvalue())
                file.flush()
                os.fsync(file.fileno())  # a power cut would leave it empty
            beside.replace(self._planes / f"{number}.npz")
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                raise
            raise OSError(
                f"plane {number} cannot be kept in {self.folder} "
                f"({os.strerror(error.errno)}); finished planes are kept: make room, "
                "then go on with --resume"
            ) from error

    def remove(self) -> None:
        """Delete the run; what came of it must be elsewhere by now."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _clear(self) -> None:
        # The card goes first: without it nothing here counts as a run.
        self._card.unlink(missing_ok=True)
        for path in (self._planes, self._labels_path):
            with suppress(FileNotFoundError):
                shutil.rmtree(path)

    @property
    def _card(self) -> Path:
        return self.folder / "run.json"

    @property
    def _planes(self) -> Path:
        return self.folder / "planes"

    @property
    def _labels_path(self) -> Path:
        return self.folder / "labels.zarr"

    @property
    def _fitted_path(self) -> Path:
        return self.folder / "fitted.pickle"
