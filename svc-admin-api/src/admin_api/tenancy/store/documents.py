"""Stored documents. Declarations and single reads only: lists and writes go through the raw collections, guarded."""

from datetime import datetime
from typing import Any

from beanie import Document
from pydantic import Field

SCHEMA_VERSION = 1


class RecordDocument(Document):
    """A configuration record as it is published, beside what queries need. ``record`` has its wire form."""

    id: str  # type: ignore[assignment]  # our ids are texts made by the caller, never ObjectIds made by the driver
    organization_id: str
    livemode: bool | None = None
    version: int
    deleted: bool = False
    record: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    schema_version: int = SCHEMA_VERSION


class OrganizationDocument(RecordDocument):
    class Settings:
        name = "organizations"


class SiteDocument(RecordDocument):
    class Settings:
        name = "sites"


class ProviderDocument(RecordDocument):
    class Settings:
        name = "providers"


class ApiKeyDocument(Document):
    id: str  # type: ignore[assignment]  # see RecordDocument
    kind: str
    organization_id: str
    livemode: bool
    label: str
    scopes: list[str]
    secret_hash: str
    created_at: datetime
    version: int = 1
    previous_hash: str | None = None
    previous_until: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    expires_at: datetime | None = None
    ip_allow_list: list[str] = Field(default_factory=list)
    role: str = "admin"
    schema_version: int = SCHEMA_VERSION

    class Settings:
        name = "api_keys"


DOCUMENTS: list[type[Document]] = [
    OrganizationDocument,
    SiteDocument,
    ProviderDocument,
    ApiKeyDocument,
]
