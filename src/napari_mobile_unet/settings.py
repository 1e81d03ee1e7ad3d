"""The base of every setting: a frozen value that refuses unknown keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class ZeroMeans:
    """Annotates a number whose 0 has a meaning of its own, which its tooltip tells."""

    text: str
    """What a form shows instead of 0."""


class Params(BaseModel):
    """A frozen, validated group of settings.

    A field states its type, range, default, unit and tooltip once
    (``pydantic.Field``); forms, recipes and the command line read them there.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, validated again.

        Raises
        ------
        pydantic.ValidationError
            If a changed value is out of its field's range, or a key is unknown.
        """
        return type(self).model_validate({**dict(self), **changes})


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Return the JSON object in a file.

    Parameters
    ----------
    path : Path
        Of the file, with or without the mark that some editors put before UTF-8.
    what : str
        What it is, for the message: "a recipe".

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it holds no JSON object.
    """
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise type(error)(
            f"{what} is a JSON file; {path} cannot be read ({error.strerror}); "
            "name another"
        ) from error
    except ValueError as error:
        raise ValueError(f"{what} is a JSON file; {path} is not: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{what} is one JSON object; {path} holds {content!r:.60}; name another"
        )
    return content


def explain(error: ValidationError) -> str:
    """Return the first fault of a refused value in one line, and how many more."""
    first, *more = error.errors(include_url=False)
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    if first["type"] == "union_tag_not_found":
        first["msg"] = f"should name its {first['ctx']['discriminator']}"
    received = (
        "" if first["type"] == "missing" else f"; received {first['input']!r:.80}"
    )
    others = f" (and {len(more)} more)" if more else ""
    return f"{where}: {first['msg']}{received}{others}"
