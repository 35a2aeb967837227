"""Check the types of everything, tests included, in one run of mypy.

mypy names a module after its path, and the members have test files of the same names (``tests/integration/
test_service.py``): given to mypy together they would be one module that is found twice. Here each file of tests gets a
name of its own, and mypy does not have to be started once for each member.
"""

import sys
from collections import Counter
from pathlib import Path

from mypy.build import build
from mypy.errors import CompileError
from mypy.fscache import FileSystemCache
from mypy.main import process_options
from mypy.modulefinder import BuildSource

ROOT = Path(__file__).parent.parent
# An unexpected None ends a test as an assertion would; what tests read from a database or from JSON is Any.
RELAXED: dict[str, object] = {"strict_optional": False, "warn_return_any": False}
FOLDERS = ("[!.]*/tests", "[!.]*/*/tests", "tests", "tools")


def sources() -> list[BuildSource]:
    """Tests and tools, and the root conftest."""
    files = [file for pattern in FOLDERS for folder in ROOT.glob(pattern) for file in folder.rglob("*.py")]
    relative = sorted(file.relative_to(ROOT) for file in {*files, ROOT / "conftest.py"})
    return [BuildSource(str(file), module_of(file)) for file in relative]


# Folders from which tests and tools import by plain names.
IMPORT_ROOTS = (Path("tests/toy_provider"), Path("tools/lint"), Path("tools"))


def module_of(file: Path) -> str:
    """The name of a file: unique, and for one beside the folders of tests the name under which tests import it."""
    for root in IMPORT_ROOTS:
        if file.is_relative_to(root) and "tests" not in file.relative_to(root).parts:
            parts = file.relative_to(root).with_suffix("").parts
            return ".".join(part for part in parts if part != "__init__")
    if file.parent.name == "tests" and len(file.parts) > 2 and file.stem != "conftest":
        return file.stem
    return "__".join((*file.parts[:-1], file.stem)).replace("-", "_")


def check() -> int:
    """The number of lines that mypy wrote; 0 is right."""
    found, lines = sources(), list[str]()
    ambiguous = [name for name, count in Counter(source.module for source in found).items() if count > 1]
    assert not ambiguous, f"two files of this name: {ambiguous}"
    cache = FileSystemCache()
    configured, options = process_options([], fscache=cache)
    for source in found:
        options.per_module_options[source.module] = RELAXED
    options.build_per_module_cache()

    def show(_file: str | None, messages: list[str], _is_serious: bool) -> None:
        lines.extend(messages)
        print(*messages, sep="\n", flush=True)

    try:
        build([*configured, *found], options, None, show, cache)
    except CompileError as failure:
        lines.extend(failure.messages)
    print(f"{len(lines)} lines of errors and notes")
    return len(lines)


if __name__ == "__main__":
    sys.exit(1 if check() else 0)
