"""Names of hosts that tenants chose: resolved without threads, in fair turns, within a deadline, cached and joined.

A name whose servers do not answer costs its own tenant a place for some seconds, and no other tenant anything. The
look-up reads the machine's hosts file and asks its name servers (c-ares); the caller checks what comes back.
"""

import asyncio
import contextlib
import contextvars
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import aiodns
import pycares
from cachetools import TLRUCache

from gateway_kit.fairness import Busy, FairSlots, Shares

LOOK_UPS_MAX: Final = 256
"""Look-ups at the same time; a quarter of them is kept for tenants that have none."""
LOOK_UPS_PER_TENANT_MAX: Final = 32
NAMES_MAX: Final = 8_192
"""Names that are remembered, those that do not exist included."""
FOUND_S: Final = 30.0
"""A name is remembered here for its own time to live, at most so long; its addresses are checked at every use."""
FOUND_S_MIN: Final = 1.0
MISSING_S: Final = 5.0
"""A name without addresses, or whose servers did not answer, is remembered so long."""
DEADLINE_S: Final = 4.0
RENEWED_AFTER: Final = 4_096
"""c-ares remembers answers for their own time to live, without a limit: so many look-ups later it starts anew."""
_TRY_S: Final = 2.0
_TRIES: Final = 2
_WAITING_PER_TENANT: Final = 128
_WAITING: Final = 2_048

_tenant: contextvars.ContextVar[str] = contextvars.ContextVar("outbound_tenant", default="")


@contextlib.contextmanager
def looking_up_for(tenant: str) -> Iterator[None]:
    """Look-ups inside count for this tenant."""
    token = _tenant.set(tenant)
    try:
        yield
    finally:
        _tenant.reset(token)


@dataclass(frozen=True)
class Found:
    """Addresses of a name; none where it has none. ``is_silent``: its servers did not answer."""

    addresses: tuple[tuple[socket.AddressFamily, str], ...] = ()
    ttl_s: float = MISSING_S
    is_silent: bool = False


class Names(Protocol):
    """Finds addresses."""

    async def look_up(self, host: str, family: socket.AddressFamily) -> Found:
        """The current entry of the name; no answer of a name server raises."""
        ...

    async def aclose(self) -> None:
        """End all look-ups."""
        ...


class DnsNames:
    """Names by the hosts file and DNS.

    Args:
        servers: ``address:port`` each; without any, those of the machine.
        now: a monotonic clock in seconds, for what is remembered.
    """

    def __init__(self, servers: Sequence[str] = (), *, now: Callable[[], float] = time.monotonic) -> None:
        self._servers = servers
        self._dns: aiodns.DNSResolver | None = None
        self._asked = 0
        self._retiring: set[asyncio.Task[None]] = set()
        self._known: TLRUCache[tuple[str, int], Found] = TLRUCache(NAMES_MAX, ttu=_until, timer=now)
        self._running: dict[tuple[str, int], asyncio.Task[Found]] = {}
        shares = Shares(LOOK_UPS_MAX, per_lane=LOOK_UPS_PER_TENANT_MAX, reserve=LOOK_UPS_MAX // 4)
        self._slots = FairSlots(shares, waiting_per_lane=_WAITING_PER_TENANT, waiting_total=_WAITING)

    async def look_up(self, host: str, family: socket.AddressFamily) -> Found:
        """See the port. Callers that ask for the same name wait for the same answer."""
        key = (host.lower(), int(family))
        if (found := self._known.get(key)) is not None:
            return found
        if key in self._running:
            return await asyncio.shield(self._running[key])
        async with contextlib.AsyncExitStack() as place:
            try:
                await place.enter_async_context(self._slots.place(_tenant.get(), timeout_s=DEADLINE_S))
            except Busy:
                return Found(is_silent=True)
            # Another may have asked while this one waited for its place.
            if (found := self._known.get(key)) is not None:
                return found
            if key not in self._running:
                # The look-up keeps the place to its end, also when its caller gives up before.
                self._start(key, family, place.pop_all())
        return await asyncio.shield(self._running[key])

    async def aclose(self) -> None:
        """See the port."""
        self._slots.close()
        ending = [*self._running.values(), *self._retiring]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if self._dns is not None:
            await self._dns.close()
            self._dns = None

    def _start(self, key: tuple[str, int], family: socket.AddressFamily, place: contextlib.AsyncExitStack) -> None:
        async def asking() -> Found:
            async with place:
                try:
                    found = self._known[key] = await self._ask(key[0], family)
                    return found
                finally:
                    del self._running[key]

        self._running[key] = asyncio.create_task(asking())

    def _channel(self) -> aiodns.DNSResolver:
        self._asked += 1
        if self._dns is not None and self._asked > RENEWED_AFTER:
            task = asyncio.create_task(_retire(self._dns))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)
            self._dns = None
        if self._dns is None:
            self._asked = 1
            self._dns = aiodns.DNSResolver(list(self._servers) or None, timeout=_TRY_S, tries=_TRIES)
        return self._dns

    async def _ask(self, host: str, family: socket.AddressFamily) -> Found:
        dns = self._channel()
        try:
            async with asyncio.timeout(DEADLINE_S):
                answer = await dns.getaddrinfo(host, family=family, type=socket.SOCK_STREAM)
        except TimeoutError:
            return Found(is_silent=True)
        except aiodns.error.DNSError as exc:
            return Found(is_silent=exc.args[:1] == (pycares.errno.ARES_ETIMEOUT,))
        except UnicodeError:
            return Found()
        return _found(answer)


async def _retire(dns: aiodns.DNSResolver) -> None:
    """Close it when its last look-up is over."""
    try:
        await asyncio.sleep(DEADLINE_S)
    finally:
        await dns.close()


def _found(answer: pycares.AddrInfoResult) -> Found:
    addresses = dict.fromkeys(
        (socket.AddressFamily(node.family), _text(node.addr[0])) for node in answer.nodes if node.addr
    )
    if not addresses:
        return Found()
    ttl_s = min((float(node.ttl) for node in answer.nodes), default=FOUND_S_MIN)
    return Found(tuple(addresses), max(FOUND_S_MIN, min(ttl_s, FOUND_S)))


def _text(address: str | bytes) -> str:
    return address.decode() if isinstance(address, bytes) else address


def _until(key: tuple[str, int], found: Found, now: float) -> float:
    return now + found.ttl_s
