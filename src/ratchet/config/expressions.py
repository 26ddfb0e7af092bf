"""The small language of `where:` in the YAML: comparisons, and, or, not, in, is missing. Parsed, never executed.

Such as `age < 30 and plan == 'basic'`, `18 <= age < 30 or city in ('Oslo', 'Bern')`, `not member and wage is not
missing`; a column whose name is no plain word is written `column('wage-type')`.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

LONGEST = 500  # characters: what a person can still read; it bounds the depth of the tree as well
Value = str | float | bool
Operator = Literal["<", "<=", ">", ">=", "==", "!="]
OPERATORS: dict[type[ast.cmpop], Operator] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
MIRRORED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
WORDS: dict[str, bool] = {"true": True, "True": True, "false": False, "False": False}
RESERVED = {*WORDS, "missing"}  # never a column's name
ALLOWED = "comparisons (<, <=, >, >=, ==, !=), in, and, or, not, 'is missing' and column('name')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A column beside a value or another column."""

    column: str
    operator: Operator
    value: Value | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A column that has one of some values."""

    column: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A column without a value."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Negated:
    """The opposite of an expression."""

    part: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Several expressions, all of which must hold, or any."""

    parts: "tuple[Expression, ...]"
    needs_all: bool


Expression = Compared | Listed | Missing | Negated | Joined


def parse_expression(text: str) -> Expression:
    """Parse an expression.

    Raises:
        ValueError: it is none of this language; the message says which piece, and what is allowed.
    """
    if len(text) > LONGEST:
        raise ValueError(f"an expression has at most {LONGEST} characters, this one has {len(text)}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"'{text}' is no expression; allowed: {ALLOWED}") from error
    return _read(tree.body)


def columns_of(expression: Expression) -> tuple[str, ...]:
    """Return the columns that an expression looks at, each once, in its order."""
    return tuple(dict.fromkeys(_walk_columns(expression)))


def _walk_columns(expression: Expression) -> Iterator[str]:
    match expression:
        case Joined(parts=parts):
            yield from chain.from_iterable(map(_walk_columns, parts))
        case Negated(part=part):
            yield from _walk_columns(part)
        case Compared(column=column, other=str(other)):
            yield from (column, other)
        case Compared(column=column) | Listed(column=column) | Missing(column=column):
            yield column


def _read(node: ast.expr) -> Expression:
    if isinstance(node, ast.BoolOp):
        return Joined(parts=tuple(map(_read, node.values)), needs_all=isinstance(node.op, ast.And))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Negated(part=_read(node.operand))
    if isinstance(node, ast.Compare):
        return _read_comparison(node)
    return Compared(column=_read_column(node), operator="==", value=True)


def _read_comparison(node: ast.Compare) -> Expression:
    sides = [node.left, *node.comparators]
    parts = tuple(_read_pair(*each) for each in zip(sides, node.ops, sides[1:], strict=False))
    return parts[0] if len(parts) == 1 else Joined(parts=parts, needs_all=True)


def _read_pair(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Expression:
    kind = type(operator)
    if kind in _OPPOSITES:
        return Negated(part=_READERS[_OPPOSITES[kind]](left, right))
    if kind in _READERS:
        return _READERS[kind](left, right)
    return _compare(left, OPERATORS[kind], right)


def _read_missing(left: ast.expr, right: ast.expr) -> Missing:
    match right:
        case ast.Name(id="missing"):
            return Missing(column=_read_column(left))
    raise _refuse(right, "after 'is' stands 'missing' or 'not missing'")


def _read_listed(left: ast.expr, right: ast.expr) -> Listed:
    return Listed(column=_read_column(left), values=_read_values(right))


def _compare(left: ast.expr, operator: Operator, right: ast.expr) -> Expression:
    first = _find_value(left)
    if first is None:
        return _compare_column(left, operator, right)
    if _find_value(right) is not None:
        raise _refuse(left, "a comparison needs a column")
    return _compare_column(right, MIRRORED[operator], left)


def _compare_column(left: ast.expr, operator: Operator, right: ast.expr) -> Compared:
    value = _find_value(right)
    if value is None:
        return Compared(column=_read_column(left), operator=operator, other=_read_column(right))
    if isinstance(value, str | bool) and operator not in {"==", "!="}:
        raise _refuse(right, f"{operator} needs a number")
    return Compared(column=_read_column(left), operator=operator, value=value)


def _read_values(node: ast.expr) -> tuple[Value, ...]:
    if not isinstance(node, ast.Tuple | ast.List | ast.Set) or not node.elts:
        raise _refuse(node, "after 'in' stands a list of values such as ('a', 'b')")
    found = map(_find_value, node.elts)
    values = tuple(value for value in found if value is not None)
    if len(values) < len(node.elts):
        raise _refuse(node, "a list holds texts, numbers, true and false only")
    return values


def _find_value(node: ast.expr) -> Value | None:
    """Return a constant's value, None for anything else."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _find_value(operand)
            return -value if isinstance(value, float) else None
        case ast.Name(id=name):
            return WORDS.get(name)
        case ast.Constant(value=value):
            return _read_constant(node, value)
    return None


def _read_constant(node: ast.Constant, value: object) -> Value | None:
    if isinstance(value, str | bool):
        return value
    return _as_number(node) if isinstance(value, int | float) else None


def _as_number(node: ast.Constant) -> float:
    try:
        number = float(str(node.value))
    except ValueError as error:  # Python refuses to write whole numbers of thousands of digits
        raise _refuse(node, "a number is too large") from error
    if number in {float("inf"), float("-inf")}:
        raise _refuse(node, "a number is too large")
    return number


def _read_column(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) if name not in RESERVED:
            return name
        case ast.Call(func=ast.Name(id="column"), args=[ast.Constant(value=str(name))], keywords=[]):
            return name
    raise _refuse(node, f"a column's name is expected here; allowed: {ALLOWED}")


def _refuse(node: ast.expr, why: str) -> ValueError:
    try:
        found = ast.unparse(node)
    except ValueError:
        found = "this"
    return ValueError(f"'{found}': {why}")


_READERS: dict[type[ast.cmpop], Callable[[ast.expr, ast.expr], Expression]] = {
    ast.Is: _read_missing,
    ast.In: _read_listed,
}
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.IsNot: ast.Is, ast.NotIn: ast.In}
