"""Identifiers. Public object ids are 24 hex digits; everything a stranger may hold is random."""

import os
import re
import secrets
import string
import threading
import time
from typing import Final
from uuid import UUID

OBJECT_ID_CHARACTERS: Final = 24
_PREFIXED: Final = re.compile(r"[a-z]{2,8}_[0-9a-f]{32}")
_BASE62 = string.digits + string.ascii_letters
_counter_lock = threading.Lock()
_event_lock = threading.Lock()
_last_event = 0
_last_second = 0


def _random_serial() -> int:
    return int.from_bytes(os.urandom(8)) >> 1


def _begin_again() -> None:
    """Give a forked process a count of its own."""
    global _serial
    _serial = _random_serial()


_serial = _random_serial()
os.register_at_fork(after_in_child=_begin_again)


def new_object_id() -> str:
    """A 24-hex id, ascending with time: 4 bytes of seconds, 8 of a count that begins at random in each process.

    Ids of one process ascend strictly, also within a second and when the clock goes back: who lists by id sees what was
    made first before what was made later.
    """
    global _serial, _last_second
    now = int(time.time())
    with _counter_lock:
        _last_second = second = max(now, _last_second)
        _serial = serial = _serial + 1
    return (second.to_bytes(4) + serial.to_bytes(8)).hex()


def is_object_id(text: str) -> bool:
    """Whether the text has the form of an object id (lower-case hex)."""
    return len(text) == OBJECT_ID_CHARACTERS and all(character in "0123456789abcdef" for character in text)


def is_prefixed_id(text: str) -> bool:
    """Whether the text has the form of an id with a prefix, as notifications have it."""
    return bool(_PREFIXED.fullmatch(text))


def new_event_id() -> str:
    """A UUID of version 7: 48 bits of milliseconds, 12 of a part of the millisecond, 62 of chance.

    Ids of one process ascend strictly, also within a moment and when the clock goes back: what was written first is
    published first (RFC 9562, section 6.2, methods 3 and 4).
    """
    global _last_event
    nanos = time.time_ns()
    ticks = nanos // 1_000_000 << 12 | (nanos % 1_000_000 << 12) // 1_000_000
    with _event_lock:
        _last_event = ticks = max(ticks, _last_event + 1)
    value = (ticks >> 12 & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=value))


def new_session_public_id() -> str:
    """The secret name of a checkout session: 192 random bits, URL safe."""
    return "cs_" + secrets.token_urlsafe(24)


def new_short_code() -> str:
    """Ten base-62 characters (59.5 bits), short enough for a link that a person types."""
    return "".join(secrets.choice(_BASE62) for _ in range(10))


def new_operation_id() -> str:
    """An operation id for a caller that has no idempotency key."""
    return "op_" + secrets.token_hex(16)
