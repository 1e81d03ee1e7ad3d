"""The base of every setting: a frozen value that refuses unknown keys."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class ZeroMeans:
    """Annotates a number whose 0 has a meaning of its own, which its tooltip tells."""

    text: str
    """What a form shows instead of 0."""


@dataclass(frozen=True, eq=False)
class Called:
    """Annotates a field that people know by other words than recipes do."""

    name: str
    """What a form calls it."""
    choices: Mapping[Any, str] = field(default_factory=dict)
    """What a form calls its values; those left out are shown as they are."""


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

    def to_json(self, indent: int | None = None) -> str:
        """Return the values as JSON text, which can always be written as UTF-8.

        Names of files need not be UTF-8; Python has lone surrogates for such bytes,
        which become escapes here.
        """
        content = self.model_dump(mode="json")
        text = json.dumps(content, indent=indent, ensure_ascii=False)
        return text.encode("utf-8", "backslashreplace").decode("utf-8")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the values in JSON text of ``to_json``.

        Raises
        ------
        ValueError
            If the text is not JSON, or a value is refused.
        """
        return cls.model_validate(parse_json(text))


def parse_json(text: str) -> Any:
    """Return what JSON text says.

    Raises
    ------
    ValueError
        If it is not JSON, or lists in lists go deeper than Python can follow.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("its lists are nested too deeply") from error


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Return the JSON object in a file.

    Parameters
    ----------
    path : Path
        The file; a byte-order mark before its UTF-8 text is ignored.
    what : str
        What it holds, for the messages: "a recipe".

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it holds no JSON object.
    """
    try:
        content = parse_json(path.read_text("utf-8-sig"))
    except OSError as error:
        raise type(error)(
            f"{what} is a JSON file; {path} cannot be read ({error.strerror}); "
            "name another file"
        ) from error
    except ValueError as error:
        raise ValueError(f"{what} is a JSON file; {path} is not: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{what} is one JSON object; {path} holds {content!r:.60}; "
            "name another file"
        )
    return content


def explain(error: ValidationError) -> str:
    """Return the first error of refused settings in one line, and how many follow."""
    first, *more = error.errors(include_url=False)
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "union_tag_not_found":
        message = f"should name its {first['ctx']['discriminator']}"
    where = ".".join(str(part) for part in first["loc"])
    others = f" (and {len(more)} more)" if more else ""
    if not where:  # about several settings, whose values the message holds
        return f"{message}{others}"
    if first["type"] != "missing" and "received" not in message:
        message += f"; received {first['input']!r:.80}"
    return f"{where}: {message}{others}"
