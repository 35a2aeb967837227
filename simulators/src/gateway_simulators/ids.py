"""Identifiers; everything that a stranger may hold is random."""

import secrets
import string

_BASE62 = string.digits + string.ascii_letters


def random_text(length: int) -> str:
    """Base-62 characters."""
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def new_id(prefix: str, length: int = 24) -> str:
    """Such as ``pi_…`` or ``evt_…``."""
    return f"{prefix}_{random_text(length)}"
