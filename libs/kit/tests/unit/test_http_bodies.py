"""Bodies within limits: bare ASGI messages in, answers out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from gateway_kit.http.asgi import ClientGone, Message, Receive, Scope, Send, send_json
from gateway_kit.http.bodies import (
    CALLER_KEY,
    KNOWN_LIMITS,
    OPEN_LIMITS,
    BodyBudget,
    BodyLimits,
    BoundedBodies,
    LaneLimits,
    Patience,
)
from gateway_testkit.asgi_bodies import read_body
from gateway_testkit.waiting import eventually

LIMITS = BodyLimits(body_bytes=10, held_bytes=40, readers=4, lane=LaneLimits(held_bytes=20, readers=2))
HURRY = Patience(total_s=0.2, grace_s=0.05, bytes_per_s=1024)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Says how much came; ``x-caller`` is who the application takes the caller for."""
    caller = dict(scope["headers"]).get(b"x-caller")
    if caller:
        scope[CALLER_KEY] = caller.decode()
    if scope["path"] == "/refused":
        await send_json(send, 401, {})
        return
    await send_json(send, 200, {"bytes": len(await read_body(receive))})


@dataclass
class Client:
    """One request whose body the test sends piece by piece."""

    app: Any
    address: str = "203.0.113.1"
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    messages: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)
    sent: list[Message] = field(default_factory=list)
    received: int = 0

    def piece(self, body: bytes, *, more: bool = True) -> "Client":
        self.messages.put_nowait({"type": "http.request", "body": body, "more_body": more})
        return self

    async def receive(self) -> Message:
        self.received += 1
        return await self.messages.get()

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    def start(self) -> "asyncio.Task[None]":
        scope = {
            "type": "http",
            "method": "POST",
            "path": self.path,
            "client": (self.address, 1),
            "headers": [(name.encode(), value.encode()) for name, value in self.headers.items()],
        }
        return asyncio.create_task(self.app(scope, self.receive, self.send))

    async def answer(self) -> tuple[int, dict[str, str]]:
        await self.start()
        start = self.sent[0]
        return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}


def bounded(limits: BodyLimits = LIMITS, known: BodyLimits = KNOWN_LIMITS) -> tuple[BoundedBodies, BodyBudget]:
    budget = BodyBudget(limits)
    return BoundedBodies(echo, unknown=budget, known=BodyBudget(known)), budget


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


async def test_announced_body_over_the_limit_is_refused() -> None:
    async with client_of(bounded()[0]) as client:
        answer = await client.post("/", content=b"x" * 11)

    assert answer.status_code == 413
    assert answer.json()["code"] == "PAYLOAD_TOO_LARGE"


async def test_chunked_body_over_the_limit_is_refused() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"xxx"

    async with client_of(bounded()[0]) as client:
        answer = await client.post("/", content=chunks())

    assert answer.status_code == 413


async def test_body_of_exactly_the_limit_passes_and_its_bytes_are_given_back() -> None:
    app, budget = bounded()
    async with client_of(app) as client:
        answer = await client.post("/", content=b"x" * 10)

    assert answer.json()["bytes"] == 10
    assert (budget.held.held, budget.readers.held) == (0, 0)


async def test_pieces_come_out_whole_and_in_order() -> None:
    budget = BodyBudget(LIMITS)
    client = Client(echo).piece(b"ab").piece(b"").piece(b"cd").piece(b"e", more=False)
    body = budget.body_of("203.0.113.1")

    assert await body.read(client.receive, {}) == b"abcde"
    assert (budget.held.held, budget.readers.held) == (5, 0)
    body.release()
    assert budget.held.held == 0


