"""Requests and replies of any size and content: an answer always comes, and no process loses its connection."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import BadSubjectError, MaxPayloadError

from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.errors import GatewayError, Invalid, TooLarge, Transient
from gateway_contracts.limits import REQUEST_TEXTS_BYTES_MAX
from gateway_contracts.rpc import Call, Method
from gateway_contracts.topology import BODY_BYTES_MAX, MESSAGE_BYTES_MAX, REPLY_BYTES_MAX
from gateway_kit.nats import rpc
from gateway_kit.nats.connection import Lifeline, connect, open_broker
from gateway_kit.nats.rpc import CONCURRENT_PER_ORGANIZATION_MAX, RpcClient, RpcServer
from gateway_kit.settings import KitSettings
from gateway_testkit.servers import NatsServer
from gateway_testkit.settings import settings_for
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

A, B = "65a50000000000000000000a", "65a50000000000000000000b"


class Text(Contract):
    text: str = ""


@pytest.fixture(autouse=True)
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Statuses with which the process would have ended."""
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    return statuses


@dataclass
class Service:
    """A service with one method, and a client of it, each on its own connection."""

    method: Method[Text, Text]
    server: Client
    client: Client
    requests: list[Text] = field(default_factory=list)

    async def ask(self, text: str, organization: str = B, *, timeout_s: float = 60) -> Text:
        actor = Actor(kind="api_key", organization_id=organization)
        return await RpcClient(self.client).call(self.method, Text(text=text), actor=actor, timeout_s=timeout_s)


@asynccontextmanager
async def serving(nats: NatsServer, handler: Callable[[Text, Call], Awaitable[Text]]) -> AsyncIterator[Service]:
    lifelines = [Lifeline(), Lifeline()]
    server, client = [await connect(settings_for(KitSettings, nats), "svc-test", lifeline) for lifeline in lifelines]
    service = Service(Method(f"rpc.test.{secrets.token_hex(4)}", Text, Text), server, client)
    answering = RpcServer(server, "svc-test")
    answering.add(service.method, handler)
    await answering.start()
    try:
        yield service
        await answering.stop()
    finally:
        for lifeline in lifelines:
            lifeline.release()
        await client.close()
        await server.close()


async def echo(request: Text, call: Call) -> Text:
    return request


