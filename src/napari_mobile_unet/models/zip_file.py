"""A model as one zip: to give away, to keep, to take in."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.models.checks import (
    LARGEST,
    check_free,
    check_rehearsal,
    check_runs,
    check_weights,
    entries_of,
)
from napari_mobile_unet.models.library import place_for
from napari_mobile_unet.unet.card import CARD
from napari_mobile_unet.unet.model import REHEARSAL, WEIGHTS, Model, load_model

if TYPE_CHECKING:
    from zipfile import ZipInfo


def export_model(
    name: str | Path, path: str | Path, *, overwrite: bool = False
) -> None:
    """Write a model as one zip: its card, and the files that the card names.

    Parameters
    ----------
    name : str or Path
        Of the model, or its folder.
    path : str or Path
        Of the zip.
    overwrite : bool
        Whether a file of that name is replaced.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such model, or it was altered.
    OSError
        If the file is there already, or cannot be written; what was there is untouched.
    """
    model, path = load_model(name), Path(path)
    check_free(path, overwrite)
    title = model.folder.resolve().name
    with (
        atomic_path(path) as fresh,
        ZipFile(fresh, "w", ZIP_DEFLATED) as archive,
    ):
        for file in (CARD, *model.card.files):
            archive.write(model.folder / file, f"{title}/{file}")


def import_model(path: str | Path, name: str = "", *, overwrite: bool = False) -> Model:
    """Take a model in from a zip, among a person's own, and return it.

    Nothing of the file is run but its networks, on LiteRT, which knows fixed operations
    alone. What is refused leaves no trace, and a model of that name as it was.

    Parameters
    ----------
    path : str or Path
        Of the zip, as `export_model` writes it.
    name : str
        Of the new model; by default that of the folder in the zip, or of the zip.
    overwrite : bool
        Whether an own model of that name is replaced.

    Raises
    ------
    ValueError
        If the file is no zip of one model, was altered, or does not run here; or if
        the name is none.
    FileExistsError
        If a model of that name is there.
    OSError
        If the file cannot be read, or the model not be written.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"a model is imported from a zip; {path} is no file; name another one"
        )
    if path.stat().st_size > LARGEST:
        raise ValueError(
            f"a model has up to {LARGEST // 2**20} MB; {path} has more; export it again"
        )
    try:
        with ZipFile(path) as archive:
            entries = entries_of(archive)
            folder = PurePosixPath(entries[CARD].filename).parent.name
            target = place_for(name or folder or path.stem, overwrite=overwrite)
            return _unpack(archive, entries, target)
    except (BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
        raise ValueError(
            f"a model is imported from a whole zip; {path} is not ({error}); "
            "export or download it again"
        ) from error


def _unpack(archive: ZipFile, entries: dict[str, ZipInfo], target: Path) -> Model:
    """Return the model of a zip, checked, in a folder of its own."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as fresh:
        fresh.mkdir()
        for file, info in entries.items():
            # As many bytes as it says, and no more, are unpacked of an entry.
            with archive.open(info) as packed, (fresh / file).open("xb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
        model = Model(fresh)
        if unnamed := entries.keys() - {CARD, *model.card.files}:
            raise ValueError(
                f"a model's {CARD} must name all its files; it does not name "
                f"{', '.join(sorted(unnamed))}; export the model again"
            )
        if WEIGHTS in entries:
            check_weights(fresh / WEIGHTS)
        if REHEARSAL in entries:
            check_rehearsal(fresh / REHEARSAL)
        check_runs(model)
    return Model(target)
