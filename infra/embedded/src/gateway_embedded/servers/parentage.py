"""Names of processes, their parents, and their end with their parents (Linux)."""

import ctypes
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
_PR_SET_CHILD_SUBREAPER: Final = 36
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Make this process end with its parent: one that is killed leaves no servers behind."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parents end, instead of init."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def name_process(name: str) -> None:
    """Set the name that ``top`` and ``ps -o comm`` show, up to 15 characters of it."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15])
