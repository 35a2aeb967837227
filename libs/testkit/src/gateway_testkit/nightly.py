"""The long run of the tests: `make test-nightly`."""

import os
from typing import Final

IS_NIGHTLY: Final = os.environ.get("NIGHTLY") == "1"
"""Whether tests marked ``nightly`` run, and others take their larger numbers."""
