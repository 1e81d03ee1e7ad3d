"""What a person prefers in all sessions, as napari's own preferences hold it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_mobile_unet.parallel.cores import limit_cores
from napari_mobile_unet.unet.card import CARD

PLUGIN = "napari-mobile-unet"


def _settings() -> Any:
    """Return napari's settings of this plugin; None where napari has none for it.

    The fields are those of ``configurations`` in napari.yaml; napari before 0.9.2 does
    not know of them.
    """
    from napari import settings

    known = getattr(settings, "get_plugin_settings", None)
    try:
        return None if known is None else known(PLUGIN)
    except KeyError:  # the plugin was installed while napari was running
        return None


def follow_threads() -> None:
    """Have runs use as many cores as a person allows, now and after any change."""
    settings = _settings()
    if settings is None:
        return
    limit_cores(settings.computing.threads)
    changed = settings.computing.events.threads
    if _on_threads not in changed.callbacks:
        changed.connect(_on_threads)


def _on_threads(event: Any) -> None:
    limit_cores(event.value)


def memory_share() -> float:
    """Return the share of the free memory that labels may take."""
    settings = _settings()
    return 0.5 if settings is None else float(settings.computing.memory_share)


def more_models() -> list[Path]:
    """Return the models in the folder that a person named, sorted."""
    settings = _settings()
    folder = "" if settings is None else settings.models.folder.strip()
    return (
        sorted(card.parent for card in Path(folder).glob(f"*/{CARD}")) if folder else []
    )


def first_model() -> str:
    """Return the model that is chosen at first, by its name; empty for any."""
    settings = _settings()
    return "" if settings is None else str(settings.models.first.strip())
