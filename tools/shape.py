"""Measure the shape of the source: sizes, complexity, docstrings, annotations, import cycles.

    python -m tools.shape            prints the figures
    python -m tools.shape --check    and exits with 1 when one is over its budget
    python -m tools.shape --json     prints them for a machine

Nothing that is measured is imported. What the figures mean:

    file lines    lines of a file that holds at least one statement
    code          lines without blanks, comments and docstrings
    complexity    one plus the branches of a function, without the functions inside it
    public        no name around it begins with an underscore
    typed         parameters (but self and cls) and returns that have an annotation
    cycles        modules that import one another; "deferred" also counts imports inside functions
    thin          heavy libraries that a DAG file loads when Airflow parses it
"""

import argparse
import ast
import io
import json
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import median

Figures = dict[str, float]
Imports = dict[str, set[str]]
Def = ast.FunctionDef | ast.AsyncFunctionDef

MOST = {
    "file_lines_p90": 300,
    "file_lines_max": 500,
    "function_code_p90": 20,
    "function_code_max": 45,
    "complexity_p90": 5,
    "cycles": 0,
    "modules_in_deferred_cycles": 0,
    "packages_in_cycles": 0,
}
LEAST = {"docstring_share": 0.95, "typed_share": 0.99}
HEAVY = frozenset(
    (
        *("boto3", "catboost", "duckdb", "evidently", "fairlearn", "great_expectations", "joblib", "lightgbm"),
        *("matplotlib", "mlflow", "numpy", "optuna", "pandas", "plotly", "polars", "pyarrow", "pyspark", "requests"),
        *("scipy", "skops", "sklearn", "sqlalchemy", "torch", "xgboost"),
    )
)
SMALL = 65  # lines; a file below it that only one other imports may belong into that one
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension, ast.match_case)
BLANK = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
PRAGMA = re.compile(r"#\s*(!|-\*-|(type|noqa|pragma|fmt|mypy|ruff)\b)")


@dataclass(frozen=True, kw_only=True)
class Function:
    """One function or method."""

    name: str
    lines: int
    code: int
    complexity: int
    slots: int
    annotated: int


@dataclass(kw_only=True)
class Module:
    """One file, and what a walk through its syntax tree has found so far."""

    path: Path
    name: str
    lines: int
    code: set[int]
    comments: list[str]
    documented: bool
    functions: list[Function] = field(default_factory=list)
    public: dict[str, bool] = field(default_factory=dict)
    definitions: int = 0
    constants: int = 0
    imports: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)


