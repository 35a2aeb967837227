"""Size limits of the house: files, functions, positional parameters; and words that do not belong in code.

Run as ``python tools/lint/sizes.py``; prints every violation and exits with 1 when there is one.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES_MAX = 400
TEST_FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
POSITIONAL_MAX = 8
# A name says what a module is about; these say nothing.
EMPTY_NAMES = {"utils.py", "common.py", "helpers.py", "constants.py", "misc.py", "manager.py"}
# Business time comes from Clock alone; the two exceptions define it and number the ids.
CLOCK_EXCEPTIONS = {"libs/contracts/src/gateway_contracts/clock.py"}

ROOT = Path(__file__).resolve().parents[2]


def python_files() -> list[Path]:
    """Everything that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).exists()]


def _is_test(path: Path) -> bool:
    return "tests" in path.parts


def violations(path: Path) -> Iterator[str]:
    """Violations in one file."""
    name = path.relative_to(ROOT)
    text = path.read_text()
    lines = text.count("\n")
    limit = TEST_FILE_LINES_MAX if _is_test(path) else FILE_LINES_MAX
    if lines > limit:
        yield f"{name}: {lines} lines, at most {limit}"
    if path.name in EMPTY_NAMES:
        yield f"{name}: a module is named after what it is about"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _function(str(name), node)
        if str(name) not in CLOCK_EXCEPTIONS and not _is_test(path) and "testkit" not in path.parts:
            yield from _time(str(name), node)


def _function(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > FUNCTION_LINES_MAX:
        yield f"{name}:{node.lineno} {node.name}: {length} lines, at most {FUNCTION_LINES_MAX}"
    positional = len(node.args.args) + len(node.args.posonlyargs)
    if positional > POSITIONAL_MAX:
        yield f"{name}:{node.lineno} {node.name}: {positional} positional parameters, at most {POSITIONAL_MAX}"


def _time(name: str, node: ast.AST) -> Iterator[str]:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date"}
        and name.startswith(("svc-", "libs/"))
    ):
        yield f"{name}:{node.lineno} business time comes from Clock"


def main() -> int:
    """Returns the exit code."""
    found = [problem for path in python_files() for problem in violations(path)]
    print("\n".join(found) or "sizes are within limits")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
