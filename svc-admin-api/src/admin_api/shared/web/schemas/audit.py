"""The audit log as answers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from admin_api.shared.domain.audit import ADDRESS_FIELD, ADDRESSES, Entry
from admin_api.shared.ports import SharedPorts
from admin_api.shared.web.schemas.base import ListView, View


class AuditEntryView(View):
    """Entry of the audit log: actor, action, object, time and address."""

    id: str = Field(description="24 hex digits.")
    sequence: int = Field(description="Number of the entry in the organization's log, from 1 without gaps.")
    at: datetime = Field(description="Time of the action, in UTC.")
    actor_kind: str = Field(
        description="Kind of the actor: api_key, system_key or operator; anonymous if a key was refused."
    )
    actor_id: str = Field(description="Id of the API key or the person.")
    actor_role: str | None = Field(description="Role of the actor.")
    action: str = Field(description="Kind of the object and the action, such as site.update.", examples=["site.update"])
    object_type: str = Field(description="Kind of the object.")
    object_id: str = Field(description="Id of the object that was changed or read.")
    livemode: bool = Field(description="Whether the action was in live mode.")
    request_id: str = Field(description="X-Request-ID of the request.")
    address: str | None = Field(description="Network address of the caller.")
    changes: dict[str, Any] = Field(
        description="Changed fields with their old and new values; secrets and personal data are named without values."
    )
    previous_hash: str = Field(description="Hash of the previous entry.")
    hash: str = Field(description="SHA-256 over this entry and previousHash.")


class AuditListView(ListView):
    """Entries, newest first."""

    entries: list[AuditEntryView] = Field(description="Rows of this page, newest first.")


class AuditCheckView(View):
    """Result of the check of a chain."""

    intact: bool = Field(description="Whether every entry is as it was written, and none is missing.")
    entries: int = Field(description="Number of entries that were checked: all, or those before the first problem.")
    problem: str | None = Field(description="First entry that was changed or is missing; null without one.")
    checked_at: datetime = Field(description="Time of the check, in UTC.")


def audit_views(entries: Iterable[Entry], tenancy: SharedPorts, *, with_address: bool = True) -> list[AuditEntryView]:
    """Entries with their addresses in clear, for those who may see them."""
    return [audit_view(entry, tenancy, with_address=with_address) for entry in entries]


def audit_view(entry: Entry, tenancy: SharedPorts, *, with_address: bool = True) -> AuditEntryView:
    """One of them."""
    address = None
    if entry.address is not None and with_address:
        address = tenancy.keyring.decrypt_system(entry.address, ADDRESSES, entry.id, ADDRESS_FIELD).decode()
    return AuditEntryView(**{**vars(entry), "address": address})
