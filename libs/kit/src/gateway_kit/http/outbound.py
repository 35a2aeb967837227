"""Requests to URLs that others chose: guarded against our own network, bounded in time, size and number.

The name is resolved here, every address is checked, and the socket is checked once more before it connects, so that
nothing can change between check and connection. Redirects are never followed. Nothing of the URL appears in errors: it
may hold personal data.
"""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from yarl import URL

from gateway_contracts.errors import Invalid
from gateway_kit.fairness import Busy, FairSlots
from gateway_kit.http.addresses import is_open
from gateway_kit.http.heads import HeadFirstConnector
from gateway_kit.http.names import DnsNames, Names, looking_up_for
from gateway_kit.http.wire_url import wire_url

ANSWER_BYTES_MAX: Final = 64 * 1024
URL_LENGTH_MAX: Final = 2048
# Shorter than the keep-alive of common servers (5 s): a connection is never reused while its server closes it.
KEEPALIVE_S: Final = 2.0

# Of a status line and of one header: servers that set long cookies have answered too.
_HEADER_MAX: Final = 64 * 1024
_FAILURES: Final = (aiohttp.ClientError, OSError, TimeoutError, ValueError)

Fault = Literal["forbidden_target", "name_not_found", "not_connected", "tls_failed", "timeout", "broken_answer", "busy"]


class ForbiddenTarget(Invalid):
    """The URL points into a network that is closed to merchants, or has a form that we do not call."""

    default_code = "TARGET_FORBIDDEN"


class OutboundFailed(Exception):
    """No answer came. ``fault`` says why, in one word; whether the receiver acted is not known."""

    def __init__(self, fault: Fault, duration_ms: int) -> None:
        super().__init__(fault)
        self.fault: Fault = fault
        self.duration_ms = duration_ms


@dataclass(frozen=True)
class OutboundLimits:
    """Times in seconds; connections in pieces, 0 where the caller limits what is under way at the same time.

    A limit here is one line for all tenants: what many of them use takes its places from `FairSlots`.

    Attributes:
        total_s: until status and headers have come; with the body, where that counts.
        body_s: for the body, where it does not count: it is read for so long at most, and its failure is only noted.
            None where it counts.
        body_bytes: where it is cut.
    """

    total_s: float = 10.0
    connect_s: float = 4.0
    read_s: float = 10.0
    connections: int = 400
    connections_per_host: int = 32
    body_s: float | None = None
    body_bytes: int = ANSWER_BYTES_MAX


@dataclass(frozen=True)
class OutboundAnswer:
    """An answer; ``body`` is cut. Header names are in lower case.

    Attributes:
        duration_ms: until status and headers had come; with the body, where that counts.
        body_fault: why the body is not whole, where it does not count.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_ms: int
    body_fault: Fault | None = None


class _ClosedAddress(OSError):
    """An address that must not be connected to."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "closed address")


def check_target(url: str, *, allow_private: bool = False) -> URL:
    """The URL, if it has a form that we call: absolute, https (http in development), no closed literal address.

    Path and query are called as they are (`wire_url`).

    Raises:
        ForbiddenTarget: anything else.
    """
    if len(url) > URL_LENGTH_MAX:
        raise ForbiddenTarget("the URL is too long")
    try:
        parsed = wire_url(url)
        host, port = parsed.raw_host, parsed.port
    except ValueError as exc:
        raise ForbiddenTarget("not a URL") from exc
    if parsed.scheme not in ({"https", "http"} if allow_private else {"https"}):
        raise ForbiddenTarget("the URL must start with https://")
    if not host or not port:
        raise ForbiddenTarget("the URL has no host")
    if _is_literal(host) and not is_open(host, allow_private=allow_private):
        raise ForbiddenTarget("the URL points to a closed address")
    return parsed