async def test_a_request_that_is_too_large_is_refused_before_it_is_sent(
    nats_server: NatsServer, exits: list[int]
) -> None:
    async with serving(nats_server, echo) as service:
        for text in ("x" * BODY_BYTES_MAX, "😀" * (BODY_BYTES_MAX // 4), "x" * 3 * MESSAGE_BYTES_MAX):
            with pytest.raises(TooLarge) as caught:
                await service.ask(text, A)
            assert caught.value.data["limitBytes"] == BODY_BYTES_MAX
        assert await service.ask("B's", B) == Text(text="B's")

        assert service.client.is_connected
        assert service.client.stats["reconnects"] == 0
        assert exits == []


async def test_letters_are_counted_in_utf_8(nats_server: NatsServer) -> None:
    """Twelve bytes of escapes for an emoji would make it too large for a request."""
    text = "😀" * (REQUEST_TEXTS_BYTES_MAX // 4)
    async with serving(nats_server, echo) as service:
        assert await service.ask(text) == Text(text=text)


async def test_text_that_utf_8_cannot_hold_is_not_sent(nats_server: NatsServer) -> None:
    async with serving(nats_server, echo) as service:
        with pytest.raises(Invalid) as caught:
            await service.ask("half an emoji \ud83d")
        assert caught.value.code == "NOT_ENCODABLE"


def _huge() -> Text:
    return Text(text="x" * REPLY_BYTES_MAX)


def _refused() -> Text:
    raise Invalid(f"half \ud83d{'x' * 2 * MESSAGE_BYTES_MAX}", code="\ud83d", fact={(1,): "\ud83d"})


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (_huge, TooLarge, "REPLY_TOO_LARGE"),
        (_refused, Invalid, "\\ud83d"),
    ],
)
async def test_what_cannot_be_answered_is_a_typed_error_and_never_silence(
    nats_server: NatsServer, reply: Callable[[], Text], kind: type[GatewayError], code: str
) -> None:
    async def answer(request: Text, call: Call) -> Text:
        return reply()

    async with serving(nats_server, answer) as service:
        with pytest.raises(kind) as caught:
            await service.ask("", timeout_s=60)
        assert caught.value.code == code


async def test_a_started_service_is_known_to_the_server(nats_server: NatsServer) -> None:
    """The server answers for a service that it does not know: no responders."""
    for _ in range(40):
        async with serving(nats_server, echo) as service:
            assert (await service.ask("a")).text == "a"


async def test_a_stored_text_with_half_a_character_is_answered_readably(nats_server: NatsServer) -> None:
    """An earlier version let it in: the object stays readable, and so does every list with it."""

    async def answer(request: Text, call: Call) -> Text:
        return Text(text="half an emoji \ud83d, and a whole one 😀")

    async with serving(nats_server, answer) as service:
        assert (await service.ask("", timeout_s=60)).text == "half an emoji ?, and a whole one 😀"


async def test_one_organization_cannot_take_all_places(nats_server: NatsServer) -> None:
    go_on = asyncio.Event()
    running: list[str] = []

    async def wait(request: Text, call: Call) -> Text:
        running.append(call.actor.organization_id)
        if call.actor.organization_id == A:
            await go_on.wait()
        return request

    async with serving(nats_server, wait) as service:
        asked = [asyncio.create_task(service.ask("", A)) for _ in range(3 * CONCURRENT_PER_ORGANIZATION_MAX)]
        await eventually(lambda: sum(task.done() for task in asked) == 2 * CONCURRENT_PER_ORGANIZATION_MAX)

        assert await service.ask("B's") == Text(text="B's")

        assert running.count(A) == CONCURRENT_PER_ORGANIZATION_MAX
        go_on.set()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        refused = [each for each in outcomes if isinstance(each, Transient)]
        assert {each.code for each in refused} == {"OVERLOADED"}
        assert len(refused) == 2 * CONCURRENT_PER_ORGANIZATION_MAX
        # Places are given back.
        assert await service.ask("A's", A) == Text(text="A's")


async def _connections(nats: NatsServer) -> list[tuple[Client, Callable[[], Awaitable[None]]]]:
    """The service's own connection and that of its event consumers."""
    lifeline = Lifeline()
    own = await connect(settings_for(KitSettings, nats), "svc-test", lifeline)
    broker = open_broker(settings_for(KitSettings, nats), "svc-test", lifeline)
    theirs = await broker.connect()

    async def close_own() -> None:
        lifeline.release()
        await own.close()

    return [(own, close_own), (theirs, broker.stop)]


async def test_no_connection_sends_what_the_server_would_close_it_for(
    nats_server: NatsServer, exits: list[int]
) -> None:
    body, headers = b"x" * MESSAGE_BYTES_MAX, {"A": "1"}
    connections = await _connections(nats_server)
    for client, _ in connections:
        for too_large in (
            client.publish("a.b", body, headers=headers),
            client.publish("a.b", body + b"x"),
            client.publish("a.b", b"", headers={"A": "x" * MESSAGE_BYTES_MAX}),
            client.request("a.b", body, headers=headers),
        ):
            with pytest.raises(MaxPayloadError):
                await too_large
        for bad_subject in (
            client.publish("a." + "b" * 5_000, b""),
            client.publish("a." + "b" * 5_000, b"", headers=headers),
            client.publish("a.b", b"", reply="c" * 5_000),
            client.publish("a.é", b""),
        ):
            with pytest.raises(BadSubjectError):
                await bad_subject
        await client.publish("a.b", body)
        await client.flush()
        assert client.stats["reconnects"] == 0
    for _, close in connections:
        await close()
    assert exits == []


@pytest.mark.parametrize(
    "violation",
    [
        b"PUB a %d\r\n" % (MESSAGE_BYTES_MAX + 1) + b"x" * (MESSAGE_BYTES_MAX + 1) + b"\r\n",
        b"PUB " + b"a" * 5_000 + b" 1\r\nx\r\n",
        b"NONSENSE\r\n",
    ],
)
async def test_a_violation_that_happens_all_the_same_ends_neither_connection_nor_process(
    nats_server: NatsServer, exits: list[int], violation: bytes
) -> None:
    connections = await _connections(nats_server)
    for client, _ in connections:
        writer: Any = client
        await writer._send_command(violation)
        await writer._flush_pending()
        await eventually(lambda client=client: client.stats["reconnects"] == 1 and client.is_connected)  # type: ignore[misc]
        await client.flush()
    for _, close in connections:
        await close()
    assert exits == []


async def test_a_request_that_takes_too_long_does_not_outlive_its_service(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "FINISH_S", 0.05)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang(request: Text, call: Call) -> Text:
        begun.set()
        try:
            return await asyncio.Future()
        finally:
            ended.set()

    async with serving(nats_server, hang) as service:
        asking = asyncio.create_task(service.ask("x"))
        await begun.wait()

    assert ended.is_set()
    asking.cancel()
    await asyncio.wait([asking])
