"""Rows of a table that an expression chooses; it is parsed, and never run as Python."""

from __future__ import annotations

import ast
import operator
import re
import unicodedata
import warnings
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from napari_mobile_unet.later import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Mask

LONGEST = 2000
"""Characters of an expression."""
MISSING = "missing"
"""The only function: whether a column has no value."""
_COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_COMPUTED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class FilterError(ValueError):
    """An expression that chooses nothing, since it is wrong.

    Parameters
    ----------
    problem : str
        What is wrong, and what to write instead.
    place : int
        Of the character, counted from 1.
    """

    def __init__(self, problem: str, place: int) -> None:
        self.place = place
        super().__init__(f"filter, character {place}: {problem}")


def matching(expression: str, table: pd.DataFrame) -> Mask:
    """Return which rows of a table an expression holds for.

    Parameters
    ----------
    expression : str
        Comparisons of columns with numbers, texts or each other, joined by "and",
        "or", "not" and brackets; "+", "-", "*" and "/" compute. A column whose name is
        no single word stands between backticks. ``missing(column)`` holds where there
        is no value; no comparison does there, nor does its contrary.
    table : DataFrame
        With a row for each object.

    Returns
    -------
    ndarray of bool
        One for each row.

    Raises
    ------
    FilterError
        If it cannot be read, names no column, or mixes numbers and texts; the message
        has the place.

    Examples
    --------
    >>> table = pd.DataFrame({"area": [20, 60, 90], "solidity": [0.5, 0.8, np.nan]})
    >>> matching("area > 50 and solidity < 0.9", table)
    array([False,  True, False])
    >>> matching("missing(solidity) or area/2 == 10", table)
    array([ True, False,  True])
    """
    if not expression.strip():
        raise FilterError("write a comparison, such as area > 50", 1)
    if len(expression) > LONGEST:
        raise FilterError(f"at most {LONGEST} characters are read", LONGEST + 1)
    text, quoted = _without_backticks(re.sub(r"\s", " ", expression))
    written = text.lstrip()  # Python reads no blanks before an expression
    shift = len(text) - len(written)
    try:
        tree = _parse(written, shift)
        with np.errstate(all="ignore"):
            return _Reader(table, quoted, written, shift).truth(tree.body).true
    except (RecursionError, MemoryError):
        raise FilterError("too many brackets; write it shorter", 1) from None


@dataclass(frozen=True, eq=False)
class _Truth:
    """Where something holds, and where it does not; neither where nobody knows."""

    true: Mask
    false: Mask


