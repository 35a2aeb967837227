"""The protocol's own limits on real sockets: half-sent heads, slow bodies, many connections, clients that do not read.

The server runs on the loop of production in a thread of its own. Each test asserts that another client is served.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
import uvloop

from gateway_kit.http.asgi import ASGIApp, Receive, Scope, Send, TrustedProxyAddress, send_json
from gateway_kit.http.bodies import BodyBudget, BodyLimits, BoundedBodies, LaneLimits, Patience
from gateway_kit.http.connections import RECEIVE_BUFFER_BYTES, ConnectionLimits
from gateway_kit.server import _config, _listening, _Server
from gateway_testkit.asgi_bodies import read_body
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

LOOPBACK = "127.0.0.1"
SHORT = ConnectionLimits(head_s=0.3, rest_s=0.3, stalled_s=0.3, head_bytes=2_000, pipelined=2)
BODIES = BodyLimits(
    body_bytes=64 * 1024,
    held_bytes=1024 * 1024,
    readers=64,
    lane=LaneLimits(held_bytes=256 * 1024, readers=16),
    patience=Patience(total_s=1.0, grace_s=0.5, bytes_per_s=16 * 1024),
)
CROWD = 200
ANSWER_BYTES = 4 * 1024 * 1024
_go_on = threading.Event()


@dataclass
class Wire:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> "Wire":
        self.writer.write(data)
        return self

    async def to_the_end(self) -> bytes:
        """All that comes until the server closes."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""

    async def answer(self) -> bytes:
        """One answer with a length."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        return head + await self.reader.readexactly(int(length.partition(b":")[2]))


@dataclass
class Running:
    """A server and what it holds."""

    port: int
    budget: BodyBudget
    connections: Callable[[], list[Any]]
    stack: AsyncExitStack

    async def open(self) -> Wire:
        wire = Wire(*await asyncio.open_connection(LOOPBACK, self.port))
        self.stack.callback(wire.writer.close)
        return wire

    def go_on(self) -> None:
        """Let the requests to ``/waits`` be answered."""
        _go_on.set()

    async def is_served(self, address: str = "203.0.113.200") -> bool:
        """Whether another client's request with a body is answered."""
        wire = await self.open()
        return b"200 OK" in await wire.send(post(b"{}", length=2, address=address)).answer()


def post(body: bytes, *, length: int, address: str = "203.0.113.1", path: str = "/") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: test\r\nx-real-ip: {address}\r\ncontent-length: {length}\r\n\r\n"
    return head.encode() + body


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/refused":
        await send_json(send, 401, {})
    elif scope["path"] == "/waits":
        await asyncio.to_thread(_go_on.wait)
        await send_json(send, 401, {})
    elif scope["path"] == "/large":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * ANSWER_BYTES})
    else:
        body = await read_body(receive)
        names = sorted(name.decode() for name, _ in scope["headers"])
        await send_json(send, 200, {"bytes": len(body), "headers": names})


@asynccontextmanager
async def running(limits: ConnectionLimits = SHORT) -> AsyncIterator[Running]:
    budget = BodyBudget(BODIES)
    app: ASGIApp = BoundedBodies(application, unknown=budget, known=budget)
    listening = _listening(LOOPBACK, 0)
    config = _config(TrustedProxyAddress(app, trusted=[LOOPBACK]), limits, ())
    server = _Server(config)
    thread = threading.Thread(target=lambda: uvloop.run(server.serve(sockets=[listening])))
    port = listening.getsockname()[1]
    thread.start()
    await eventually(lambda: server.started)
    async with AsyncExitStack() as stack:
        yield Running(port, budget, lambda: list(server.server_state.connections), stack)
    server.should_exit = True
    await asyncio.to_thread(thread.join)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: test\r\nx-half: "])
async def test_a_head_that_never_ends_is_closed(sent: bytes) -> None:
    async with running() as server:
        crowd = [(await server.open()).send(sent) for _ in range(CROWD)]

        assert await server.is_served()
        ends = [await wire.to_the_end() for wire in crowd]

        assert {end.partition(b"\r\n")[0] for end in ends} == ({b"HTTP/1.1 408 Request Timeout"} if sent else {b""})
        await eventually(lambda: len(server.connections()) <= 1)


async def test_a_second_head_on_the_same_connection_has_its_time_too() -> None:
    async with running() as server:
        wire = await server.open()
        assert b"200 OK" in await wire.send(post(b"{}", length=2)).answer()

        assert (await wire.send(b"GET / HTTP/1.1\r\nx-half: ").to_the_end()).startswith(b"HTTP/1.1 408")


async def test_a_client_that_sends_on_receives_the_answer_and_no_reset() -> None:
    async with running(replace(SHORT, head_s=600.0)) as server:
        wire = await server.open()
        answer = await wire.send(b"GET /" + b"x" * 10_000).answer()
        assert answer.startswith(b"HTTP/1.1 431")
        for _ in range(20):
            wire.send(b"x" * 10_000)
            await wire.writer.drain()
        assert await wire.reader.read() == b""
        assert len(server.connections()) == 1
        wire.writer.close()
        await eventually(lambda: not server.connections())


