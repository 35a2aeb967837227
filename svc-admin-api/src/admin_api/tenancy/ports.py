"""What the use cases of tenancy need from the outside."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from admin_api.shared.domain.paging import Page, PageWish
from admin_api.shared.ports import SharedPorts
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.domain.records import Kept, R
from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig, WrappedDek
from gateway_kit.mongo.unit_of_work import Tx


class RecordStore(Protocol[R]):
    """Configuration records of one kind. Everything is scoped by the organization; deleted ones do not exist."""

    async def find(self, organization_id: str, identifier: str, tx: Tx | None = None) -> Kept[R] | None: ...

    async def insert(self, tx: Tx, record: R) -> Kept[R]: ...

    async def replace(self, tx: Tx, before: R, after: R) -> Kept[R]:
        """
        Raises:
            Conflict: the stored version is not that of ``before`` any more.
        """
        ...

    async def page(
        self,
        organization_id: str | None,
        wish: PageWish,
        *,
        livemode: bool | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> Page[Kept[R]]:
        """Newest first. None for the organization: of all (who runs the installation only).

        ``fields`` are exact values by the record's public names.
        """
        ...

    def every(self) -> AsyncIterator[R]:
        """All records of all organizations, deleted ones too: for rebuilding the configuration bucket."""
        ...


class DekStore(Protocol):
    """Wrapped data keys."""

    async def insert(self, record: WrappedDek, tx: Tx) -> None: ...

    async def system_exists(self) -> bool: ...

    async def reread(self, tx: Tx, record: WrappedDek) -> WrappedDek | None:
        """As it is now, None if it was destroyed; its destruction meanwhile conflicts with this transaction."""
        ...

    def every(self) -> AsyncIterator[WrappedDek]: ...


class ApiKeyStore(Protocol):
    """API keys of organizations and of the system."""

    async def find(self, identifier: str) -> ApiKey | None:
        """Of anybody: for authentication only."""
        ...

    async def find_of(self, organization_id: str, identifier: str, tx: Tx | None = None) -> ApiKey | None: ...

    async def insert(self, tx: Tx, key: ApiKey) -> None: ...

    async def replace(self, tx: Tx, before: ApiKey, after: ApiKey) -> None:
        """
        Raises:
            Conflict: the stored version is not that of ``before`` any more.
        """
        ...

    async def delete(self, tx: Tx, key: ApiKey) -> None:
        """
        Raises:
            Conflict: the stored version is not that of ``key`` any more.
        """
        ...

    async def revoke_all(self, tx: Tx, organization_id: str) -> int:
        """End every key of an organization; how many were still alive."""
        ...

    async def page(
        self, organization_id: str, wish: PageWish, *, livemode: bool | None = None, is_revoked: bool | None = None
    ) -> Page[ApiKey]: ...

    async def note_use(self, identifier: str, at: datetime) -> None:
        """Last use, to the minute: of several processes that notice the same minute, one writes."""
        ...


@dataclass(frozen=True)
class Tenancy(SharedPorts):
    """The ports around organizations, sites, providers and their keys."""

    organizations: RecordStore[OrganizationConfig]
    sites: RecordStore[SiteConfig]
    providers: RecordStore[ProviderConfig]
    api_keys: ApiKeyStore
    deks: DekStore
