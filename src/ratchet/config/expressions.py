"""The small language of `where:` in the YAML: comparisons, and, or, not, in, is missing. Parsed, never executed.

Such as `age < 30 and plan == 'basic'`, `18 <= age < 30 or city in ('Oslo', 'Bern')`, `not member and wage is not
missing`; a column whose name is no plain word is written `column('wage-type')`.
"""

import ast
from dataclasses import dataclass
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
    if isinstance(expression, Negated):
        return columns_of(expression.part)
    if isinstance(expression, Joined):
        return tuple(dict.fromkeys(name for part in expression.parts for name in columns_of(part)))
    other = expression.other if isinstance(expression, Compared) else None
    return (expression.column,) if other is None else (expression.column, other)


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
    if isinstance(operator, ast.Is | ast.IsNot):
        if not (isinstance(right, ast.Name) and right.id == "missing"):
            raise _refuse(right, "after 'is' stands 'missing' or 'not missing'")
        missing = Missing(column=_read_column(left))
        return missing if isinstance(operator, ast.Is) else Negated(part=missing)
    if isinstance(operator, ast.In | ast.NotIn):
        listed = Listed(column=_read_column(left), values=_read_values(right))
        return listed if isinstance(operator, ast.In) else Negated(part=listed)
    return _compare(left, OPERATORS[type(operator)], right)


def _compare(left: ast.expr, operator: Operator, right: ast.expr) -> Expression:
    value, other = _find_value(left), _find_value(right)
    if value is not None and other is not None:
        raise _refuse(left, "a comparison needs a column")
    if value is not None:
        left, right, operator, other = right, left, MIRRORED[operator], value
    if isinstance(other, str | bool) and operator not in {"==", "!="}:
        raise _refuse(right, f"{operator} needs a number")
    if other is None:
        return Compared(column=_read_column(left), operator=operator, other=_read_column(right))
    return Compared(column=_read_column(left), operator=operator, value=other)


def _read_values(node: ast.expr) -> tuple[Value, ...]:
    if not isinstance(node, ast.Tuple | ast.List | ast.Set) or not node.elts:
        raise _refuse(node, "after 'in' stands a list of values such as ('a', 'b')")
    values = [_find_value(each) for each in node.elts]
    if None in values:
        raise _refuse(node, "a list holds texts, numbers, true and false only")
    return tuple(value for value in values if value is not None)


def _find_value(node: ast.expr) -> Value | None:
    """Return a constant's value, None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _find_value(node.operand)
        return -value if isinstance(value, float) else None
    if isinstance(node, ast.Name):
        return WORDS.get(node.id)
    if not isinstance(node, ast.Constant):
        return None
    if isinstance(node.value, str | bool):
        return node.value
    return _as_number(node) if isinstance(node.value, int | float) else None


def _as_number(node: ast.Constant) -> float:
    try:
        number = float(str(node.value))
    except ValueError as error:  # Python refuses to write whole numbers of thousands of digits
        raise _refuse(node, "a number is too large") from error
    if number in {float("inf"), float("-inf")}:
        raise _refuse(node, "a number is too large")
    return number


def _read_column(node: ast.expr) -> str:
    if isinstance(node, ast.Name) and node.id not in WORDS and node.id != "missing":
        return node.id
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "column"
    if isinstance(node, ast.Call) and is_call and len(node.args) == 1 and not node.keywords:
        name = _find_value(node.args[0])
        if isinstance(name, str):
            return name
    raise _refuse(node, f"a column's name is expected here; allowed: {ALLOWED}")


def _refuse(node: ast.expr, why: str) -> ValueError:
    try:
        found = ast.unparse(node)
    except ValueError:
        found = "this"
    return ValueError(f"'{found}': {why}")
