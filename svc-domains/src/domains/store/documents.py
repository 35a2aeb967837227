"""The documents of svc-domains as they lie in MongoDB."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar, Final

from beanie import Document
from pydantic import ConfigDict

from domains.domain.domain import Domain, State

DOMAINS: Final = "domains"
SCHEMA_VERSION: Final = 1

Row = dict[str, Any]


class DomainDocument(Document):
    """One registration of a name. Written only through inserts and guarded updates, never with ``save``."""

    model_config = ConfigDict(extra="ignore")

    id: str  # type: ignore[assignment]  # ours are 24-hex texts, allocated before the insert
    schema_version: int = SCHEMA_VERSION
    organization_id: str
    site_id: str
    name: str
    state: State
    version: int
    created_at: datetime
    checked_at: datetime | None = None
    problem: str | None = None
    removed: bool = False

    class Settings:
        name: ClassVar[str] = DOMAINS

    def to_domain(self) -> Domain:
        """Without the store's own fields."""
        return from_row({**self.model_dump(exclude={"id", "schema_version"}), "_id": self.id})


def to_row(domain: Domain) -> Row:
    """The stored form."""
    row = asdict(domain)
    row["_id"] = row.pop("id")
    row["schema_version"] = SCHEMA_VERSION
    return row


def from_row(row: Row) -> Domain:
    """The domain of a raw row."""
    fields = {name: value for name, value in row.items() if name not in ("_id", "schema_version")}
    return Domain(id=row["_id"], **fields)
