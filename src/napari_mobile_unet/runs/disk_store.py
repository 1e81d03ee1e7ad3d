"""A run in a folder: stopped at any moment, it goes on later, by any process.

A plane is done when its table is there, which is written last and renamed into place.
So a run survives Ctrl+C, a crash or a power cut, and its planes can be worked on in any
order. All that lies there is data (JSON, NPY and Zarr), checked when it is read: a
folder that comes from somebody else runs no code.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import uuid
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from napari_mobile_unet.io.ome_zarr import CHUNK
from napari_mobile_unet.later import filelock, zarr
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.recipes.record import Record
from napari_mobile_unet.runs.fit import Fitted
from napari_mobile_unet.runs.identity import Identity
from napari_mobile_unet.runs.views import PlaneOf, open_labels
from napari_mobile_unet.settings import explain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Labels


class _Start(Record):
    """What all workers of a run begin with."""

    key: str
    """The run's own, so that nothing is kept of an earlier run in its folder."""
    fitted: Fitted
    """The recipe fitted to the whole stack."""


class _FoundOnDisk:
    """What was found in one plane; see ``Found``."""

    def __init__(self, store: DiskStore, number: int) -> None:
        self._store, self._number = store, number

    @cached_property
    def labels(self) -> Labels:
        """(Y, X), 1 to n."""
        return np.asarray(self._store.array[self._number])

    @cached_property
    def objects(self) -> pd.DataFrame:
        """One row an object."""
        return pd.DataFrame.from_records(self._store.value(self._number, "objects"))

    @cached_property
    def left_out(self) -> int:
        """How many doubtful objects are not shown."""
        return int(self._store.value(self._number, "left_out"))


class DiskStore:
    """A ``Store`` in a folder.

    Parameters
    ----------
    folder : Path
        Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = filelock.FileLock(folder / "lock")

    @property
    def exists(self) -> bool:
        """Whether there is a run to resume."""
        return self._card.exists()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to resume; raises as ``done``."""
        return not self.exists or not self.done

    @property
    def surely_empty(self) -> bool:
        """Whether it is known that there is nothing to resume."""
        try:
            return self.empty
        except OSError:
            return False

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
        except filelock.Timeout as error:
            raise OSError(
                f"Output is in use: another run is at work in {self.folder}; wait for "
                "it, or name another folder"
            ) from error
        os.utime(self.folder)  # the folder's time tells when it was worked on last
        try:
            yield
        finally:
            self._lock.release()

    def begin(self, stack: Stack, identity: Identity, fitted: Fitted) -> None:
        """Forget what is there, and keep what all workers begin with."""
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
        _Start(key=uuid.uuid4().hex, fitted=fitted).save(self._start_path)
        identity.save(self._card)

    @property
    def identity(self) -> Identity:
        """Which image the run is about, and what is done to it.

        Raises
        ------
        ValueError
            If that cannot be read.
        """
        try:
            return Identity.from_json(self._card.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(
                f"Cannot resume: {self._card} is damaged or was written by another "
                "version; use --overwrite to start again"
            ) from error

    def check(self, stack: Stack, identity: Identity) -> None:
        """See that a run of this identity, over this stack, may go on here.

        Raises
        ------
        ValueError
            If the source or the recipe is not that of the run.
        """
        if difference := self.identity.difference(identity):
            raise ValueError(
                f"Cannot resume the run in {self.folder}: {difference}; "
                "use --overwrite to start again"
            )
        if self.array.shape != (stack.n_planes, *stack.plane_shape):
            raise ValueError(
                f"Cannot resume: {self._labels_path} has the shape {self.array.shape}, "
                f"not that of {stack.n_planes} planes of {stack.plane_shape}; "
                "use --overwrite to start again"
            )

    @property
    def start(self) -> tuple[str, Fitted]:
        """The run's own key, and the recipe fitted to the whole stack.

        Raises
        ------
        OSError
            If that cannot be read.
        """
        try:
            start = _Start.from_json(self._start_path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            fault: object = error
            if isinstance(error, ValidationError):
                fault = explain(error)
            elif isinstance(error, OSError):
                fault = error.strerror
            raise OSError(
                f"Cannot resume: {self._start_path} is damaged ({fault}); "
                "use --overwrite to start again"
            ) from error
        return start.key, start.fitted

    @property
    def done(self) -> set[int]:
        """Numbers of the planes that are done.

        Raises
        ------
        OSError
            If there is a run whose planes cannot be looked at; there may be some.
        """
        try:
            names = os.listdir(self._planes)
        except OSError as error:
            if not self.exists:
                return set()
            raise OSError(
                f"Cannot resume: {self._planes} cannot be read "
                f"({os.strerror(error.errno or 0)}); see that the folder is there and "
                "can be read, or use --overwrite to start again"
            ) from error
        stems = (name.removesuffix(".npz") for name in names if name.endswith(".npz"))
        return {int(stem) for stem in stems if stem.isdigit()}

    @property
    def array(self) -> Any:
        """The labels of all planes, (N, Y, X), a Zarr array.

        Raises
        ------
        OSError
            If the folder holds no such array.
        """
        return open_labels(self._labels_path)

    def canvas(self, number: int) -> PlaneOf:
        """Return the part of the labels that is a plane's."""
        target = PlaneOf(self.array, number)
        target.clear()
        return target

    def write(
        self, number: int, labels: Labels | None, objects: pd.DataFrame, left_out: int
    ) -> None:
        """Keep what was found in a plane.

        Raises
        ------
        OSError
            If the disk is full or the folder has gone.
        """
        try:
            if labels is not None:
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
            if error.errno is None:  # it says what is wrong itself
                raise
            remedy = "see that the folder is there and can be written to"
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                remedy = "make room"
            raise OSError(
                f"plane {number} cannot be kept in {self.folder} "
                f"({os.strerror(error.errno)}); finished planes are kept: {remedy}, "
                "then go on (Continue in the window, --resume on the command line)"
            ) from error

    def read(self, number: int) -> _FoundOnDisk:
        """Return what was found in a plane, read when it is asked for."""
        return _FoundOnDisk(self, number)

    def value(self, number: int, name: str) -> Any:
        """Return one of the values kept with a plane.

        Raises
        ------
        ValueError
            If they were damaged; the plane counts as not done from now on.
        """
        path = self._planes / f"{number}.npz"
        content = io.BytesIO(path.read_bytes())
        try:
            with np.load(content, allow_pickle=False) as found:
                return np.asarray(found[name])
        except MemoryError:
            raise
        except Exception as error:  # a damaged zip raises anything
            path.unlink()  # so that it counts as not done
            raise ValueError(
                f"{path} was damaged; use --resume, which does that plane again"
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
    def _start_path(self) -> Path:
        return self.folder / "fitted.json"
