"""The audit log: who did what to which object, when, from where, in a chain that shows every change made to it."""

import hashlib
import json
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

from pydantic import Field, computed_field

from gateway_contracts.aggregates import Entity, TenantEntity
from gateway_contracts.base import Contract
from gateway_contracts.encrypted import EncryptedValue, SystemValue

GENESIS: Final = "0" * 64
"""What the first entry of a chain follows."""
ADDRESSES: Final = "audit_addresses"
"""Where the address of an entry's request lies, beside the entry: a new data key changes it, an entry never changes."""
ADDRESS_FIELD: Final = "address"

SHOWN_FIELDS: Final = frozenset(
    {
        "role", "state", "scopes", "livemode", "enabled", "type", "country", "ipnVersion", "ipAllowList",
        "expiresAt", "providerIds", "defaultProviderId", "latePayment", "duplicatePayment", "wireDeadlineDays",
        "preferCustomDomain", "primaryColor", "overlapHours", "keepPrevious", "personId", "siteId", "version",
        "purpose", "kms", "payments", "amount", "currency", "amountFormat", "missing",
    }
)  # fmt: skip
"""Fields whose values are ids, settings or amounts. The text of any other field may name a person or be a secret."""

HIDDEN: Final = "[hidden]"
ENCRYPTED: Final = "[encrypted]"

client_address: ContextVar[str] = ContextVar("client_address", default="")
"""From where the request at hand came; set at the HTTP edge."""


class Entry(TenantEntity):
    """One place in an organization's chain. ``changes`` name a field's value before and after.

    ``address`` is stored beside the entry (`EntryAddress`).
    """

    sequence: int
    at: datetime
    actor_kind: str
    actor_id: str
    actor_role: str | None
    action: str
    object_type: str
    object_id: str
    livemode: bool
    request_id: str
    address_hash: str | None
    previous_hash: str
    changes: Mapping[str, Any] = Field(default_factory=dict)
    address: EncryptedValue | None = Field(default=None, exclude=True)
    hash: str = ""

    @computed_field
    def created_at(self) -> datetime:
        """The moment that lists are filtered by."""
        return self.at

    def computed_hash(self) -> str:
        """SHA-256 over all but the address, which lies elsewhere; its keyed hash counts."""
        facts = [
            self.id, self.organization_id, self.sequence, self.at.isoformat(timespec="milliseconds"),
            self.actor_kind, self.actor_id, self.actor_role, self.action, self.object_type, self.object_id,
            self.livemode, self.request_id, self.address_hash, self.changes, self.previous_hash,
        ]  # fmt: skip
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class EntryAddress(Entity):
    """From where the request of the entry with this id came."""

    organization_id: str
    address: SystemValue


class Head(Entity):
    """The end of a chain; its id is the organization's."""

    sequence: int
    hash: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Changed fields with old and new values, one level deep; secrets and free text without their values."""
    flat_before, flat_after = _flat(before), _flat(after)
    return {
        name.replace("$", "_").replace(".", "/"): {
            "from": _shown(name, flat_before.get(name)),
            "to": _shown(name, flat_after.get(name)),
        }
        for name in sorted(flat_before.keys() | flat_after.keys())
        if flat_before.get(name) != flat_after.get(name)
    }


def record_differences(before: Contract, after: Contract) -> dict[str, Any]:
    """The same for two versions of a record."""
    return differences(_fields(before), _fields(after))


def _fields(record: Contract) -> dict[str, Any]:
    aliases = {name: info.alias or name for name, info in type(record).model_fields.items()}
    return {aliases[name]: value for name, value in record if name not in {"id", "version", "organization_id"}}


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    return flat


def _shown(name: str, value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case EncryptedValue():
            return ENCRYPTED
        case tuple() | list():
            if any(isinstance(item, EncryptedValue) for item in value):
                return ENCRYPTED
            return [_shown(name, item) for item in value]
    if name.rpartition(".")[2] not in SHOWN_FIELDS:
        return HIDDEN
    return value if isinstance(value, int | str) else str(value)
