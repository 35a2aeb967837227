"""Common parts of tenancy objects and the creation of their new versions."""

from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from gateway_contracts.aggregates import IN_WIRE_FORM, Aggregate
from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig

R = TypeVar("R", OrganizationConfig, SiteConfig, ProviderConfig)

IPN_SECRETS_MAX: Final = 2
"""The current notification secret and the one before it."""


class Kept(Aggregate, Generic[R]):
    """A configuration record as it is published (stored in its wire form), beside what queries need."""

    livemode: bool | None
    deleted: bool = False
    record: Annotated[R, IN_WIRE_FORM]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def new(cls, record: R, now: datetime) -> "Kept[R]":
        """A record that is not stored yet."""
        owner = record.id if isinstance(record, OrganizationConfig) else record.organization_id
        livemode = getattr(record, "livemode", None)
        return cls(
            id=record.id, organization_id=owner, livemode=livemode, version=record.version, deleted=record.deleted,
            record=record, created_at=now, updated_at=now,
        )  # fmt: skip

    def with_record(self, record: R, now: datetime) -> "Kept[R]":
        """With the record's next version."""
        return self.changed(record=record, deleted=record.deleted, updated_at=now)


def next_version(record: R, **changes: Any) -> R:
    """The record with the changes and a version that readers take for newer."""
    return record.model_copy(update={**changes, "version": record.version + 1})
