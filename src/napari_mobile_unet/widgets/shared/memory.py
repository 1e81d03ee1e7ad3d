"""The settings that a page was last used with, kept from one session to the next."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path

from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.settings import Params, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_mobile_unet.widgets.shared.form import Form

logger = logging.getLogger(__name__)


def remember(page: str, settings: Mapping[str, Params], *, model: str = "") -> None:
    """Keep what a page is used with; where that cannot be written it is not kept.

    Parameters
    ----------
    page : str
        Its title.
    settings : mapping
        From the name of a group to its values.
    model : str, optional
        Each model has its own.
    """
    kept = _read()
    values = {name: group.model_dump(mode="json") for name, group in settings.items()}
    models = kept.get(page)
    kept[page] = {**(models if isinstance(models, dict) else {}), model: values}
    try:
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as new:
            new.write_text(json.dumps(kept, indent=1), "utf-8")
    except OSError as error:
        logger.warning("Settings are not kept for the next session: %s", error)


def recall(
    page: str, settings: Mapping[str, Params], *, model: str = ""
) -> dict[str, Params]:
    """Return the groups of settings as they were used last.

    Parameters
    ----------
    page, model : str
        As they were remembered.
    settings : mapping
        What a group is unless something is known of it. Values that are no longer
        allowed, as those of another version may be, are left as they are here.
    """
    known = _read().get(page)
    values = known.get(model) if isinstance(known, dict) else None
    if not isinstance(values, dict):
        return dict(settings)
    return {
        name: _recalled(group, values.get(name)) for name, group in settings.items()
    }


class Kept:
    """The forms of a page, whose settings are kept from one session to the next.

    Parameters
    ----------
    page : str
        Its title.
    forms : mapping
        From the name of a group of settings to its form.
    defaults : mapping
        From the same names to what the settings are at first.
    """

    def __init__(
        self,
        page: str,
        forms: Mapping[str, Form[Any]],
        defaults: Mapping[str, Params],
    ) -> None:
        self._page, self._forms, self._defaults = page, forms, defaults

    def keep(self, *, model: str = "", **instead: Params) -> None:
        """Keep the settings, some of them as they are given here.

        Parameters
        ----------
        model : str, optional
            Each model has its own.
        **instead
            By name, what is kept of a group that holds more.
        """
        groups = {name: form.value for name, form in self._forms.items()}
        remember(self._page, {**groups, **instead}, model=model)

    def recall(self, *, model: str = "") -> None:
        """Show the settings that the page was last used with."""
        self._show(recall(self._page, self._defaults, model=model))

    def reset(self) -> None:
        """Show the settings as they are at first."""
        self._show(self._defaults)

    def _show(self, groups: Mapping[str, Params]) -> None:
        for name, group in groups.items():
            self._forms[name].value = group


def _recalled(group: Params, values: Any) -> Params:
    try:
        return type(group).model_validate({**dict(group), **values})
    except (TypeError, ValueError):
        return group


def _path() -> Path:
    return user_config_path("napari-mobile-unet") / "last_used.json"


def _read() -> dict[str, Any]:
    path = _path()
    if not path.is_file():
        return {}
    try:
        return read_json(path, "what settings were used last")
    except (OSError, ValueError) as error:
        logger.warning("Settings of the last session are not used: %s", error)
        return {}
