"""The language of ``--where``: comparisons of columns, joined by and, or, not. Nothing is executed.

It is read with Python's parser, and only the few kinds of nodes below are accepted.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from vidfx.clips.columns import NUMBERS, PROBABILITIES, TEXTS
from vidfx.errors import UsageError

MOST_CHARACTERS = 2000
Columns = Mapping[str, np.ndarray]
"""(N,) of N faces: float64, or text; an empty cell is NaN or an empty text."""
_Value = Callable[[Columns], np.ndarray]
_ORDER: dict[type[ast.cmpop], Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_EXAMPLE = "identity == 'Ana' and emotion in ('happy', 'sad') and quality > 0.3"


class Where:
    """A condition on faces."""

    def __init__(self, text: str) -> None:
        """Raises UsageError, which points to the place that is wrong."""
        self._text = text.strip()
        self._leading = len(text) - len(text.lstrip())
        self.names: set[str] = set()
        "the columns that it needs"
        if len(text) > MOST_CHARACTERS:
            raise UsageError(f"--where: it has more than {MOST_CHARACTERS} characters", hint=_HINT)
        try:
            tree = ast.parse(self._text, mode="eval")
            self._test = self._condition(tree.body)
        except SyntaxError as error:
            place = f", character {self._leading + error.offset}" if error.offset else ""
            raise UsageError(f"--where{place}: {error.msg}", hint=_HINT) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise UsageError(f"--where: it cannot be read: {error}", hint=_HINT) from error

    def matches(self, columns: Columns) -> np.ndarray:
        """(N,) bool, of N faces."""
        return self._test(columns)

    def _condition(self, node: ast.expr) -> _Value:
        match node:
            case ast.BoolOp(op=op, values=values):
                join = np.logical_and if isinstance(op, ast.And) else np.logical_or
                tests = [self._condition(value) for value in values]
                return lambda columns: join.reduce([test(columns) for test in tests])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                test = self._condition(operand)
                return lambda columns: ~test(columns)
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                pairs = [self._comparison(sides[i], op, sides[i + 1]) for i, op in enumerate(ops)]
                return lambda columns: np.logical_and.reduce([pair(columns) for pair in pairs])
            case _:
                raise self._error(node, "a comparison was expected")

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> _Value:
        if isinstance(op, ast.In | ast.NotIn):
            return self._membership(left, right, negated=isinstance(op, ast.NotIn))
        (one, one_is_text), (other, other_is_text) = self._value(left), self._value(right)
        if one_is_text != other_is_text:
            raise self._error(right, "text cannot be compared with a number")
        if isinstance(op, ast.Eq):
            return lambda columns: one(columns) == other(columns)
        if isinstance(op, ast.NotEq):
            return lambda columns: one(columns) != other(columns)
        compare = _ORDER.get(type(op))
        if compare is None:
            raise self._error(right, "only == != < <= > >= in and not in are comparisons")
        if one_is_text:
            raise self._error(right, "text has no order: use ==, != or in")
        return lambda columns: compare(one(columns), other(columns))

    def _membership(self, left: ast.expr, right: ast.expr, *, negated: bool) -> _Value:
        value, is_text = self._value(left)
        if not isinstance(right, ast.Tuple | ast.List | ast.Set):
            raise self._error(right, "a list was expected after in: ('Ana', 'Ben')")
        members: list[str | float] = []
        for item in right.elts:
            constant = _constant(item)
            if constant is None or isinstance(constant, str) != is_text:
                raise self._error(item, "text was expected" if is_text else "a number was expected")
            members.append(constant)
        return lambda columns: np.isin(value(columns), members) != negated

    def _value(self, node: ast.expr) -> tuple[_Value, bool]:
        """The values of a column, or a constant; and whether they are text."""
        if isinstance(node, ast.Name):
            name = node.id
            if name not in TEXTS and name not in NUMBERS and not name.startswith(PROBABILITIES):
                raise self._error(node, f"there is no column {name}")
            self.names.add(name)
            return (lambda columns: columns[name]), name in TEXTS
        constant = _constant(node)
        if constant is None:
            raise self._error(node, "a column, a number or a text in quotes was expected")
        return (lambda _: np.array(constant)), isinstance(constant, str)

    def _error(self, node: ast.expr, why: str) -> UsageError:
        before = self._text.encode()[: node.col_offset].decode()  # it counts bytes
        shown = ast.get_source_segment(self._text, node) or ""
        return UsageError(
            f"--where, character {self._leading + len(before) + 1}, at {shown[:40]!r}: {why}",
            hint=_HINT,
        )


def _constant(node: ast.expr) -> str | float | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int(number) | float(number)):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number) | float(number))):
            return -float(number)
        case _:
            return None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


_HINT = f"for example {_EXAMPLE}; columns: {_listed([*TEXTS, *NUMBERS])}, p_ and raw_p_ of a label"
