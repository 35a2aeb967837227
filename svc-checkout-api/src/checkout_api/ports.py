"""Ports of the use cases."""

from contextlib import AbstractContextManager
from typing import Protocol

from gateway_contracts.config import DomainConfig, SiteConfig
from gateway_kit.http.event_streams import Watcher


class Directory(Protocol):
    """Sites and domains, from memory."""

    def site(self, identifier: str) -> SiteConfig | None: ...

    def domain(self, name: str) -> DomainConfig | None: ...


class Nudges(Protocol):
    """Hands out nudges; a lost one only costs time, because the watcher also asks now and then."""

    def watch(self, transaction_id: str, address: str) -> AbstractContextManager[Watcher]:
        """
        Raises:
            Transient: the process holds as many watchers as it may.
            RateLimited: this transaction or this address has too many.
        """
        ...
