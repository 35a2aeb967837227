"""Ports of the use cases, beside the store of domains."""

from typing import Protocol

from domains.domain.certificate import Shown
from domains.domain.dns import DnsAnswer
from gateway_contracts.config import SiteConfig
from gateway_contracts.requests.domains import CertificateFailure


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
        """The registered part of the name, such as ``example.com`` of ``pay.example.com``."""


class Dns(Protocol):
    """Asks DNS."""

    async def look_up(self, name: str, *, organization_id: str) -> DnsAnswer:
        """Follows the aliases of a name; never raises for what DNS says, and answers within its deadline.

        Raises:
            TooManyChecks: too many of that organization are under way.
        """


class Edge(Protocol):
    """Presents certificates to browsers."""

    async def certificate_of(self, name: str) -> Shown | CertificateFailure:
        """The certificate that a browser gets for the name; never raises for what the edge does."""
        ...


class Sites(Protocol):
    """The configuration of sites (`gateway_kit.nats.config_cache.ConfigCache`)."""

    async def fetch_site(self, identifier: str) -> SiteConfig | None: ...
