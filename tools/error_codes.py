"""Collects the stable error codes from the source: code, status, place.

An error code is declared by a class of errors (``default_code``), by ``code=`` where such an error is made, beside an
HTTP status, or by a rule of a field. The source is read and not imported, so every service counts.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = re.compile(r"[A-Z][A-Z0-9_]{3,}")
BASE = "GatewayError"
FIELD_RULE_PREFIX = "gw_"
FIELD_RULE_STATUS = 422


@dataclass(frozen=True)
class ErrorClass:
    """A class of errors: the HTTP status and the code that it has unless another is given."""

    status: int
    default_code: str


@dataclass
class CollectedCode:
    """An error code with its statuses and the packages that declare it."""

    statuses: set[int] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)


Trees = dict[str, ast.Module]


def production_trees() -> Trees:
    """The parsed production code of services and libraries, by file name."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "svc-*/src/*.py", "libs/*/src/*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return {name: ast.parse((ROOT / name).read_text()) for name in sorted(listed) if (ROOT / name).exists()}


def _bare_name(node: ast.AST | None) -> str:
    """``Invalid`` of ``Invalid``, ``errors.Invalid`` and ``"Invalid"``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.id if isinstance(node, ast.Name) else ""


def _class_constant(node: ast.ClassDef, name: str) -> ast.expr | None:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and any(_bare_name(target) == name for target in statement.targets):
            return statement.value
        if isinstance(statement, ast.AnnAssign) and _bare_name(statement.target) == name:
            return statement.value
    return None


def _assigned_codes(function: ast.AST) -> list[ast.expr]:
    """Values of the variable ``code`` of a function: ``code = AMOUNT_NOT_EXACT`` before ``Invalid(…, code=code)``."""
    return [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and [_bare_name(target) for target in node.targets] == ["code"]
    ]


def _scoped(node: ast.AST, assigned: list[ast.expr]) -> Iterator[tuple[ast.AST, list[ast.expr]]]:
    """All nodes below one, with the values of the variable ``code`` of their function."""
    for child in ast.iter_child_nodes(node):
        scope = _assigned_codes(child) if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else assigned
        yield child, scope
        yield from _scoped(child, scope)


class Collector:
    """Reads the trees twice: classes and constants first, uses of codes after them."""

    def __init__(self, trees: Trees) -> None:
        self.trees = trees
        self.constants = dict(self._constants())
        self.classes: dict[str, ErrorClass] = {}
        self._read_classes()
        self.codes: dict[str, CollectedCode] = {}
        self._assigned: list[ast.expr] = []

    def collect(self) -> dict[str, CollectedCode]:
        """All codes, sorted."""
        for name, tree in self.trees.items():
            returned = self._error_functions(tree)
            for node, self._assigned in _scoped(tree, []):
                self._visit(name, node, returned)
        return dict(sorted(self.codes.items()))

    def _constants(self) -> Iterator[tuple[str, str]]:
        for tree in self.trees.values():
            for node in tree.body:
                target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
                value = getattr(node, "value", None)
                if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield target.id, value.value

    def _read_classes(self) -> None:
        """Statuses are inherited, so classes are read until no further one is found."""
        nodes = [node for tree in self.trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        before = -1
        while before != len(self.classes):
            before = len(self.classes)
            for node in nodes:
                parents = [self.classes[name] for base in node.bases if (name := _bare_name(base)) in self.classes]
                if node.name not in self.classes and (parents or node.name == BASE):
                    self.classes[node.name] = self._error_class(node, parents)

    def _error_class(self, node: ast.ClassDef, parents: list[ErrorClass]) -> ErrorClass:
        status = _class_constant(node, "status")
        code = self._code(_class_constant(node, "default_code"))
        inherited = parents[0] if parents else ErrorClass(500, "")
        number = status.value if isinstance(status, ast.Constant) and isinstance(status.value, int) else None
        return ErrorClass(number or inherited.status, code or inherited.default_code)

    def _error_functions(self, tree: ast.Module) -> dict[str, ErrorClass]:
        """Functions of a module that make an error, by the class that they say they return."""
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        found = {node.name: self.classes.get(_bare_name(node.returns)) for node in functions}
        return {name: kind for name, kind in found.items() if kind}

    def _code(self, node: ast.AST | None) -> str | None:
        text = node.value if isinstance(node, ast.Constant) else self.constants.get(_bare_name(node))
        return text if isinstance(text, str) and CODE.fullmatch(text) else None

    def _visit(self, name: str, node: ast.AST, returned: dict[str, ErrorClass]) -> None:
        if isinstance(node, ast.ClassDef) and node.name in self.classes:
            if self._code(_class_constant(node, "default_code")):
                kind = self.classes[node.name]
                self._add(name, kind.default_code, kind.status)
        elif isinstance(node, ast.Call):
            self._visit_call(name, node, returned)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                self._add_pair(name, key, value)

    def _visit_call(self, name: str, node: ast.Call, returned: dict[str, ErrorClass]) -> None:
        if len(node.args) >= 2:
            self._add_pair(name, node.args[0], node.args[1])
            self._add_rule(name, _bare_name(node.func), node.args[0])
        values = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        for value in values:
            for code in filter(None, map(self._code, self._choices(value))):
                if kind := self._error_of(node.func, returned):
                    self._add(name, code, kind.status)

    def _choices(self, node: ast.expr) -> list[ast.expr]:
        """The values that an expression can have: both of a condition, all of the variable ``code``."""
        values = self._assigned if isinstance(node, ast.Name) and node.id == "code" else [node]
        branches = [(value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,) for value in values]
        return [value for branch in branches for value in branch]

    def _error_of(self, func: ast.expr, returned: dict[str, ErrorClass]) -> ErrorClass | None:
        """``Invalid(…)``, ``Invalid.field(…)`` and functions of the module that return an error."""
        owner = _bare_name(func.value) if isinstance(func, ast.Attribute) else ""
        return self.classes.get(owner) or self.classes.get(_bare_name(func)) or returned.get(_bare_name(func))

    def _add_pair(self, name: str, status: ast.AST | None, code: ast.AST) -> None:
        text = self._code(code)
        if text and isinstance(status, ast.Constant) and isinstance(status.value, int) and 400 <= status.value < 600:
            self._add(name, text, status.value)

    def _add_rule(self, name: str, function: str, first: ast.expr) -> None:
        """Rules: ``broken("currency_unknown", …)``, ``positive_decimal("quantity_invalid", …)``,
        ``PydanticCustomError("gw_currency_unknown", …)`` and ``CrossFieldRule(ITEMS_SUM_MISMATCH, …)``."""
        text = _bare_name(first)
        if function in ("broken", "positive_decimal") and isinstance(first, ast.Constant):
            self._add(name, text.upper(), FIELD_RULE_STATUS)
        elif function == "CrossFieldRule":
            self._add(name, text, FIELD_RULE_STATUS)
        elif function == "PydanticCustomError" and text.startswith(FIELD_RULE_PREFIX):
            self._add(name, text.removeprefix(FIELD_RULE_PREFIX).upper(), FIELD_RULE_STATUS)

    def _add(self, name: str, code: str, status: int) -> None:
        entry = self.codes.setdefault(code, CollectedCode())
        entry.statuses.add(status)
        entry.packages.add(name.partition("/src/")[0])


def check_codes(trees: Trees) -> set[str]:
    """Codes of the connection test of a provider: the literal ``CheckCode``."""
    literals = [
        node.value
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.Assign) and [_bare_name(target) for target in node.targets] == ["CheckCode"]
    ]
    return {text for value in literals for node in ast.walk(value) if CODE.fullmatch(text := _bare_name(node))}


def failure_codes(trees: Trees) -> set[str]:
    """Reasons of failed payments and refunds: ``(code, sentence)`` of the providers, and ``Failure(code=…)``."""
    found = set()
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Tuple) and len(node.elts) == 2 and name.startswith("libs/providers/"):
                code, sentence = map(_bare_name, node.elts)
                found |= {code} if sentence.endswith(".") else set()
            elif isinstance(node, ast.Call) and _bare_name(node.func) == "Failure":
                found |= {_bare_name(keyword.value) for keyword in node.keywords if keyword.arg == "code"}
    return {code for code in found if CODE.fullmatch(code)}


_DRAFT_REASONS = ("TotalsRefused", "Lacking")


def draft_codes(trees: Trees) -> set[str]:
    """Reasons for a document to stay a draft: the first argument of ``TotalsRefused`` and ``Lacking``.

    Those of ``PricingRefused`` are errors as well, and are listed among them.
    """
    calls = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    found = {_bare_name(call.args[0]) for call in calls if _bare_name(call.func) in _DRAFT_REASONS}
    return {code for code in found if CODE.fullmatch(code)}
