"""Repeated operations, configuration records and events of tenancy each have one place that writes them."""

import ast
from pathlib import Path

import pytest

import admin_api

SOURCES = Path(admin_api.__file__).parent
USE_CASES = "tenancy/use_cases"


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("OperationReplayed", {"shared/use_cases/run_once.py"}),
        ("TenancyChange", {f"{USE_CASES}/versioned_records.py"}),
        ("record_differences", {"shared/domain/audit.py", f"{USE_CASES}/versioned_records.py"}),
        (
            "ApiKeyRevokedV1",
            {f"{USE_CASES}/change_api_key.py", f"{USE_CASES}/delete_api_key.py"},
        ),
    ],
)
def test_is_written_in_one_place(name: str, places: set[str]) -> None:
    assert {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py") if _names(path, name)} == places


def test_only_the_mechanism_replaces_records() -> None:
    stores = {"organizations", "sites", "providers"}
    users = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"insert", "replace"}
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in stores
    }
    assert users == set()


def _names(path: Path, name: str) -> bool:
    tree = ast.parse(path.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return name in imported | defined