async def test_a_client_that_never_closes_is_let_go() -> None:
    async with running(replace(SHORT, head_s=600.0)) as server:
        wire = await server.open()
        await wire.send(b"GET /" + b"x" * 10_000).to_the_end()
        await eventually(lambda: not server.connections())


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nx-long: " + b"x" * 10_000,
        b"GET /" + b"x" * 10_000,
        b"GET / HTTP/1.1\r\n" + b"x-many: y\r\n" * 1_000,
    ],
)
async def test_a_head_that_grows_is_closed_long_before_its_time(sent: bytes) -> None:
    async with running(replace(SHORT, head_s=600.0)) as server:
        wire = await server.open()
        assert (await wire.send(sent).to_the_end()).startswith(b"HTTP/1.1 431")
        assert await server.is_served()


async def test_trailers_and_chunk_sizes_are_limited_and_trailers_are_no_headers() -> None:
    head = b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
    async with running(replace(SHORT, head_s=600.0, rest_s=600.0)) as server:
        good = (await server.open()).send(head + b"2\r\n{}\r\n0\r\nx-admin: yes\r\n\r\n")
        answer = await good.answer()
        assert b'"bytes": 2' in answer
        assert b"x-admin" not in answer
        for flood in (b"2\r\n{}\r\n0\r\nx-trailer: " + b"x" * 100_000, b"1;" + b"x" * 100_000):
            assert await (await server.open()).send(head + flood).to_the_end() == b""
        assert await server.is_served()


async def test_slow_bodies_of_one_address_are_ended_and_others_are_served_meanwhile() -> None:
    async with running() as server:
        crowd = [(await server.open()).send(post(b"x" * 1000, length=60_000)) for _ in range(CROWD)]

        assert await server.is_served()
        assert server.budget.readers.held <= BODIES.lane.readers + 1
        assert server.budget.held.held <= BODIES.lane.held_bytes
        ends = Counter([(await wire.to_the_end()).split(b" ")[1] for wire in crowd])

        # On a slow machine the first have ended before the last come, which get their places.
        assert ends.keys() == {b"429", b"408"}
        assert ends[b"408"] >= BODIES.lane.readers
        await eventually(lambda: len(server.connections()) <= 1 and server.budget.held.held == 0)


async def test_the_rest_of_a_refused_body_is_thrown_away_and_not_waited_for() -> None:
    async with running() as server:
        quick = (await server.open()).send(post(b"x" * 30_000, length=30_000, path="/refused"))
        assert b"401" in await quick.answer()
        # The rest was taken, so the connection goes on.
        assert b"200 OK" in await quick.send(post(b"{}", length=2)).answer()

        slow = (await server.open()).send(post(b"x", length=30_000, path="/refused"))
        assert b"401" in await slow.answer()
        assert await slow.to_the_end() == b""


async def test_what_is_sent_before_the_application_asks_waits_in_the_system() -> None:
    async with running() as server:
        chunk = b"%x\r\n" % ANSWER_BYTES + b"x" * ANSWER_BYTES
        head = b"POST /waits HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
        wire = (await server.open()).send(head + chunk)
        [protocol] = await eventually(lambda: [one for one in server.connections() if one.cycle])
        await eventually(lambda: protocol.flow.read_paused)

        assert await server.is_served()
        assert len(protocol.cycle.body) <= 4 * RECEIVE_BUFFER_BYTES
        assert wire.writer.transport.get_write_buffer_size() > 0
        server.go_on()
        assert b"401" in await wire.answer()


async def test_above_the_total_a_connection_is_answered_503() -> None:
    limits = replace(SHORT, total=20, reserve=5, per_address=4, head_s=600.0)
    async with running(limits) as server:
        crowd = [await server.open() for _ in range(30)]
        answers = [await wire.to_the_end() for wire in crowd[20:]]

        assert all(answer.startswith(b"HTTP/1.1 503") for answer in answers)
        for wire in crowd[:5]:
            wire.writer.close()
        await eventually(lambda: len(server.connections()) <= 15)
        assert await server.is_served()


async def test_pipelined_requests_are_few() -> None:
    async with running() as server:
        few = await server.open()
        few.send(b"GET /refused HTTP/1.1\r\nhost: test\r\n\r\n" * 3)
        assert [b"401" in await few.answer() for _ in range(3)] == [True] * 3
        flood = await server.open()
        assert await flood.send(b"GET /refused HTTP/1.1\r\nhost: test\r\n\r\n" * 100).to_the_end() == b""
        assert await server.is_served()


async def test_a_client_that_takes_nothing_is_dropped() -> None:
    async with running() as server:
        wire = await server.open()
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads
        wire.send(b"GET /large HTTP/1.1\r\nhost: test\r\n\r\n")
        await eventually(lambda: len(server.connections()) == 1)

        assert await server.is_served()
        await eventually(lambda: len(server.connections()) <= 1)

        reading = await server.open()
        head = await reading.send(b"GET /large HTTP/1.1\r\nhost: test\r\n\r\n").reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
