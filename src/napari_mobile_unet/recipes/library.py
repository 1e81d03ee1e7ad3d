"""A person's own recipes, by name: each a JSON file in one folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from pydantic import ValidationError

from napari_mobile_unet.io.names import check_name, composed
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.settings import explain, parse_json

PLACE = "MOBILE_UNET_RECIPES"
"""Environment variable that names another folder."""
SUFFIX = ".json"


def library_folder() -> Path:
    """Return the folder of a person's recipes; it need not exist."""
    place = os.environ.get(PLACE)
    if place:
        return Path(place)
    return platformdirs.user_data_path("napari-mobile-unet", False) / "recipes"


class Library:
    """Recipes by name.

    Parameters
    ----------
    folder : Path, optional
        Where their files are; made when the first one is saved. That of the person
        unless given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or library_folder()

    @property
    def names(self) -> list[str]:
        """All names, sorted; a file among them may be damaged."""
        found = self.folder.glob(f"*{SUFFIX}")
        stems = (path.stem for path in found if not path.name.startswith("."))
        return sorted(map(composed, stems), key=str.casefold)

    def __contains__(self, name: str) -> bool:
        """Return whether there is a recipe of a name."""
        return composed(name) in self.names

    def load(self, name: str, *, any_model: bool = False) -> Recipe:
        """Return the recipe of a name.

        Parameters
        ----------
        name : str
            Its name.
        any_model : bool
            See ``Recipe.load``.

        Raises
        ------
        OSError, ValueError
            If there is none, or its file is damaged.
        """
        return Recipe.load(self._existing(name), any_model=any_model)

    def save(self, name: str, recipe: Recipe, *, overwrite: bool = False) -> None:
        """Keep a recipe, whole or not at all.

        Raises
        ------
        FileExistsError
            If the name is taken, unless it may be overwritten.
        OSError, ValueError
            If the name cannot be that of a file, or it cannot be written.
        """
        path = self._free(name, overwrite)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OSError(
                f"recipes are kept in a folder; {self.folder} cannot be made "
                f"({error.strerror}); name another one by {PLACE}"
            ) from error
        recipe.save(path)

    def take(
        self, path: Path, name: str | None = None, *, overwrite: bool = False
    ) -> str:
        """Copy a recipe, or that of a record beside a result, into the library.

        Parameters
        ----------
        path : Path
            Its JSON file.
        name : str, optional
            What it is called from now on; as its file unless given.
        overwrite : bool
            Whether it may replace one of that name.

        Returns
        -------
        str
            The name.

        Raises
        ------
        OSError, ValueError
            If it cannot be read, or not be saved so.
        """
        name = composed(name or path.stem)
        self.save(name, Recipe.load(path), overwrite=overwrite)
        return name

    def rename(self, name: str, new: str) -> None:
        """Give a recipe another name.

        Raises
        ------
        FileExistsError
            If that is taken.
        OSError, ValueError
            If there is no such recipe, or the name cannot be that of a file.
        """
        path = self._existing(name)
        target = self._path(new)
        # A change of case alone finds the file itself where case does not count.
        if not (target.exists() and target.samefile(path)):
            target = self._free(new, overwrite=False)
        path.rename(target)

    def delete(self, name: str) -> None:
        """Delete a recipe.

        Raises
        ------
        OSError, ValueError
            If there is none of that name, or it cannot be deleted.
        """
        self._existing(name).unlink()

    def name_of(self, recipe: Recipe) -> str | None:
        """Return under which name a recipe is kept; None if under none."""
        for name in self.names:
            try:
                if self.load(name, any_model=True) == recipe:
                    return name
            except (OSError, ValueError):
                continue
        return None

    def _path(self, name: str) -> Path:
        return self.folder / f"{check_name(name, 'recipe')}{SUFFIX}"

    def _existing(self, name: str) -> Path:
        path = self._path(name)
        if path.is_file():
            return path
        # Some file systems decompose the letters of names.
        for each in self.folder.glob(f"*{SUFFIX}"):
            if composed(each.stem) == composed(name):
                return each
        raise FileNotFoundError(
            f"a recipe of the library is wanted; received {name!r}; "
            f"choose one of: {', '.join(self.names) or 'there is none yet'}"
        )

    def _free(self, name: str, overwrite: bool) -> Path:
        path = self._path(name)
        if path.exists() and not overwrite:
            raise FileExistsError(
                f"Recipe already exists: {composed(name)!r} in {self.folder}; delete "
                "or overwrite it, or choose another name"
            )
        return path


def find_recipe(text: str, *, any_model: bool = False) -> Recipe:
    """Return the recipe that a person means.

    Parameters
    ----------
    text : str
        A JSON file, a name of the library, or JSON that begins with "{".
    any_model : bool
        See ``Recipe.load``.

    Raises
    ------
    OSError, ValueError
        If there is no such recipe, it is damaged, or the name of one is also that of
        a file.
    """
    if text.lstrip().startswith("{"):
        return _from_json(text)
    library = Library()
    known = text in library
    if known and Path(text).is_file():
        raise ValueError(
            f"{text} is both a recipe of the library and a file here; write ./{text} "
            "for the file, or change the working folder for the recipe"
        )
    if known:
        return library.load(text, any_model=any_model)
    if not Path(text).exists() and Path(text).name == text and not Path(text).suffix:
        raise FileNotFoundError(
            "a recipe must be a JSON file or a name of the library; received "
            f"{text!r}; choose one of: "
            f"{', '.join(library.names) or 'the library is empty'}"
        )
    return Recipe.load(text, any_model=any_model)


def _from_json(text: str) -> Recipe:
    try:
        return Recipe.model_validate(parse_json(text))
    except ValidationError as error:
        raise ValueError(f"recipe: {explain(error)}") from error
    except ValueError as error:
        raise ValueError(
            f"a recipe that begins with {{ is JSON; {text!r:.60} is not: {error}; "
            "mend it, or name a file"
        ) from error
