"""Services on the persistence kernel reach their database through its stores alone (ADR 0048).

In such a service: no driver, no session, no query on a document class. The store's own signatures do the rest: a read
without tenant or transaction does not pass the type check. Run as ``python tools/lint/persistence.py``; prints every
violation and exits with 1 when there is one.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

ON_THE_KERNEL: Final = (
    "svc-admin-api",
    "svc-domains",
    "svc-invoice",
    "svc-ipn",
    "svc-notify",
    "svc-reporting",
    "svc-transaction",
)
"""A service joins the list when its last collection has moved."""

_DRIVERS: Final = {"beanie", "bson", "gridfs", "motor", "pymongo"}
# How the older stores reach the driver.
_DRIVER_ATTRIBUTES: Final = {"get_pymongo_collection", "get_motor_collection"}
_TRANSACTION: Final = "tx"
_DOCUMENT: Final = "Document"
# Declares documents; the composition root binds them to the database.
_MAY_NAME_THE_DATABASE: Final = "app.py"


def violations(name: str, source: str) -> Iterator[str]:
    """Violations in one file of a service on the kernel."""
    for node in ast.walk(ast.parse(source)):
        for problem in _problems(name, node):
            yield f"{name}:{getattr(node, 'lineno', 0)} {problem}"


def _problems(name: str, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
        if {module.partition(".")[0] for module in modules} & _DRIVERS:
            yield "the driver belongs to the kernel: use gateway_kit.mongo.store"
    if isinstance(node, ast.keyword) and node.arg == "session":
        yield "the kernel attaches the session"
    if isinstance(node, ast.Attribute):
        yield from _attribute(name, node)


def _attribute(name: str, node: ast.Attribute) -> Iterator[str]:
    if node.attr in _DRIVER_ATTRIBUTES:
        yield f"{node.attr} belongs to the kernel"
    if node.attr == "session" and isinstance(node.value, ast.Name) and node.value.id == _TRANSACTION:
        yield "the session belongs to the kernel"
    if node.attr == "db" and Path(name).name != _MAY_NAME_THE_DATABASE:
        yield "only the composition root names the database"
    if isinstance(node.value, ast.Name) and node.value.id.endswith(_DOCUMENT):
        yield f"{node.value.id}.{node.attr}: a document has no queries; use its store"


def main() -> int:
    """Returns the exit code."""
    files = [path for service in ON_THE_KERNEL for path in sorted((ROOT / service / "src").rglob("*.py"))]
    found = [problem for path in files for problem in violations(str(path.relative_to(ROOT)), path.read_text())]
    print("\n".join(found) or "persistence goes through the kernel")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
