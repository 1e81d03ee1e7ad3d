"""A model on disk: a folder with ``model.json`` and the weights it names."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

import platformdirs

from napari_mobile_unet.unet.card import CARD, read_card

WEIGHTS = "network.weights.h5"
NETWORK = "network.tflite"
QUANTISED = "network_int8.tflite"
REHEARSAL = "rehearsal.npz"
"""Views of what a model was trained on, which it sees again when it is taught."""
FOLDER_VARIABLE = "MOBILE_UNET_MODELS"
"""Environment variable that names the folder of a person's own models."""
TILE = 544
"""Height and width in pixels of the one tile that exported networks take: with their
overlap, two of them cover 1056 pixels and four 2080."""

Precision = Literal["auto", "fp32", "int8"]


class Model:
    """A verified model folder.

    Parameters
    ----------
    folder : Path
        The folder that holds ``model.json``.

    Raises
    ------
    FileNotFoundError
        If the folder, its card, or a file that the card names is missing.
    ValueError
        If the card is not valid, was written by a newer version, or a file was
        altered.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checksum = sha256(folder / CARD) if (folder / CARD).is_file() else ""
        """SHA-256 over the card, which holds those of the files."""
        self.card = read_card(folder)
        if NETWORK not in self.card.files:
            raise ValueError(
                f"a model's {CARD} must name {NETWORK} among its files; that in "
                f"{folder} does not; copy the folder again"
            )
        for name, expected in self.card.files.items():
            path = folder / name
            if path.parent != folder:
                raise ValueError(
                    f"a model's {CARD} names files of its own folder; that in {folder} "
                    f"names {name!r}; copy the folder again"
                )
            if not path.is_file():
                raise FileNotFoundError(
                    f"a model folder must hold the files that its {CARD} names; "
                    f"{path} is missing; copy the folder again"
                )
            if sha256(path) != expected:
                raise ValueError(
                    f"a model's files must match the checksums in its {CARD}; "
                    f"{path} was altered; copy the folder again"
                )

    def network(self, precision: Precision = "auto") -> Path:
        """Return the file of the exported network.

        Parameters
        ----------
        precision : {"auto", "fp32", "int8"}
            "auto" takes that of 8-bit integers if the model has it.

        Raises
        ------
        ValueError
            If the model has no network of that precision.
        """
        quantised = QUANTISED in self.card.files
        if precision == "int8" and not quantised:
            raise ValueError(
                f"the model {self.card.name!r} has no network of precision 'int8'; "
                "choose 'auto' or 'fp32', or train it with 'quantise'"
            )
        whole = precision == "fp32" or not quantised
        return self.folder / (NETWORK if whole else QUANTISED)

    @property
    def weights(self) -> Path:
        """The weights for further training."""
        return self.folder / WEIGHTS

    @property
    def rehearsal(self) -> Path | None:
        """The file of its `REHEARSAL`, if it has one."""
        return self.folder / REHEARSAL if REHEARSAL in self.card.files else None


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def own_models() -> Path:
    """Return the folder of the user's own models, which need not exist.

    The environment variable ``MOBILE_UNET_MODELS`` names another one.
    """
    if other := os.environ.get(FOLDER_VARIABLE):
        return Path(other)
    return platformdirs.user_data_path("napari-mobile-unet", False) / "models"


def _places() -> tuple[Path, Path]:
    """Return the folders of the shipped models and of the user's own."""
    return Path(__file__).parent, own_models()


def list_models() -> dict[str, Path]:
    """Return the folders of all installed models, by name: shipped, then own.

    A shipped model takes precedence over the user's own of the same name.
    """
    found: dict[str, Path] = {}
    for place in _places():
        for path in sorted(place.glob(f"*/{CARD}")):
            found.setdefault(path.parent.name, path.parent)
    return found


def find_model(name: str | Path) -> Path:
    """Return the folder of the model of that name, or that folder itself.

    Raises
    ------
    FileNotFoundError
        If neither a model nor a folder of that name exists.
    """
    if Path(name).name == str(name):
        for place in _places():
            if (place / name / CARD).is_file():
                return place / name
    if Path(name).is_dir():
        return Path(name)
    raise FileNotFoundError(
        f"a model must be a name or a folder; received {str(name)!r}; "
        f"choose one of: {', '.join(list_models()) or 'none is installed'}"
    )


def load_model(name: str | Path) -> Model:
    """Return the model of that name, or in that folder.

    Raises
    ------
    FileNotFoundError
        If neither a model nor a folder of that name exists.
    ValueError
        If the model's files were altered.
    """
    return Model(find_model(name))


def model_of(name: str) -> Model:
    """Return a verified model; its checksums are computed once for each card.

    Raises
    ------
    FileNotFoundError, ValueError
        If the model is missing or was altered.
    """
    folder = find_model(name)
    card = folder / CARD
    return _verified(folder, card.stat().st_mtime_ns if card.is_file() else 0)


@lru_cache(maxsize=8)
def _verified(folder: Path, _written: int) -> Model:
    return Model(folder)
