"""Makes the conformance suite importable: it is inherited by the tests of each provider."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
