"""Connections within limits: how many, how long for a request's head, how much beside a body, how long for the rest.

uvicorn limits none of that: a head that never ends stays open and grows, and so does a body whose request was answered
already. This is its protocol with those ends (ADR 0026).
"""

import asyncio
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway_kit.allowance import Allowance, Lane
from gateway_kit.http.addresses import parsed_address

BODY_HERE_KEY: Final = "gateway.body_here"
"""In the scope of a request: a callable that says whether its whole body has come already."""
RECEIVE_BUFFER_BYTES: Final = 16 * 1024
"""Of the listening socket, and so of each connection: what comes at once, and what the system takes meanwhile. The
system doubles it."""


@dataclass(frozen=True)
class ConnectionLimits:
    """Limits of one listening socket.

    Attributes:
        total: open connections; above it a new one is answered 503 and closed.
        reserve: of the total, for probes from this machine.
        per_address: of one peer that is no trusted proxy (a proxy's peers are counted by the request limits).
        head_s: from the connection, or a head's first byte, to its end.
        head_bytes: of a head; as much framing may come beside a body (chunk sizes, trailers).
        rest_s: for what is left of a body whose request is answered.
        idle_s: between requests.
        stalled_s: for a client to take anything of what waits to be sent.
        pipelined: requests that may wait behind one on the same connection.
    """

    total: int = 6_000
    reserve: int = 64
    per_address: int = 512
    head_s: float = 10.0
    head_bytes: int = 32 * 1024
    rest_s: float = 5.0
    idle_s: int = 75
    stalled_s: float = 30.0
    pipelined: int = 8


class _Bounded(HttpToolsProtocol):
    """One connection. `bounded_protocol` makes the class with its limits."""

    limits: ConnectionLimits
    open: Allowance
    proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

    _lanes: tuple[Lane, ...] = ()
    _is_counted = False
    _in_head = True
    _fed = 0
    _body = 0
    _is_done = False
    _timer: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        if not self._count(transport):
            transport.write(_OVERLOADED)
            transport.close()
            return
        super().connection_made(transport)
        self._end_in(self.limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_in(None)
        if self._stall is not None:
            self._stall.cancel()
        if self._is_counted:
            self._is_counted = False
            self.open.give_back(1, *self._lanes)
            super().connection_lost(exc)

    def _count(self, transport: asyncio.Transport) -> bool:
        peer = transport.get_extra_info("peername")
        address = parsed_address(peer[0]) if isinstance(peer, tuple) else None
        if address is not None and not any(address in network for network in self.proxies):
            self._lanes = (Lane(str(address), self.limits.per_address),)
        is_probe = address is None or address.is_loopback
        if is_probe:
            self._lanes = ()
        self._is_counted = self.open.take(1, *self._lanes, is_known=is_probe) is None
        return self._is_counted

    def data_received(self, data: bytes) -> None:
        if not self._is_counted or self._is_done:
            return
        self._fed += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._fed - 2 * self._body > self.limits.head_bytes:
            self._close(_TOO_LARGE)
        elif self._in_head:
            if self._fed and self._timer is None:
                self._end_in(self.limits.head_s)
        elif self.cycle is not None and self.cycle.more_body:
            self._wait_for_body()

    def _wait_for_body(self) -> None:
        """The application takes what came before more is read; what it does not want any more ends soon."""
        if not self.cycle.response_complete:
            self.flow.pause_reading()
        elif self._timer is None:
            self._end_in(self.limits.rest_s)

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._timer is not None:
            self._end_in(None)
        if len(self.pipeline) >= self.limits.pipelined:
            self.transport.abort()
            return
        scope: Any = self.scope
        scope[BODY_HERE_KEY] = self._is_body_here
        super().on_headers_complete()
        # Trailers are no headers of a request that is being worked on.
        self.headers = []

    def _is_body_here(self) -> bool:
        # Of the newest request; those before it on the connection came whole, and only look as if they did not.
        return not self.cycle.more_body

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._fed = self._body = 0
        self._in_head = True
        if self.cycle.response_complete:
            # Answered before its end: uvicorn has stopped its own clock for idle connections by now.
            self._end_in(self.limits.head_s)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        is_answered_early = not self._in_head and self.cycle.response_complete
        if is_answered_early and self._timer is None and not self.transport.is_closing():
            self._end_in(self.limits.rest_s)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _watch_writing(self, waiting: int) -> None:
        self._stall = self.loop.call_later(self.limits.stalled_s, self._check_writing, waiting)

    def _check_writing(self, waited: int) -> None:
        waiting = self.transport.get_write_buffer_size()
        if waiting >= waited:
            self.transport.abort()
        else:
            self._watch_writing(waiting)

    def _end_in(self, seconds: float | None) -> None:
        """Close the connection after that time; None: not any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        self._timer = None
        if self._is_done:
            self.transport.abort()
            return
        self._close(_TOO_SLOW if self._in_head and self._fed else b"")

    def _close(self, answer: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            # Half an answer may be on its way; nothing can be said any more.
            self.transport.abort()
            return
        if not answer:
            self.transport.close()
            return
        # Closed at once, what the client still sends would be answered with a reset, which can overtake the answer
        # (RFC 9112, 9.6): it is read and dropped until the client closes too.
        self._is_done = True
        self.transport.write(answer)
        self.transport.write_eof()
        self._end_in(self.limits.rest_s)


def bounded_protocol(limits: ConnectionLimits, *, trusted_proxies: Iterable[str] = ()) -> type[HttpToolsProtocol]:
    """uvicorn's protocol within limits, for one listening socket.

    Args:
        trusted_proxies: addresses or networks that stand for many clients and are not limited as one.
    """
    namespace: dict[str, Any] = {
        "limits": limits,
        "open": Allowance(total=limits.total, reserve=limits.reserve),
        "proxies": tuple(ipaddress.ip_network(entry, strict=False) for entry in trusted_proxies),
    }
    return type("BoundedProtocol", (_Bounded,), namespace)


def _answer(status: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, b"content-length: 0", b"connection: close", *headers, b"", b""])


_OVERLOADED: Final = _answer(b"503 Service Unavailable", b"retry-after: 2")
_TOO_SLOW: Final = _answer(b"408 Request Timeout")
_TOO_LARGE: Final = _answer(b"431 Request Header Fields Too Large")
