"""A form for any settings: types, ranges, choices and tooltips from their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args, get_origin

from magicgui.widgets import CheckBox, create_widget
from pydantic import ValidationError
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QWidget

from napari_mobile_unet.settings import Called, Params, ZeroMeans, explain

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic.fields import FieldInfo

P = TypeVar("P", bound=Params)

DECIMALS = 3
"""Of numbers that are small, or may not be 0."""
CLOSEST = 10**-DECIMALS
"""How close a number may come to a limit that it must not reach."""
UNLIMITED = 1e6
"""Largest number, and its negative the smallest, in a field without limits."""


class Form(QWidget, Generic[P]):
    """Edits settings of one class.

    Parameters
    ----------
    settings : Params
        What it shows at first.
    leave_out : collection of str
        Fields that are not shown; they keep their value.
    apart : collection of str
        Fields that are shown on ``more``, a widget that has to be put elsewhere.
    """

    changed = Signal(object)
    """The settings, after the person has changed a field."""
    shown = Signal(object)
    """The settings, after code has put others in."""
    failed = Signal(str)
    """Why the settings, after such a change, contradict each other."""

    def __init__(
        self,
        settings: P,
        *,
        leave_out: Collection[str] = (),
        apart: Collection[str] = (),
        parent: Any = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._quiet = False
        fields = type(settings).model_fields
        self.fields = {
            name: _editor(name, field, getattr(settings, name))
            for name, field in fields.items()
            if name not in leave_out
        }
        self._rows = {False: _column_of(self)}
        if apart:
            self.more = QWidget()
            self._rows[True] = _column_of(self.more)
        for name, editor in self.fields.items():
            label = QLabel()
            if isinstance(editor, CheckBox):
                editor.text = editor.label
            else:
                label.setText(editor.label)
                label.setToolTip(editor.tooltip)
            self._rows[name in apart].addRow(label, editor.native)
            editor.changed.connect(self._on_changed)
        self._shown = self._values()

    def show_field(self, name: str, shown: bool) -> None:
        """Show a field with its name, or hide it; it keeps its value."""
        native = self.fields[name].native
        for rows in self._rows.values():
            if rows.indexOf(native) >= 0:
                rows.setRowVisible(native, shown)

    @property
    def value(self) -> P:
        """The settings as the form shows them.

        A number that nobody touched is kept, even if the form shows it rounded.

        Raises
        ------
        pydantic.ValidationError
            If two fields contradict each other.
        """
        values, shown = self._values(), self._shown
        touched = {name: values[name] for name in values if values[name] != shown[name]}
        return self._settings.replace(**touched)

    @value.setter
    def value(self, settings: P) -> None:
        self._show(settings)
        self.shown.emit(self.value)

    def _show(self, settings: P) -> None:
        self._settings, self._quiet = settings, True
        try:
            for name, editor in self.fields.items():
                editor.value = _within(editor, getattr(settings, name))
        finally:
            self._shown, self._quiet = self._values(), False

    def _values(self) -> dict[str, Any]:
        return {name: editor.value for name, editor in self.fields.items()}

    def _on_changed(self) -> None:
        if self._quiet:
            return
        try:
            settings = self.value
        except ValidationError as error:
            self.failed.emit(explain(error))
        else:
            self.changed.emit(settings)


def _column_of(widget: QWidget) -> QFormLayout:
    rows = QFormLayout(widget)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return rows


def _within(editor: Any, value: Any) -> Any:
    """Return the value, or the nearest one within the range of its editor."""
    limited = isinstance(value, (int, float)) and hasattr(editor, "max")
    return min(max(value, editor.min), editor.max) if limited else value


def _editor(name: str, field: FieldInfo, value: Any) -> Any:
    """Return the magicgui widget for a field."""
    # Where the source breaks its lines is no matter for the tooltip.
    tooltip = " ".join((field.description or "").split())
    options: dict[str, Any] = {"tooltip": tooltip}
    kind, fine, limits = field.annotation, False, {}
    called = next((each for each in field.metadata if isinstance(each, Called)), None)
    if get_origin(kind) is Literal:
        names = called.choices if called else {}
        options["choices"] = [(str(names.get(v, v)), v) for v in get_args(kind)]
    elif kind in (int, float):
        nearest = 1 if kind is int else CLOSEST
        limits = {k: v for m in field.metadata for k, v in _limits(m).items()}
        low = limits.get("ge", limits.get("gt", -UNLIMITED - nearest) + nearest)
        high = limits.get("le", limits.get("lt", UNLIMITED + nearest) - nearest)
        fine = kind is float and high <= 10
        options |= {"min": low, "max": high, "step": 0.05 if fine else 1}
        value = min(max(value, low), high)
    zero = next((each for each in field.metadata if isinstance(each, ZeroMeans)), None)
    editor: Any = create_widget(
        value,
        # superqt's box for whole numbers shows no text in place of one.
        annotation=float if zero else kind,
        name=name,
        label=called.name if called else name.replace("_", " "),
        options=options,
    )
    if kind is float and (fine or {"gt", "lt"} & limits.keys()):
        editor.native.setDecimals(DECIMALS)
        # These were rounded to two decimals until now.
        editor.min, editor.max, editor.value = low, high, value
    if zero:
        editor.native.setSpecialValueText(zero.text)
        if kind is int:
            editor.native.setDecimals(0)
    return editor


def _limits(constraint: Any) -> dict[str, float]:
    """Return the bounds in an ``annotated_types`` constraint, by their names."""
    names = ("ge", "gt", "le", "lt")
    return {n: getattr(constraint, n) for n in names if hasattr(constraint, n)}
