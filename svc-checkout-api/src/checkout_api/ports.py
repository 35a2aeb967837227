"""Ports of the use cases."""

from contextlib import AbstractContextManager
from typing import Protocol

from gateway_contracts.config import DomainConfig, SiteConfig


class Directory(Protocol):
    """Sites and domains, from memory."""

    def site(self, identifier: str) -> SiteConfig | None: ...

    def domain(self, name: str) -> DomainConfig | None: ...


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
