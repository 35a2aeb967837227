"""Stored documents. Declarations and single reads only: lists and writes go through the raw collections, guarded."""

from datetime import datetime
from typing import Any

from beanie import Document

SCHEMA_VERSION = 1


class ClientDocument(Document):
    id: str  # type: ignore[assignment]  # our ids are texts made by the caller
    organization_id: str
    livemode: bool
    party: dict[str, Any] | None = None
    tax: dict[str, Any] | None = None
    email_hash: str | None = None
    country: str | None = None
    payments: int
    transaction_ids: list[str]
    created_at: datetime
    updated_at: datetime
    version: int = 1
    schema_version: int = SCHEMA_VERSION

    class Settings:
        name = "clients"


DOCUMENTS: list[type[Document]] = [ClientDocument]
