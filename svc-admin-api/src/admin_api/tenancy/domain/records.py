"""What tenancy objects have in common, and how their new versions come about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig

R = TypeVar("R", OrganizationConfig, SiteConfig, ProviderConfig)

IPN_SECRETS_MAX: Final = 2
"""The current notification secret and the one before it."""


@dataclass(frozen=True)
class Kept(Generic[R]):
    """A configuration record and when it was made and changed."""

    record: R
    created_at: datetime
    updated_at: datetime


def next_version(record: R, **changes: Any) -> R:
    """The record with the changes and a version that readers take for newer."""
    return record.model_copy(update={**changes, "version": record.version + 1})
