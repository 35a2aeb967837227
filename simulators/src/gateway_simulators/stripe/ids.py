"""Identifiers with Stripe's prefixes; everything a stranger may hold is random."""

import secrets
import string

_BASE62 = string.digits + string.ascii_letters


def random_text(length: int) -> str:
    """Base-62 characters."""
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def new_id(prefix: str) -> str:
    """Such as ``pi_…``, ``ch_…``, ``evt_…``."""
    return f"{prefix}_{random_text(24)}"


def client_secret_of(intent_id: str) -> str:
    """A new secret for the browser that belongs to this intent."""
    return f"{intent_id}_secret_{random_text(25)}"
