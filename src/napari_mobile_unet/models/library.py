"""A person's own models: what they may be called, renamed and deleted."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from napari_mobile_unet.io.names import check_name
from napari_mobile_unet.unet.model import list_models, own_models


def place_for(name: str, *, overwrite: bool = False) -> Path:
    """Return the folder for a new model of a person's own, which it has yet to make.

    Parameters
    ----------
    name : str
        Of the new model.
    overwrite : bool
        Whether an own model of that name is to be replaced.

    Raises
    ------
    ValueError
        If it cannot be a name, or is that of a shipped model.
    FileExistsError
        If a model of that name is there, in whatever case, since some file systems do
        not tell them apart.
    """
    name = check_name(name, "model")
    place = own_models() / name
    models = list_models()
    for known, folder in models.items():
        if known.casefold() != name.casefold():
            continue
        if folder.parent != own_models():
            raise ValueError(
                f"a model may not have the name of a shipped one; received {name!r}; "
                "choose another name"
            )
        if not overwrite or known != name:
            raise FileExistsError(
                f"A model named {known!r} is already there: {folder}; delete it, "
                "or choose another name"
            )
    if place.exists() and name not in models:
        raise FileExistsError(
            f"Something else is already there: {place}; move it, or choose another name"
        )
    return place


def rename_model(name: str, new: str) -> Path:
    """Give a model of a person's own another name, and return its folder.

    The name of a model is that of its folder. Its card keeps the name that it was
    trained under, and so its checksum: results that it made can still be told.

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    ValueError
        If it is a shipped one, or the new name is none.
    FileExistsError
        If a model of the new name is there.
    """
    folder = _own_folder(name)
    new = check_name(new, "model")
    if new.casefold() == name.casefold():
        return folder.rename(folder.with_name(new))
    return folder.rename(place_for(new))


def delete_model(name: str) -> None:
    """Delete a model of a person's own, with all that is in its folder.

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    ValueError
        If it is a shipped one.
    OSError
        If it cannot be deleted; then it is whole.
    """
    folder = _own_folder(name)
    if folder.is_symlink():  # the folder itself is somebody else's
        folder.unlink()
        return
    aside = Path(tempfile.mkdtemp(prefix=".deleted.", dir=folder.parent))
    try:
        # In one go, or what is cut off would leave half a model.
        folder.rename(aside / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _own_folder(name: str) -> Path:
    """Return the folder of a model of a person's own.

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    ValueError
        If it is a shipped one.
    """
    models = list_models()
    own = {key: path for key, path in models.items() if path.parent == own_models()}
    if name in own:
        return own[name]
    if name in models:
        raise ValueError(
            f"only models of your own are renamed or deleted; {name!r} is shipped "
            "with the program; leave it as it is"
        )
    raise FileNotFoundError(
        f"no model of your own is named {name!r}; choose one of: "
        f"{', '.join(own) or 'there is none'}"
    )
