"""Ports of the use cases."""

from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.config import DomainConfig, SiteConfig
from gateway_contracts.rpc import Method

Request = TypeVar("Request", bound=Contract)
Reply = TypeVar("Reply", bound=Contract)


class Owners(Protocol):
    """The services that own checkouts, transactions and documents."""

    async def call(
        self,
        method: Method[Request, Reply],
        request: Request,
        *,
        actor: Actor,
        operation_id: str | None = None,
        timeout_s: float | None = None,
    ) -> Reply:
        """Ask one of them.

        Raises:
            GatewayError: its typed answer; `Transient` when there is no answer.
        """
        ...


class Directory(Protocol):
    """Sites and domains, from memory."""

    def site(self, identifier: str) -> SiteConfig | None: ...

    def domain(self, name: str) -> DomainConfig | None: ...


class Documents(Protocol):
    """Rendered documents."""

    async def get(self, name: str, key: bytes) -> bytes:
        """
        Raises:
            NotFound: no such document.
            DecryptionFailed: the content key is not this document's.
        """
        ...


class Nudge(Protocol):
    """Tells that something about a transaction may have changed."""

    async def wait(self, timeout_s: float) -> bool:
        """Whether there was a nudge within the time."""
        ...

    @property
    def is_closing(self) -> bool:
        """Whether the process is shutting down."""
        ...


class Nudges(Protocol):
    """Hands out nudges; a lost one only costs time, because the watcher also asks now and then."""

    def watch(self, transaction_id: str, address: str) -> AbstractContextManager[Nudge]:
        """
        Raises:
            Transient: the process holds as many watchers as it may.
            RateLimited: this transaction or this address has too many.
        """
        ...
