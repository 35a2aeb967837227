"""Idempotent requests: what makes two requests the same, and what is kept about one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Entity
from gateway_contracts.encrypted import SystemValue
from gateway_contracts.errors import Unreadable

KEY_CHARACTERS_MAX: Final = 255
LEASE: Final = timedelta(seconds=30)
"""Longer than any request may take; after it the first execution is taken for dead and may be resumed."""
ANSWER_KEPT: Final = timedelta(days=7)
SECRET_ANSWER_KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Answer:
    """A finished answer, byte for byte. ``has_secret`` shortens how long it is kept (encrypted)."""

    status: int
    body: bytes
    is_replay: bool = False
    has_secret: bool = False


@dataclass(frozen=True)
class Attempt:
    """One execution: the ids that it must use, whether or not an earlier one died half-way.

    Attributes:
        operation_id: what owners recognize a repeated request by.
        object_id: id of the object that will be made.
        is_resumed: an earlier execution under these ids may have taken effect.
    """

    operation_id: str
    object_id: str
    is_resumed: bool = False


class Record(Entity):
    """Stored state of an idempotency key.

    ``owner`` (request id and a random part) guards every write: only the execution that holds the lease may finish.
    """

    organization_id: str
    fingerprint: str
    field_hashes: Mapping[str, str]
    object_id: str
    owner: str
    lease_until: datetime
    request_id: str
    created_at: datetime
    expires_at: datetime
    state: Literal["in_progress", "done"] = "in_progress"
    status: int | None = None
    body: SystemValue | None = None


def parse_key(text: str) -> str:
    """The key; a structured-header string (quoted) means the same as a bare one.

    Raises:
        Unreadable: empty, too long or not printable ASCII.
    """
    key = text.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= KEY_CHARACTERS_MAX or not all(33 <= ord(character) <= 126 for character in key):
        raise Unreadable(
            f"Idempotency-Key must be 1 to {KEY_CHARACTERS_MAX} printable characters", code="INVALID_IDEMPOTENCY_KEY"
        )
    return key


def operation_id(actor: Actor, operation: str, key: str) -> str:
    """The same for the same merchant, mode, operation and key: also after the API key was rotated or replaced."""
    scope = actor.organization_id or "system"
    parts = json.dumps([scope, actor.livemode, operation, key])
    return "op_" + hashlib.sha256(parts.encode()).hexdigest()


def canonical(value: Any) -> str:
    """One text for equal JSON values, whatever the order of their fields."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def differing_fields(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Top-level fields that were added, left out or changed."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
