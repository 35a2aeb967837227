"""A real DNS server on loopback whose records the tests set."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

_TXT_BYTES = 255
"""A record holds more in several strings."""


@dataclass
class DnsServer:
    """``cname``, ``a`` and ``txt`` hold records by name; names in ``silent`` get no answer, in ``broken`` SERVFAIL.

    Attributes:
        silent_zone: names under it get no answer either.
        asked: names of all questions, in their order.
    """

    port: int = 0
    cname: dict[str, str] = field(default_factory=dict)
    a: dict[str, str] = field(default_factory=dict)
    txt: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    silent_zone: str = "silent.test"
    ttl_s: int = 60
    asked: list[str] = field(default_factory=list)

    def answer(self, wire: bytes) -> bytes | None:
        """The answer to a question; None for silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if name in self.silent or name.endswith(f".{self.silent_zone}"):
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name in self.cname:
            answer = dns.rrset.from_text(question.name, self.ttl_s, "IN", "CNAME", f"{self.cname[name]}.")
            response.answer.append(answer)
        elif name in self.a:
            if question.rdtype == dns.rdatatype.A:
                response.answer.append(dns.rrset.from_text(question.name, self.ttl_s, "IN", "A", self.a[name]))
        elif name in self.txt:
            if question.rdtype == dns.rdatatype.TXT:
                text = self.txt[name]
                parts = [text[start : start + _TXT_BYTES] for start in range(0, len(text), _TXT_BYTES)]
                quoted = " ".join(f'"{part}"' for part in parts)
                response.answer.append(dns.rrset.from_text(question.name, self.ttl_s, "IN", "TXT", quoted))
        else:
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if (answer := self._server.answer(data)) is not None:
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def dns_server() -> AsyncIterator[DnsServer]:
    """The server on a free port."""
    server = DnsServer()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Protocol(server), local_addr=("127.0.0.1", 0)
    )
    server.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()
