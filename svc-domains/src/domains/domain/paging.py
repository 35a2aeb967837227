"""Pages of a list: which rows, and the way on from the last of them."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.ids import is_object_id

TOTAL_MAX: Final = 10_000
"""Counting further costs more than anybody gains."""


@dataclass(frozen=True)
class Window:
    """Rows to read, newest first; ``after`` is the id of the last row of the page before."""

    limit: int
    skip: int = 0
    after: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


def write_cursor(identifier: str) -> str:
    """The opaque form of a place in the list."""
    return base64.urlsafe_b64encode(f"d1:{identifier}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """
    Raises:
        Unreadable: not a cursor of this list.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    version, _, identifier = text.partition(":")
    if version != "d1" or not is_object_id(identifier):
        raise Unreadable("the cursor is not one that this list returned", code="CURSOR_INVALID")
    return identifier