class OutboundClient:
    """Makes the requests; one per process, used by many tasks. Close it with `aclose`."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        limits: OutboundLimits | None = None,
        tls: ssl.SSLContext | None = None,
        names: Names | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._limits = limits or OutboundLimits()
        self._tls = tls
        self._names = names
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self._resolver: _GuardedResolver | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, tenant: str = "") -> OutboundAnswer:
        """POST the bytes as they are.

        Args:
            tenant: on whose behalf; look-ups of names take their turns by it.

        Raises:
            ForbiddenTarget: see `check_target`.
            OutboundFailed: no answer in time.
        """
        target = check_target(url, allow_private=self._allow_private)
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._limits.total_s):
                with looking_up_for(tenant):
                    response = await self._open().post(target, data=body, headers=headers, allow_redirects=False)
                if self._limits.body_s is None:
                    return await self._whole(response, started)
        except _FAILURES as exc:
            raise OutboundFailed(_fault(exc), _elapsed_ms(started)) from exc
        return await self._decided(response, started, self._limits.body_s)

    async def _whole(self, response: aiohttp.ClientResponse, started: float) -> OutboundAnswer:
        async with response:
            received = bytearray()
            await _read(response, received, self._limits.body_bytes)
        return _answer(response, received, _elapsed_ms(started))

    async def _decided(self, response: aiohttp.ClientResponse, started: float, body_s: float) -> OutboundAnswer:
        """Status and headers are there; whatever happens from now on is only noted."""
        duration_ms, received = _elapsed_ms(started), bytearray()
        try:
            async with response, asyncio.timeout(body_s):
                await _read(response, received, self._limits.body_bytes)
        except _FAILURES as exc:
            return _answer(response, received, duration_ms, _fault(exc))
        return _answer(response, received, duration_ms)

    async def aclose(self) -> None:
        """Close all connections; later requests fail, so that work that outlives its service opens none."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._resolver is not None:
            await self._resolver.close()
            self._resolver = None

    def _open(self) -> aiohttp.ClientSession:
        if self._is_closed:
            raise ConnectionRefusedError("the client is closed")
        if self._session is None:
            limits = self._limits
            self._resolver = _GuardedResolver(self._names or DnsNames(), allow_private=self._allow_private)
            self._session = aiohttp.ClientSession(
                connector=HeadFirstConnector(
                    resolver=self._resolver,
                    socket_factory=self._guarded_socket,
                    ssl=self._tls if self._tls is not None else True,
                    limit=limits.connections,
                    limit_per_host=limits.connections_per_host,
                    keepalive_timeout=KEEPALIVE_S,
                    use_dns_cache=False,
                ),
                max_line_size=_HEADER_MAX,
                max_field_size=_HEADER_MAX,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_s, sock_read=limits.read_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _guarded_socket(self, info: AddrInfoType) -> socket.socket:
        """The last check: whatever led here, this is the address that is about to be connected to."""
        family, kind, proto, _, address = info
        if not is_open(str(address[0]), allow_private=self._allow_private):
            raise _ClosedAddress
        return socket.socket(family=family, type=kind, proto=proto)


class TenantPost:
    """The client for one tenant, who waits for its own places only.

    Args:
        slots: places of all tenants of the client.
        waits_s: time to wait for one of them.
    """

    def __init__(self, client: OutboundClient, slots: FairSlots, tenant: str, *, waits_s: float) -> None:
        self._client = client
        self._slots = slots
        self._tenant = tenant
        self._waits_s = waits_s

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> OutboundAnswer:
        """`OutboundClient.post`, in turn.

        Raises:
            ForbiddenTarget, OutboundFailed: see there; ``busy`` if the tenant has no place in time.
        """
        started = time.monotonic()
        try:
            async with self._slots.place(self._tenant, timeout_s=self._waits_s):
                return await self._client.post(url, body, headers, tenant=self._tenant)
        except Busy as exc:
            raise OutboundFailed("busy", _elapsed_ms(started)) from exc


class _GuardedResolver(AbstractResolver):
    """Hands out open addresses only."""

    def __init__(self, names: Names, *, allow_private: bool) -> None:
        self._names = names
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See the base class.

        Raises:
            OSError: the name is unknown, or has no open address.
            TimeoutError: its name servers did not answer in time.
        """
        if self._allow_private and (host == "localhost" or host.endswith(".localhost")):
            return [_result(host, "127.0.0.1", port, socket.AF_INET)]
        found = await self._names.look_up(host, family)
        if found.is_silent:
            raise TimeoutError
        results = [
            _result(host, address, port, kind)
            for kind, address in found.addresses
            if is_open(address, allow_private=self._allow_private)
        ]
        if found.addresses and not results:
            raise _ClosedAddress
        if not results:
            raise socket.gaierror(socket.EAI_NONAME, "unknown name")
        return results

    async def close(self) -> None:
        """End all look-ups."""
        await self._names.aclose()


def _result(host: str, address: str, port: int, family: int) -> ResolveResult:
    flags = int(socket.AI_NUMERICHOST | socket.AI_NUMERICSERV)
    return {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": flags}


async def _read(response: aiohttp.ClientResponse, received: bytearray, bytes_max: int) -> None:
    """Add the body to ``received``, cut; more is not waited for."""
    async for chunk in response.content.iter_any():
        received += chunk[: bytes_max - len(received)]
        if len(received) >= bytes_max:
            response.close()
            break


def _answer(
    response: aiohttp.ClientResponse, received: bytearray, duration_ms: int, fault: Fault | None = None
) -> OutboundAnswer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return OutboundAnswer(response.status, headers, bytes(received), duration_ms, fault)


def _fault(exc: BaseException) -> Fault:
    if _has_cause(exc, _ClosedAddress):
        return "forbidden_target"
    if isinstance(exc, TimeoutError):
        return "timeout"
    if isinstance(exc, aiohttp.ClientConnectorDNSError):
        return "name_not_found"
    if isinstance(exc, aiohttp.ClientSSLError | ssl.SSLError):
        return "tls_failed"
    if isinstance(exc, aiohttp.ClientConnectorError | ConnectionRefusedError):
        return "not_connected"
    return "broken_answer"


def _has_cause(exc: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether an error is, or was caused by, one of that kind (connection attempts are gathered in groups)."""
    while exc is not None:
        inner = exc.exceptions if isinstance(exc, BaseExceptionGroup) else ()
        if isinstance(exc, kind) or any(_has_cause(item, kind) for item in inner):
            return True
        exc = exc.__cause__ or exc.__context__
    return False


def _is_literal(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _elapsed_ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
