"""The audit log as answers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from admin_api.shared.domain.audit import ADDRESS_FIELD, ADDRESSES, Entry
from admin_api.shared.ports import SharedPorts
from admin_api.shared.web.schemas.base import ListView, View


class AuditEntryView(View):
    """Entry of the audit log: actor, action, object, time, address."""

    id: str = Field(description="24 hex digits.")
    sequence: int = Field(description="Place in the organization's chain, from 1 without a gap.")
    at: datetime = Field(description="When it was done.")
    actor_kind: str = Field(description="api_key, system_key or operator; anonymous where a key was refused.")
    actor_id: str = Field(description="The key or the person.")
    actor_role: str | None = Field(description="The role that they acted in.")
    action: str = Field(description="Kind of the object and what was done.", examples=["site.update"])
    object_type: str = Field(description="Kind of the object.")
    object_id: str = Field(description="Id of the object that was changed or read.")
    livemode: bool = Field(description="Whether it was done in live mode.")
    request_id: str = Field(description="X-Request-ID of the request.")
    address: str | None = Field(description="The network address that the request came from.")
    changes: dict[str, Any] = Field(
        description="Fields with their values before and after; of secrets and personal data only that they changed."
    )
    previous_hash: str = Field(description="Hash of the entry before.")
    hash: str = Field(description="SHA-256 over this entry and the hash before it.")


class AuditListView(ListView):
    """Entries, newest first."""

    entries: list[AuditEntryView] = Field(description="Rows of this page, newest first.")


def audit_views(entries: Iterable[Entry], tenancy: SharedPorts, *, with_address: bool = True) -> list[AuditEntryView]:
    """Entries with their addresses in clear, for those who may see them."""
    return [audit_view(entry, tenancy, with_address=with_address) for entry in entries]


def audit_view(entry: Entry, tenancy: SharedPorts, *, with_address: bool = True) -> AuditEntryView:
    """One of them."""
    address = None
    if entry.address is not None and with_address:
        address = tenancy.keyring.decrypt_system(entry.address, ADDRESSES, entry.id, ADDRESS_FIELD).decode()
    facts = {name: getattr(entry, name) for name in AuditEntryView.model_fields if name != "address"}
    return AuditEntryView(**facts, address=address)
