"""Figures in a page: matplotlib, slow to load, waits until there is one to draw."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg


def load_matplotlib() -> None:
    """Load what figures are drawn with; in a thread, so that the window goes on."""
    import_module("matplotlib.backends.backend_qtagg")


def new_canvas(**settings: Any) -> FigureCanvasQTAgg:
    """Return the widget of a new figure, which is its ``figure``.

    Parameters
    ----------
    **settings
        Of `matplotlib.figure.Figure`.
    """
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
    from matplotlib.figure import Figure

    return FigureCanvasQTAgg(Figure(**settings))
