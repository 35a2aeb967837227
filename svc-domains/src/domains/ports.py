"""What the use cases need from the outside."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from domains.domain.dns import DnsAnswer
from domains.domain.domain import Domain
from domains.domain.paging import Window
from gateway_kit.mongo.unit_of_work import Tx


@dataclass(frozen=True)
class TenantScope:
    """Whose domains a caller may see; None as site means all of the organization's."""

    organization_id: str
    site_id: str | None = None


class Names(Protocol):
    """Knows the alphabets and the registries of the world."""

    def to_ascii(self, text: str) -> str:
        """The name as DNS spells it, in lower case.

        Raises:
            ValueError: it has no such form.
        """

    def is_public_suffix(self, name: str) -> bool:
        """Whether everybody registers names below it, such as ``co.uk``."""

    def own_zone(self, name: str) -> str:
        """The part of the name that somebody registered, such as ``example.com`` of ``pay.example.com``."""


class Dns(Protocol):
    """Asks DNS."""

    async def look_up(self, name: str, *, organization_id: str) -> DnsAnswer:
        """Follows the aliases of a name; never raises for what DNS says, and answers within its deadline.

        Raises:
            TooManyChecks: too many of that organization are under way.
        """


class Sites(Protocol):
    """Knows whose sites are whose."""

    async def belongs_to(self, site_id: str, organization_id: str) -> bool:
        """False also for a site that does not exist."""


class DomainStore(Protocol):
    """Domains. Writes happen inside a unit of work; ``change`` is guarded by the version."""

    async def add(self, tx: Tx, domain: Domain) -> None:
        """
        Raises:
            DomainTaken: somebody holds the name.
        """

    async def change(self, tx: Tx, domain: Domain) -> None:
        """Writes the next version.

        Raises:
            DomainChanged: the stored one is not the version before.
        """

    async def last_version(self, tx: Tx, name: str) -> int:
        """Of the name's earlier registrations, 0 if there were none."""

    async def find(self, scope: TenantScope, domain_id: str) -> Domain:
        """Also a removed one, which a repeated removal answers with.

        Raises:
            DomainNotFound: no such domain in this scope.
        """

    async def of_site(self, tx: Tx, organization_id: str, site_id: str) -> list[Domain]:
        """All that are held for the site."""

    async def select(self, scope: TenantScope, window: Window, *, count_to: int) -> tuple[list[Domain], int]:
        """The rows of a window, newest first, and how many there are in all, counted to ``count_to``."""

    def held(self) -> AsyncIterator[Domain]:
        """All of all organizations, for the rebuild of the configuration."""
