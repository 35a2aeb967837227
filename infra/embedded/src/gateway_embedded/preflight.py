"""Names what a machine lacks, and the command that helps."""

import ctypes.util
import shutil
import sys

PANGO_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
_PANGO_LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
# A program that only some tests or targets need, and the Debian package that brings it.
TOOLS = {"chromium": "chromium", "pdftotext": "poppler-utils", "wrk": "wrk"}


def missing_libraries() -> list[str]:
    """Debian packages without which invoices cannot be rendered."""
    pairs = zip(_PANGO_LIBRARIES, PANGO_PACKAGES, strict=True)
    return [package for library, package in pairs if ctypes.util.find_library(library) is None]


def missing_tools() -> list[str]:
    """Debian packages that browser tests, PDF checks and the benchmark need."""
    return [package for program, package in TOOLS.items() if shutil.which(program) is None]


def missing_for_running() -> list[str]:
    """Reasons why the stack cannot start, one sentence each."""
    problems = []
    if packages := missing_libraries():
        problems.append(f"PDF rendering needs system libraries: run `sudo apt-get install {' '.join(packages)}`")
    if sys.platform != "linux":
        problems.append("the embedded stack runs on Linux; use infra/compose.yaml elsewhere")
    return problems


def main() -> int:
    """``python -m gateway_embedded.preflight``: the missing Debian packages, one a line, for the set-up script."""
    for package in (*missing_libraries(), *missing_tools()):
        print(package)
    return 0


if __name__ == "__main__":
    sys.exit(main())
