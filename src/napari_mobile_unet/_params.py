"""The base of every setting: a frozen value that refuses unknown keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True)
class Zero:
    """Annotates a number of which 0 is no size but a wish, as its tooltip says."""

    shown: str
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
