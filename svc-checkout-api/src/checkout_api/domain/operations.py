"""Operation ids: the same customer with the same key means the same operation."""

import hashlib
import re

_PRINTABLE = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(header: str | None) -> str | None:
    """The key, bare or as a quoted structured-header string; None if there is none.

    Raises:
        ValueError: not 1 to 255 printable characters.
    """
    if header is None:
        return None
    key = header.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not _PRINTABLE.fullmatch(key):
        raise ValueError("not an idempotency key")
    return key


def operation_id(session_public_id: str, operation: str, key: str) -> str:
    """Hash of session, operation and key; the session belongs to one organization and mode."""
    digest = hashlib.sha256()
    for part in (session_public_id, operation, key):
        digest.update(f"{len(part)}:{part}".encode())
    return "op_" + digest.hexdigest()
