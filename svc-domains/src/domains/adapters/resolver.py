"""Asks DNS with dnspython, within a deadline."""

import asyncio
from typing import Final

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.nameserver import Do53Nameserver
from dns.resolver import NXDOMAIN, NoAnswer, NoResolverConfiguration

from domains.domain.dns import DnsAnswer
from domains.errors import TooManyChecks
from gateway_kit.fairness import Busy, FairSlots, Shares

# Longer chains are refused by resolvers too.
ALIASES_MAX: Final = 8
CHECKS_MAX: Final = 32
"""Checks at the same time; a quarter of them is kept for organizations that have none."""
CHECKS_PER_ORGANIZATION_MAX: Final = 4
# More are refused at once: a check that waits holds a place among all requests of the service.
_WAITING_PER_ORGANIZATION: Final = 4
_WAITING: Final = 128


class DnsResolver:
    """The Dns port. Nothing is cached: a merchant who has just changed a record wants to see it."""

    def __init__(self, servers: tuple[tuple[str, int], ...], *, deadline_s: float) -> None:
        self._resolver = Resolver(configure=False) if servers else _of_the_machine()
        if servers:
            self._resolver.nameservers = [Do53Nameserver(address, port) for address, port in servers]
        self._resolver.timeout = deadline_s / 3
        self._resolver.lifetime = deadline_s
        self._deadline_s = deadline_s
        shares = Shares(CHECKS_MAX, per_lane=CHECKS_PER_ORGANIZATION_MAX, reserve=CHECKS_MAX // 4)
        self._slots = FairSlots(shares, waiting_per_lane=_WAITING_PER_ORGANIZATION, waiting_total=_WAITING)

    async def look_up(self, name: str, *, organization_id: str) -> DnsAnswer:
        """See the port."""
        aliases: list[str] = []
        try:
            async with self._slots.place(organization_id, timeout_s=self._deadline_s):
                async with asyncio.timeout(self._deadline_s):
                    return await self._follow(name, aliases)
        except Busy as exc:
            raise TooManyChecks(retry_after_s=max(1, round(self._deadline_s))) from exc
        except (TimeoutError, DNSException, OSError, ValueError):
            return DnsAnswer("unanswered", tuple(aliases))

    async def _follow(self, name: str, aliases: list[str]) -> DnsAnswer:
        """Collects aliases until one has no further one."""
        current = name
        while True:
            try:
                answer = await self._resolver.resolve(f"{current}.", "CNAME", search=False)
            except NXDOMAIN:
                # The target of an alias may be unknown to this resolver; the alias itself is there.
                return DnsAnswer("found" if aliases else "unknown_name", tuple(aliases))
            except NoAnswer:
                return DnsAnswer("found", tuple(aliases), () if aliases else await self._addresses(name))
            current = answer[0].target.to_text(omit_final_dot=True).lower()
            if current in (name, *aliases) or len(aliases) >= ALIASES_MAX:
                return DnsAnswer("looping", tuple(aliases))
            aliases.append(current)

    async def _addresses(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        for kind in ("A", "AAAA"):
            try:
                found += [entry.address for entry in await self._resolver.resolve(f"{name}.", kind, search=False)]
            except (NXDOMAIN, NoAnswer):
                continue
        return tuple(found)


def _of_the_machine() -> Resolver:
    try:
        return Resolver()
    except NoResolverConfiguration:
        # Checks then say that no server answers, instead of the service not starting.
        resolver = Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        return resolver
