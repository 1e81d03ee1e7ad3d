"""What is said of an image, for as long as that image is the one that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QSizePolicy

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel


class Status(QLabel):
    """Text below a button; another image has its own.

    Parameters
    ----------
    source : SourcePanel
        Which image is chosen.
    """

    def __init__(self, source: SourcePanel) -> None:
        super().__init__()
        self._source = source
        self._texts: WeakKeyDictionary[Layer, str] = WeakKeyDictionary()
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # As wide as the page, not as a long word would like it to be.
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Ignored, policy.Minimum)
        source.changed.connect(self._show)
        self._show()

    def say(self, text: str, image: Layer | None = None) -> None:
        """Say something of an image, the chosen one unless another is given."""
        image = image or self._source.layer
        if image is None:
            self.setText(text)
            self.setVisible(bool(text))
            return
        self._texts[image] = text
        self._show()

    def _show(self) -> None:
        image = self._source.layer
        text = "" if image is None else self._texts.get(image, "")
        self.setText(text)
        self.setVisible(bool(text))
