"""What every context needs from the outside."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from admin_api.shared.domain.audit import Entry, Head
from admin_api.shared.domain.idempotency import Record
from admin_api.shared.domain.paging import Page, PageWish
from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.clock import Clock
from gateway_contracts.rpc import Method
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork

Request = TypeVar("Request", bound=Contract)
Reply = TypeVar("Reply", bound=Contract)


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
class SharedPorts:
    """The ports that every context has."""

    uow: UnitOfWork
    audit: AuditLog
    keyring: Keyring
    clock: Clock
