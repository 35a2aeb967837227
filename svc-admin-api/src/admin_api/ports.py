"""What the use cases need from the outside."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from admin_api.domain.api_key import ApiKey
from admin_api.domain.audit import Entry, Head
from admin_api.domain.client import Client
from admin_api.domain.idempotency import Record
from admin_api.domain.member import Member, Person
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


class MemberStore(Protocol):
    """People, and what they are in organizations (`INSTALLATION` for those who run it)."""

    async def find_person(self, person_id: str, tx: Tx | None = None) -> Person | None: ...

    async def find_person_by_email(self, email_hash: str, tx: Tx | None = None) -> Person | None: ...

    async def persons(self, person_ids: list[str]) -> dict[str, Person]: ...

    async def insert_person(self, tx: Tx, person: Person) -> None: ...

    async def find(self, organization_id: str, member_id: str, tx: Tx | None = None) -> Member | None: ...

    async def find_of_person(self, organization_id: str, person_id: str, tx: Tx | None = None) -> Member | None: ...

    async def find_by_invitation(self, invite_hash: str, tx: Tx | None = None) -> Member | None: ...

    async def of_person(self, person_id: str, tx: Tx | None = None) -> list[Member]: ...

    async def count_of_role(self, organization_id: str, role: str, tx: Tx) -> int:
        """Active members only."""
        ...

    async def insert(self, tx: Tx, member: Member) -> None:
        """
        Raises:
            Conflict: the person is a member already.
        """
        ...

    async def replace(self, tx: Tx, before: Member, after: Member) -> None:
        """
        Raises:
            Conflict: the stored version is not that of ``before`` any more.
        """
        ...

    async def delete(self, tx: Tx, member: Member) -> None: ...

    async def page(self, organization_id: str, wish: PageWish, *, role: str | None = None) -> Page[Member]: ...


@dataclass(frozen=True)
class Payer:
    """How a client may be known: by the id that the merchant named, or by the keyed hash of the e-mail address."""

    organization_id: str
    livemode: bool
    named_client_id: str | None
    email_hash: str | None


class ClientStore(Protocol):
    """A merchant's customers."""

    async def find(
        self, organization_id: str, identifier: str, *, livemode: bool, tx: Tx | None = None
    ) -> Client | None: ...

    async def find_by_email(
        self, organization_id: str, email_hash: str, *, livemode: bool, tx: Tx
    ) -> Client | None: ...

    async def payers(self, tx: Tx, payers: Sequence[Payer]) -> list[Client]:
        """All clients that one of these may be."""
        ...

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

    async def delete(self, tx: Tx, client: Client) -> None:
        """
        Raises:
            Conflict: the stored version is not that of ``client`` any more.
        """
        ...

    async def page(
        self,
        organization_id: str,
        wish: PageWish,
        *,
        livemode: bool,
        email_hash: str | None = None,
        country: str | None = None,
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
    """Who changed what, append only. ``changes`` come from `domain.audit`, which hides secrets and personal data."""

    async def note(
        self,
        tx: Tx,
        actor: Actor,
        action: str,
        object_id: str,
        *,
        organization_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        """Append to the chain of ``organization_id``, the actor's own unless given."""
        ...

    async def page(self, organization_id: str, wish: PageWish, filters: Mapping[str, str]) -> Page[Entry]:
        """Newest first; ``filters`` are exact values by stored field."""
        ...

    def chain(self, organization_id: str) -> AsyncIterator[Entry]:
        """All entries, oldest first."""
        ...

    def heads(self) -> AsyncIterator[Head]:
        """The ends of all chains."""
        ...


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

    async def get(self, name: str, key: bytes) -> bytes:
        """
        Raises:
            NotFound: no such document.
            DecryptionFailed: the content key is not this document's.
        """
        ...


@dataclass(frozen=True)
class Tenancy:
    """The ports around everything that this service owns."""

    uow: UnitOfWork
    organizations: RecordStore[OrganizationConfig]
    sites: RecordStore[SiteConfig]
    providers: RecordStore[ProviderConfig]
    api_keys: ApiKeyStore
    clients: ClientStore
    members: MemberStore
    deks: DekStore
    audit: AuditLog
    keyring: Keyring
    clock: Clock
