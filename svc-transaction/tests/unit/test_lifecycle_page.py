"""The page about the lifecycle says what the service does."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_made_from_the_table() -> None:
    done = subprocess.run([sys.executable, "tools/gen_lifecycle.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run `make lifecycle`"