async def test_answer_of_an_application_that_swallowed_the_refusal_is_replaced() -> None:
    async def swallows(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await read_body(receive)
        except Exception:
            await send_json(send, 400, {"error": "could not parse"})

    app = BoundedBodies(swallows, unknown=BodyBudget(LIMITS), known=BodyBudget(LIMITS))
    client = Client(app).piece(b"x" * 11)
    await client.start()

    assert [message["status"] for message in client.sent if message["type"] == "http.response.start"] == [413]


async def test_disconnect_is_never_a_complete_body() -> None:
    client = Client(bounded()[0]).piece(b"half")
    client.messages.put_nowait({"type": "http.disconnect"})

    with pytest.raises(ClientGone):
        await client.start()


async def test_a_request_that_is_refused_before_has_no_byte_of_its_body_read() -> None:
    client = Client(bounded()[0], path="/refused").piece(b"x" * 10)

    assert (await client.answer())[0] == 401
    assert client.received == 0


@pytest.mark.parametrize("pieces", [0, 1, 5])
async def test_a_body_that_comes_too_slowly_is_given_up(pieces: int) -> None:
    app, budget = bounded(replace(LIMITS, patience=HURRY))
    client = Client(app)
    for _ in range(pieces):
        client.piece(b"x")

    status, headers = await client.answer()

    assert (status, headers["connection"]) == (408, "close")
    assert (budget.held.held, budget.readers.held) == (0, 0)


async def test_progress_buys_time_up_to_the_total() -> None:
    """At the pace that is asked for, the total ends it."""
    app, _ = bounded(replace(LIMITS, body_bytes=10**6, held_bytes=10**6, patience=HURRY, lane=LaneLimits(10**6, 2)))
    begun = asyncio.get_running_loop().time()
    client = Client(app)
    client.piece(b"x" * 10_000)  # ten seconds at that pace

    assert (await client.answer())[0] == 408
    assert asyncio.get_running_loop().time() - begun >= HURRY.total_s


async def test_bytes_of_one_address_leave_the_others_theirs() -> None:
    app, budget = bounded(replace(LIMITS, readers=40, lane=LaneLimits(held_bytes=20, readers=20)))
    greedy = [Client(app).piece(b"x" * 9) for _ in range(6)]
    running = [client.start() for client in greedy]
    await eventually(lambda: sum(task.done() for task in running) == 4)

    assert budget.held.held == 18
    assert [client.sent[0]["status"] for client in greedy if client.sent] == [429] * 4
    status, _ = await Client(app, address="203.0.113.2").piece(b"x" * 10, more=False).answer()
    assert status == 200
    for client in greedy:
        client.piece(b"", more=False)
    await asyncio.gather(*running)
    assert budget.held.held == 0


async def test_readers_of_one_address_leave_the_others_theirs() -> None:
    app, budget = bounded()
    greedy = [Client(app) for _ in range(5)]
    running = [client.start() for client in greedy]
    await eventually(lambda: sum(task.done() for task in running) == 3)

    refused = next(client.sent for client in greedy if client.sent)
    headers = dict(refused[0]["headers"])
    assert (refused[0]["status"], headers[b"retry-after"], headers[b"rate-limited-reason"]) == (429, b"2", b"body")
    assert budget.readers.held == 2
    assert (await Client(app, address="203.0.113.2").piece(b"{}", more=False).answer())[0] == 200
    for client in greedy:
        client.piece(b"", more=False)
    await asyncio.gather(*running)


async def test_a_customer_of_ipv6_is_one_lane() -> None:
    app, _ = bounded()
    running = [Client(app, address=f"2001:db8:1:2::{number}").start() for number in range(2)]
    await asyncio.sleep(0)

    assert (await Client(app, address="2001:db8:1:2:ffff::").answer())[0] == 429
    for task in running:
        task.cancel()


async def test_when_everything_is_taken_the_answer_is_503() -> None:
    app, budget = bounded()
    running = [Client(app, address=f"203.0.113.{number}").start() for number in range(4)]
    await eventually(lambda: budget.readers.held == 4)

    status, headers = await Client(app, address="203.0.113.9").answer()

    assert (status, headers["retry-after"]) == (503, "2")
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert budget.readers.held == 0


async def test_callers_without_credentials_take_nothing_from_those_with() -> None:
    app, budget = bounded(known=replace(LIMITS, body_bytes=30, lane=LaneLimits(held_bytes=30, readers=2)))
    running = [Client(app, address=f"203.0.113.{number}").start() for number in range(4)]
    await eventually(lambda: budget.readers.held == 4)

    merchant = Client(app, headers={"x-caller": "organization-a"})
    assert (await merchant.piece(b"x" * 30, more=False).answer())[0] == 200
    for task in running:
        task.cancel()


async def test_one_organization_leaves_the_others_theirs() -> None:
    app, _ = bounded()
    app, known = BoundedBodies(echo, unknown=BodyBudget(LIMITS), known=(known := BodyBudget(LIMITS))), known
    greedy = [Client(app, headers={"x-caller": "organization-a"}) for _ in range(3)]
    running = [client.start() for client in greedy]
    await eventually(lambda: sum(task.done() for task in running) == 1)

    other = Client(app, headers={"x-caller": "organization-b"}).piece(b"{}", more=False)
    assert (await other.answer())[0] == 200
    assert known.readers.held == 2
    for task in running:
        task.cancel()


def test_the_limits_in_production_leave_room_for_many_addresses() -> None:
    assert OPEN_LIMITS.body_bytes <= OPEN_LIMITS.lane.held_bytes <= OPEN_LIMITS.held_bytes // 8
    assert OPEN_LIMITS.lane.readers <= OPEN_LIMITS.readers // 8
    assert KNOWN_LIMITS.body_bytes <= KNOWN_LIMITS.lane.held_bytes <= KNOWN_LIMITS.held_bytes // 4
    assert KNOWN_LIMITS.lane.readers <= KNOWN_LIMITS.readers // 4
