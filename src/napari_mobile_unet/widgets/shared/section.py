"""What is seldom changed, folded away under a title."""

from __future__ import annotations

from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget


class Section(QWidget):
    """A title that unfolds a widget; while it is folded, Tab passes it by.

    Parameters
    ----------
    title : str
        What is always to be seen.
    content : QWidget
        What is folded at first.
    """

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self._title, self._content = title, content
        self.button = QPushButton()
        self.button.setCheckable(True)
        self.button.setFlat(True)
        self.button.setToolTip(f"Show or hide what belongs to: {title}")
        self.button.setStyleSheet(
            "QPushButton { text-align: left; padding: 3px 0px; border: none; "
            "background: transparent; }"
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(content)
        self.button.toggled.connect(self._show)
        self._show(False)

    def unfold(self, unfolded: bool = True) -> None:
        """Show the content, or fold it away."""
        self.button.setChecked(unfolded)

    def _show(self, unfolded: bool) -> None:
        self.button.setText(f"{'▾' if unfolded else '▸'} {self._title}")
        self._content.setVisible(unfolded)
