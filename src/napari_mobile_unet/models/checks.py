"""What a model that comes from elsewhere must be, before anything of it is used."""

from __future__ import annotations

import stat
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import numpy as np
import yaml

from napari_mobile_unet.models.child import run_module
from napari_mobile_unet.unet.card import CARD
from napari_mobile_unet.unet.model import NETWORK, QUANTISED, REHEARSAL, WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path
    from zipfile import ZipInfo

    from napari_mobile_unet.unet.model import Model

FILES = (CARD, NETWORK, QUANTISED, WEIGHTS, REHEARSAL)
"""All that a model is made of: numbers and text, nothing that runs."""
DESCRIPTIONS = ("rdf.yaml", "bioimageio.yaml", "model.yaml")
"""What describes a package of bioimage.io."""
LARGEST = 2**28
"""Bytes of the largest model, unpacked: thirty times those of the shipped one."""
LARGEST_CARD = 2**20
"""Bytes of the largest card."""
ENCRYPTED = 1
"""Bit of an entry's flags."""
TRIAL_SECONDS = 120
"""How long the networks may take for one tile each."""


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse to write a model's zip where something is, unless it may be replaced.

    Raises
    ------
    FileExistsError
        If there is a folder, or a file that must stay.
    """
    if path.is_dir() or (path.exists() and not overwrite):
        raise FileExistsError(f"Output already exists: {path}; use --overwrite")


def entries_of(archive: ZipFile) -> dict[str, ZipInfo]:
    """Return the files of the one model in a zip, by name.

    Raises
    ------
    ValueError
        If it holds anything but one model's files, in one folder or in none.
    """
    found: dict[str, ZipInfo] = {}
    folders = set()
    for info in _own_entries(archive):
        path = PurePosixPath(info.filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not info.filename:
            _refuse("a file without a name")
        if info.is_dir() and len(path.parts) == 1 and ".." not in path.parts:
            continue
        if (
            path.name not in FILES
            or len(path.parts) > 2
            or path.is_absolute()
            or ".." in path.parts
            or "\\" in info.orig_filename
        ):
            _refuse(f"{info.orig_filename!r}")
        if kind not in (0, stat.S_IFREG):
            _refuse(f"{info.filename!r}, which is a link or a device")
        if info.flag_bits & ENCRYPTED:
            _refuse(f"{info.filename!r}, which is encrypted")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            _refuse(f"{info.filename!r}, packed in a way that few programs read")
        if path.name in found:
            _refuse(f"{path.name!r} twice")
        found[path.name] = info
        folders.add(path.parent)
    if CARD not in found or len(folders) > 1:
        _refuse("several folders" if len(folders) > 1 else f"no {CARD}")
    size = sum(info.file_size for info in found.values())
    if size > LARGEST or found[CARD].file_size > LARGEST_CARD:
        _refuse(f"{size:,} bytes, of which {found[CARD].file_size:,} are its card")
    return found


def _own_entries(archive: ZipFile) -> list[ZipInfo]:
    """Return the entries of a zip; of a package of bioimage.io our own among them.

    Raises
    ------
    ValueError
        If such a package has no model of ours.
    """
    entries = archive.infolist()
    described = next((i for i in entries if i.filename in DESCRIPTIONS), None)
    if described is None:
        return entries
    own = [info for info in entries if info.filename in FILES]
    if CARD in (info.filename for info in own):
        return own
    if described.file_size > LARGEST_CARD:
        _refuse(f"{described.file_size:,} bytes in {described.filename}")
    try:
        content = yaml.safe_load(archive.read(described))
    except (yaml.YAMLError, RecursionError):
        content = None
    weights = content.get("weights") if isinstance(content, dict) else None
    formats = ", ".join(map(str, weights)) if isinstance(weights, dict) else "unknown"
    raise ValueError(
        "a model of bioimage.io runs here if it was exported by this program, with its "
        f"network for LiteRT; this one has other weights ({formats[:200]}); train a "
        "model on your own images, or run this one elsewhere and open its labels"
    )


def _refuse(what: str) -> None:
    raise ValueError(
        f"a zip must hold the files of one model ({', '.join(FILES)}), up to "
        f"{LARGEST // 2**20} MB, and nothing else; it has {what}; "
        "export the model again"
    )


def check_weights(path: Path) -> None:
    """Refuse weights that are anything but numbers.

    HDF5 can name other files, whose content would be read in their place.

    Raises
    ------
    ValueError
        If the file is damaged, has links, or anything but numbers in it.
    """
    import h5py

    size = 0

    # h5py ends a visit at the first answer; it cannot pass an error on.
    def wrong_link(name: str, link: Any) -> str | None:
        return None if isinstance(link, h5py.HardLink) else f"has a link, {name!r}"

    def wrong_numbers(name: str, found: Any) -> str | None:
        nonlocal size
        if not isinstance(found, h5py.Dataset):
            return None
        if found.external or found.is_virtual:
            return f"takes {name!r} from other files"
        if found.dtype.kind not in "fiu":
            return f"has {found.dtype} in {name!r}"
        size += found.nbytes
        return f"has more than {LARGEST // 2**20} MB" if size > LARGEST else None

    try:
        with h5py.File(path, "r") as file:
            wrong = file.visititems_links(wrong_link) or file.visititems(wrong_numbers)
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(
            f"weights must be a whole HDF5 file; {path.name} is not; "
            "export the model again"
        ) from error
    if wrong:
        raise ValueError(
            f"weights must be numbers within one HDF5 file; {path.name} {wrong}; "
            "export the model again"
        )


def check_rehearsal(path: Path) -> None:
    """Refuse views that are anything but numbers and names.

    Raises
    ------
    ValueError
        If the file is damaged, too large unpacked, or has anything else in it.
    """
    try:
        with ZipFile(path) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if size > LARGEST:
            wrong = f"it has {size:,} bytes, for up to {LARGEST:,}"
        else:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
                kinds = {name: held[name].dtype for name in held.files}
            other = {str(kind) for kind in kinds.values() if kind.kind not in "biufU"}
            wrong = f"it has {', '.join(sorted(other))}" if other else ""
    except (BadZipFile, EOFError, ValueError, zlib.error) as error:
        wrong = str(error)
    if wrong:
        raise ValueError(
            f"what a model rehearses must be numbers in one npz; {path.name} is not "
            f"({wrong}); export the model again"
        )


def check_runs(model: Model) -> None:
    """Refuse a model whose networks do not run here, or give something else.

    They run in a process of their own, so that a damaged one ends nothing else.

    Raises
    ------
    ValueError
        If they do not run, or their maps are not those that the card names.
    """
    try:
        run_module("models.trial", str(model.folder), seconds=TRIAL_SECONDS)
    except ValueError as error:
        raise ValueError(
            f"a model's networks must run here; those of {model.card.name!r} do not "
            f"({error}); export the model again"
        ) from error