class _Walk(ast.NodeVisitor):
    """Fills a module with its functions, public names and imports."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.around: list[ast.ClassDef | Def] = []
        self.typing_only = False

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._enter(node)

    def visit_FunctionDef(self, node: Def) -> None:
        if "overload" not in _decorators(node):
            self.module.functions.append(self._measure(node))
        self._enter(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name is ast's

    def visit_If(self, node: ast.If) -> None:
        before, self.typing_only = self.typing_only, "TYPE_CHECKING" in ast.unparse(node.test) or self.typing_only
        self.generic_visit(node)
        self.typing_only = before

    def visit_Import(self, node: ast.Import) -> None:
        self._found({alias.name for alias in node.names})

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._found({f"{node.module}.{alias.name}" for alias in node.names})  # relative imports are banned

    def visit_Assign(self, node: ast.Assign) -> None:
        self._count_constants(node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._count_constants([node.target])

    @property
    def _in_function(self) -> bool:
        return any(isinstance(node, Def) for node in self.around)

    def _enter(self, node: ast.ClassDef | Def) -> None:
        self.module.definitions += 1
        name = ".".join(each.name for each in (*self.around, node))
        hidden = any(part.startswith("_") for part in f"{self.module.name}.{name}".split("."))
        if not (hidden or self._in_function or {"overload", "setter", "deleter"} & _decorators(node)):
            self.module.public[name] = _has_docstring(node)
        self.around.append(node)
        self.generic_visit(node)
        self.around.pop()

    def _measure(self, node: Def) -> Function:
        given = node.args
        named = given.posonlyargs + given.args
        in_class = self.around and isinstance(self.around[-1], ast.ClassDef)
        if in_class and "staticmethod" not in _decorators(node):
            named = named[1:]
        named = [*named, *given.kwonlyargs, *(each for each in (given.vararg, given.kwarg) if each)]
        hints = [each.annotation for each in named] + ([] if node.name == "__init__" else [node.returns])
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        return Function(
            name=f"{self.module.path}:{node.lineno} {node.name}",
            lines=len(lines),
            code=len(self.module.code.intersection(lines)),
            complexity=1 + sum(_branches(node)),
            slots=len(hints),
            annotated=sum(hint is not None for hint in hints),
        )

    def _found(self, names: set[str]) -> None:
        later = self.typing_only or self._in_function
        (self.module.deferred if later else self.module.imports).update(names)

    def _count_constants(self, targets: list[ast.expr]) -> None:
        if not self.around:
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            self.module.constants += sum(name.isupper() for name in names)


def _decorators(node: ast.ClassDef | Def) -> set[str]:
    return {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}


def _has_docstring(node: ast.Module | ast.ClassDef | Def) -> bool:
    return ast.get_docstring(node, clean=False) is not None


def _branches(node: ast.AST) -> Iterator[int]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ClassDef | Def):
            yield isinstance(child, BRANCHES) + (len(child.values) - 1 if isinstance(child, ast.BoolOp) else 0)
            yield from _branches(child)


def read_modules(folder: Path) -> list[Module]:
    """Read every file below a folder that holds a statement."""
    return [found for path in sorted(folder.rglob("*.py")) if (found := _read_module(path, folder))]


def _read_module(path: Path, folder: Path) -> Module | None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, str(path))
    if not tree.body:
        return None
    code, comments = _lines_of_code(text, tree)
    parts = [part for part in path.relative_to(folder).with_suffix("").parts if part != "__init__"]
    module = Module(
        path=path,
        name=".".join(parts) or folder.name,
        lines=len(text.splitlines()),
        code=code,
        comments=comments,
        documented=_has_docstring(tree),
    )
    _Walk(module).visit(tree)
    return module


def _lines_of_code(text: str, tree: ast.Module) -> tuple[set[int], list[str]]:
    code, comments = set[int](), list[str]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments.append(token.string)
        elif token.type not in BLANK:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Def) and _has_docstring(node):
            docstring = node.body[0]
            code.difference_update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return code, comments


def find_imports(modules: Iterable[Module], *, deferred: bool = False) -> Imports:
    """Say which of the modules each of them imports."""
    by_name = {module.name: module for module in modules}
    found: Imports = {}
    for name, module in by_name.items():
        targets = module.imports | module.deferred if deferred else module.imports
        found[name] = {owner for target in targets if (owner := _owner(target, by_name)) and owner != name}
    return found


def _owner(target: str, names: Iterable[str]) -> str:
    while target and target not in names:
        target = target.rpartition(".")[0]
    return target


def find_cycles(imports: Imports) -> list[list[str]]:
    """Find the groups of modules that reach one another, the largest first."""
    reached = {name: _reach(name, imports) for name in imports}
    groups = {frozenset(each for each in reached[name] if name in reached[each]) for name in imports}
    return sorted((sorted(group) for group in groups if group), key=lambda group: (-len(group), group))


def _reach(start: str, imports: Imports) -> set[str]:
    seen, waiting = set[str](), [start]
    while waiting:
        new = imports[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def between_packages(imports: Imports) -> Imports:
    """The same imports between what lies directly below the root package."""
    inside = sorted([*name.split(".")[:2], name] for name in imports if "." in name)
    return {
        f"{root}.{package}": {
            ".".join(target.split(".")[:2])
            for *_, name in members
            for target in imports[name]
            if "." in target and target.split(".")[1] != package
        }
        for (root, package), members in groupby(inside, key=lambda each: each[:2])
    }


def find_heavy(entry: Module, modules: Iterable[Module]) -> list[str]:
    """Name the heavy libraries that are loaded by importing a file, through our own modules as well."""
    by_name = {module.name: module for module in modules}
    loaded, seen, waiting = set[str](), set[str](), list(entry.imports)
    while waiting:
        parts = waiting.pop().split(".")
        loaded.add(parts[0])
        around = {".".join(parts[: end + 1]) for end in range(len(parts))}
        for name in (around & by_name.keys()) - seen:
            seen.add(name)
            waiting += by_name[name].imports
    return sorted(loaded & HEAVY)


def measure(modules: list[Module]) -> Figures:
    """Measure the source."""
    functions = [function for module in modules for function in module.functions]
    code = sum(len(module.code) for module in modules)
    public = [documented for module in modules for documented in module.public.values()]
    remarks = [text for module in modules for text in module.comments]
    return {
        "files": len(modules),
        "code_lines": code,
        **_spread("file_lines", [module.lines for module in modules]),
        f"files_under_{SMALL}": sum(module.lines < SMALL for module in modules),
        "stems_more_than_twice": _repeated_stems(modules),
        "definitions": sum(module.definitions for module in modules),
        "constants": sum(module.constants for module in modules),
        "functions": len(functions),
        **_spread("function_lines", [function.lines for function in functions]),
        **_spread("function_code", [function.code for function in functions]),
        **_spread("complexity", [function.complexity for function in functions]),
        "public_names": len(public),
        "docstring_share": _share(sum(public), len(public)),
        "module_docstring_share": _share(sum(module.documented for module in modules), len(modules)),
        "typed_share": _share(sum(each.annotated for each in functions), sum(each.slots for each in functions)),
        "comments_per_100": round(100 * sum(not PRAGMA.match(text) for text in remarks) / max(code, 1), 1),
        "type_ignores": sum("type: ignore" in text for text in remarks),
        **_measure_cycles(modules),
    }


def _measure_cycles(modules: list[Module]) -> Figures:
    imports = find_imports(modules)
    return {
        "cycles": len(find_cycles(imports)),
        "modules_in_deferred_cycles": sum(map(len, find_cycles(find_imports(modules, deferred=True)))),
        "packages_in_cycles": sum(map(len, find_cycles(between_packages(imports)))),
    }


def _repeated_stems(modules: list[Module]) -> int:
    stems = Counter(module.path.stem for module in modules if module.path.name != "__init__.py")
    return sum(count > 2 for count in stems.values())


def _spread(name: str, values: list[int]) -> Figures:
    ordered = sorted(values) or [0]
    nine_tenths = ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
    return {f"{name}_median": round(median(ordered)), f"{name}_p90": nine_tenths, f"{name}_max": ordered[-1]}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 1.0


def measure_tests(modules: list[Module], tests: list[Module]) -> Figures:
    """Measure how the tests follow the source."""
    names = {test.path.stem.removeprefix("test_") for test in tests} | {test.path.parent.name for test in tests}
    source = [
        module.path.stem.strip("_") for module in modules if module.functions and module.path.name != "__init__.py"
    ]
    return {
        "test_files": len(tests),
        "test_code_per_code": _share(sum(len(each.code) for each in tests), sum(len(each.code) for each in modules)),
        "modules_with_own_test": _share(sum(stem in names for stem in source), len(source)),
    }


def over_budget(figures: Figures) -> list[str]:
    """Say in a sentence each which figures are over their budget."""
    high = [f"{name} is {figures[name]}, at most {most}" for name, most in MOST.items() if figures[name] > most]
    low = [f"{name} is {figures[name]}, at least {least}" for name, least in LEAST.items() if figures[name] < least]
    return high + low


def _details(modules: list[Module]) -> Iterator[str]:
    longest = sorted((each for module in modules for each in module.functions), key=lambda each: -each.code)
    yield "longest functions:"
    yield from (f"  {each.code:3} {each.name}" for each in longest[:5])
    yield "longest files:"
    yield from (f"  {each.lines:3} {each.path}" for each in sorted(modules, key=lambda each: -each.lines)[:5])
    for group in find_cycles(find_imports(modules, deferred=True)):
        yield f"cycle: {', '.join(group)}"


def main() -> int:
    """Print the figures of src, tests and dags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a figure is over its budget")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()

    modules, dags = read_modules(Path("src")), read_modules(Path("dags"))
    figures = measure(modules) | measure_tests(modules, read_modules(Path("tests")))
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        print(*(f"{name:30} {value}" for name, value in figures.items()), *_details(modules), sep="\n")
    heavy = {dag.path: found for dag in dags if (found := find_heavy(dag, [*modules, *dags]))}
    problems = over_budget(figures) + [f"{path} loads {', '.join(found)}" for path, found in heavy.items()]
    print(*(f"over budget: {problem}" for problem in problems), sep="\n", file=sys.stderr, end="\n" if problems else "")
    return 1 if options.check and problems else 0


if __name__ == "__main__":
    sys.exit(main())