class _Reader:
    """Reads the parts of an expression that are allowed, and refuses all others."""

    def __init__(
        self, table: pd.DataFrame, quoted: dict[str, str], written: str, shift: int
    ) -> None:
        self._table, self._quoted = table, quoted
        self._written, self._shift = written.encode(), shift
        # As Python writes identifiers: with one of the two micro signs, for example.
        self._columns = {
            unicodedata.normalize("NFKC", str(name)): name for name in table.columns
        }

    def truth(self, node: ast.expr) -> _Truth:
        """Return where a condition holds."""
        if isinstance(node, ast.BoolOp):
            parts = [self.truth(each) for each in node.values]
            every = isinstance(node.op, ast.And)
            both = np.logical_and.reduce, np.logical_or.reduce
            join_true, join_false = both if every else both[::-1]
            return _Truth(
                join_true([part.true for part in parts]),
                join_false([part.false for part in parts]),
            )
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            part = self.truth(node.operand)
            return _Truth(part.false, part.true)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Call):
            return self._missing(node)
        values = self._value(node)
        if values.dtype.kind != "b":
            self._refuse("a condition compares something, such as area > 50", node)
        return _Truth(values, ~values)

    def _comparison(self, node: ast.Compare) -> _Truth:
        true = np.ones(len(self._table), bool)
        false = np.zeros(len(self._table), bool)
        left, before = self._value(node.left), node.left
        for operation, following in zip(node.ops, node.comparators, strict=True):
            right = self._value(following)
            compare = _COMPARED.get(type(operation))
            if compare is None:
                self._refuse("compare by <, <=, >, >=, == or !=", following)
            kinds = left.dtype.kind == "O", right.dtype.kind == "O"
            if kinds[0] != kinds[1]:
                self._refuse(
                    "a number is compared with a number, a text with a text", before
                )
            known = ~(pd.isna(left) | pd.isna(right))
            holds = np.zeros(len(known), bool)
            holds[known] = compare(left[known], right[known]).astype(bool)
            true &= holds
            false |= known & ~holds
            left, before = right, following
        return _Truth(true, false)

    def _missing(self, node: ast.Call) -> _Truth:
        named = isinstance(node.func, ast.Name) and node.func.id == MISSING
        if not named or len(node.args) != 1 or node.keywords:
            self._refuse(f"the only function is {MISSING}(column)", node)
        unknown = np.asarray(pd.isna(self._value(node.args[0])))
        return _Truth(unknown, ~unknown)

    def _value(self, node: ast.expr) -> NDArray[Any]:
        """Return numbers, texts or truths, one for each row."""
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.Name):
            return self._column(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            values = self._number(node.operand)
            return -values if isinstance(node.op, ast.USub) else values
        if isinstance(node, ast.BinOp) and type(node.op) in _COMPUTED:
            compute = _COMPUTED[type(node.op)]
            return np.asarray(
                compute(self._number(node.left), self._number(node.right))
            )
        self._refuse(
            "only columns, numbers, texts, comparisons, + - * /, and, or and not can "
            "be written",
            node,
        )

    def _number(self, node: ast.expr) -> NDArray[Any]:
        values = self._value(node)
        if values.dtype.kind == "O":
            self._refuse("only numbers can be computed with", node)
        return values.astype(np.float64)

    def _constant(self, node: ast.Constant) -> NDArray[Any]:
        count = len(self._table)
        if isinstance(node.value, bool):
            return np.full(count, node.value)
        if isinstance(node.value, str):
            return np.full(count, node.value, object)
        if not isinstance(node.value, int | float):
            self._refuse("write a number, or a text between quotes", node)
        try:
            return np.full(count, float(node.value))
        except OverflowError:
            self._refuse("the number is too large", node)

    def _column(self, node: ast.Name) -> NDArray[Any]:
        asked = self._quoted.get(node.id, node.id)
        name = self._columns.get(unicodedata.normalize("NFKC", asked))
        if name is None:
            near = get_close_matches(asked, [str(each) for each in self._columns], 1)
            hint = f"did you mean {near[0]}?" if near else "choose one of the table"
            self._refuse(f"there is no column {asked!r}; {hint}", node)
        column = self._table[name]
        if pd.api.types.is_bool_dtype(column.dtype) and not column.hasnans:
            return column.to_numpy(bool)
        if pd.api.types.is_numeric_dtype(column.dtype):
            return column.to_numpy(np.float64, na_value=np.nan)
        texts = column.astype(str).to_numpy(object)
        texts[column.isna().to_numpy()] = None
        return texts

    def _refuse(self, problem: str, node: ast.expr) -> NoReturn:
        # Places in the tree are counted in bytes.
        before = self._written[: node.col_offset].decode()
        raise FilterError(problem, self._shift + len(before) + 1)


def _parse(written: str, shift: int) -> ast.Expression:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of how a text is written
            return ast.parse(written, mode="eval")
    except SyntaxError as error:
        place = error.offset or len(written) + 1  # 0 means that it ends too early
        raise FilterError(
            "this cannot be read; write it such as area > 50 and solidity < 0.9",
            shift + place,
        ) from None
    except ValueError:  # such as a null character
        raise FilterError("this cannot be read; write it as text", 1) from None


def _without_backticks(expression: str) -> tuple[str, dict[str, str]]:
    """Return an expression with words of the same length for what backticks hold.

    And for "class", which Python keeps to itself. Texts stay as they are.
    """
    quoted: dict[str, str] = {}

    def word(found: re.Match[str]) -> str:
        column = found[1] or found[2]
        if column is None:
            return found[0]
        name = f"_q{len(quoted)}".ljust(len(found[0]), "_")
        quoted[name] = column
        return name

    pattern = r"""'[^']*'|"[^"]*"|`([^`]+)`|\b(class)\b"""
    return re.sub(pattern, word, expression), quoted
