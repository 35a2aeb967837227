"""What the use cases need from the outside."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from admin_api.domain.api_key import ApiKey
from admin_api.domain.client import Client
from admin_api.domain.idempotency import Record
from admin_api.domain.paging import Page, PageWish
from admin_api.domain.tenancy import Kept, R
from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.clock import Clock
from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig, WrappedDek
from gateway_contracts.rpc import Method
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork

Request = TypeVar("Request", bound=Contract)
Reply = TypeVar("Reply", bound=Contract)


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

    async def page(self, organization_id: str | None, wish: PageWish, *, livemode: bool | None = None) -> Page[Kept[R]]:
        """Newest first. None for the organization: of all (system keys only)."""
        ...

    def every(self) -> AsyncIterator[R]:
        """All records of all organizations, deleted ones too: for rebuilding the configuration bucket."""
        ...


class DekStore(Protocol):
    """Wrapped data keys."""

    async def insert(self, record: WrappedDek, tx: Tx) -> None: ...

    async def system_exists(self) -> bool: ...

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

    async def page(self, organization_id: str, wish: PageWish) -> Page[ApiKey]: ...

    async def note_use(self, identifier: str, at: datetime) -> None: ...


class ClientStore(Protocol):
    """A merchant's customers."""

    async def find(
        self, organization_id: str, identifier: str, *, livemode: bool, tx: Tx | None = None
    ) -> Client | None: ...

    async def find_by_email(
        self, organization_id: str, email_hash: str, *, livemode: bool, tx: Tx
    ) -> Client | None: ...

    async def insert(self, tx: Tx, client: Client) -> None:
        """
        Raises:
            Transient: another event made a client of the same address at this moment.
        """
        ...

    async def replace(self, tx: Tx, before: Client, after: Client) -> None:
        """
        Raises:
            Conflict: the stored version is not that of ``before`` any more.
        """
        ...

    async def page(
        self, organization_id: str, wish: PageWish, *, livemode: bool, email_hash: str | None = None
    ) -> Page[Client]: ...


class IdempotencyStore(Protocol):
    """Records of idempotency keys. Every write names the owner that must hold the lease."""

    async def claim(self, record: Record) -> Record | None:
        """Store it; None when it is new, else the one that is there."""
        ...

    async def take_over(self, before: Record, after: Record) -> bool:
        """Whether the expired lease of ``before`` is now that of ``after``."""
        ...

    async def finish(self, record: Record) -> None: ...

    async def release(self, identifier: str, owner: str, now: datetime) -> None:
        """End the lease without an answer: the next request resumes under the same ids."""
        ...

    async def drop(self, identifier: str, owner: str) -> None:
        """Nothing was executed: the key is as new."""
        ...


class AuditLog(Protocol):
    """Who changed what. No values, no personal data."""

    async def note(self, tx: Tx, actor: Actor, action: str, object_id: str) -> None: ...


class Rpc(Protocol):
    """Requests to other services."""

    async def call(
        self,
        method: Method[Request, Reply],
        request: Request,
        *,
        actor: Actor,
        operation_id: str | None = None,
        timeout_s: float | None = None,
    ) -> Reply:
        """
        Raises:
            GatewayError: the owner's typed error; Transient when it does not answer.
        """
        ...


class Documents(Protocol):
    """Rendered documents."""

    async def get(self, name: str) -> bytes:
        """
        Raises:
            NotFound: no such document.
        """
        ...


class KeyCache(Protocol):
    """API keys that were just looked up, for so short that a revocation is felt within a second."""

    def get(self, key_id: str) -> tuple[bool, ApiKey | None]:
        """Whether it is known, and what it is."""
        ...

    def put(self, key_id: str, key: ApiKey | None) -> None: ...

    def drop(self, key_id: str) -> None: ...


@dataclass(frozen=True)
class Tenancy:
    """The ports around everything that this service owns."""

    uow: UnitOfWork
    organizations: RecordStore[OrganizationConfig]
    sites: RecordStore[SiteConfig]
    providers: RecordStore[ProviderConfig]
    api_keys: ApiKeyStore
    clients: ClientStore
    deks: DekStore
    audit: AuditLog
    keyring: Keyring
    clock: Clock
