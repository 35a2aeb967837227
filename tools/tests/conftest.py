"""The tools are scripts, not a package: their folders are put on the path as Python does for a script."""

import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOOLS), str(TOOLS / "lint")]
