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
