"""The lean client against the original, on a real server: what one writes the other reads, and errors stay the same."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from gateway_kit.nats.lean_client import LeanClient
from gateway_testkit.servers import NatsServer
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

HEADERS = {
    "Gw-Event-Id": "abc",
    "Nats-Batch-Sequence": " 1 ",
    "X-Umlaut": "Müller – €",
    "X-Empty": "",
    "X-Injected": "a\r\nPUB evil 0\r\n\r\nb",
    "X-Colon": "t=1,v1=a:b",
}


@pytest_asyncio.fixture
async def lean(nats_server: NatsServer) -> AsyncIterator[LeanClient]:
    client = LeanClient()
    await client.connect(nats_server.url, allow_reconnect=False)
    yield client
    await client.close()


async def received(sender: Client, receiver: Client, headers: dict[str, str] | None, body: bytes) -> Msg:
    """Content of one received message."""
    subscription = await receiver.subscribe("lean.test")
    await receiver.flush()

    async def heard() -> Msg | None:
        # The server may miss a subscription of another connection for an instant after confirming it.
        await sender.publish("lean.test", body, headers=headers)
        try:
            return await subscription.next_msg(timeout=0.5)
        except errors.TimeoutError:
            return None

    message = await eventually(heard)
    await subscription.unsubscribe()
    assert message is not None
    return message


@pytest.mark.parametrize("headers", [HEADERS, {"A": "1"}, {}, None])
@pytest.mark.parametrize("body", [b"", b"x" * 100_000, b"\r\n\x00"])
async def test_every_writer_and_reader_sees_the_same_message(
    lean: LeanClient, nats_client: Client, headers: dict[str, str] | None, body: bytes
) -> None:
    pairs = [(lean, nats_client), (nats_client, lean), (lean, lean), (nats_client, nats_client)]

    messages = [await received(sender, receiver, headers, body) for sender, receiver in pairs]

    assert len({(message.data, str(message.headers)) for message in messages}) == 1
    assert messages[0].data == body


@pytest.mark.parametrize("name", ["no spaces", "colon:", "Ümlaut", "a\r\nb"])
async def test_bad_header_names_are_refused_by_both(lean: LeanClient, nats_client: Client, name: str) -> None:
    for client in (lean, nats_client):
        with pytest.raises(errors.BadHeaderError):
            await client.publish("lean.test", b"", headers={name: "x"})
    await lean.flush()


async def test_concurrent_requests_get_their_own_answers(lean: LeanClient, nats_client: Client) -> None:
    async def answer(message: Msg) -> None:
        await message.respond(message.data[::-1])

    await nats_client.subscribe("lean.ask", cb=answer)
    await nats_client.flush()

    async def answers() -> bool:
        try:
            return (await lean.request("lean.ask", b"", timeout=60)).data == b""
        except errors.NoRespondersError:
            return False  # the server has not noticed the subscription yet

    await eventually(answers)
    replies = await asyncio.gather(
        *(lean.request("lean.ask", f"<{number}".encode(), timeout=60, headers={"A": "1"}) for number in range(200))
    )

    assert [reply.data for reply in replies] == [f"<{number}".encode()[::-1] for number in range(200)]
    assert lean._resp_map == {}


async def test_unanswered_request_ends_like_before(lean: LeanClient, nats_client: Client) -> None:
    await nats_client.subscribe("lean.silent")
    await nats_client.flush()

    async def times_out() -> bool:
        try:
            await lean.request("lean.silent", b"", timeout=0.1)
        except errors.NoRespondersError:
            return False  # the server has not noticed the subscription yet
        except errors.TimeoutError:
            return True
        return False

    await eventually(times_out)
    with pytest.raises(errors.NoRespondersError):
        await lean.request("lean.unknown", b"", timeout=60)
    impatient = asyncio.create_task(lean.request("lean.silent", b"", timeout=60))
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert lean._resp_map == {}


async def test_statuses_of_the_server_are_read(lean: LeanClient) -> None:
    """Pull requests without messages are answered by a status line and no headers."""
    js = lean.jetstream()
    name = "LEAN" + secrets.token_hex(4)
    await js.add_stream(name=name, subjects=[f"{name}.stream"])
    subscription = await js.pull_subscribe(f"{name}.stream", "reader")
    with pytest.raises(errors.TimeoutError):
        await subscription.fetch(1, timeout=0.2)
    await js.publish(f"{name}.stream", b"x", headers={"A": "1"})

    [message] = await subscription.fetch(1, timeout=60)

    assert (message.data, message.headers) == (b"x", {"A": "1"})
    await js.delete_stream(name)


async def test_a_flush_is_written_behind_a_subscription(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = LeanClient()
    await client.connect(nats_server.url, allow_reconnect=False)
    transport: Any = client._transport
    written: list[bytes] = []
    write, writelines = transport.write, transport.writelines

    def note(data: bytes) -> None:
        written.append(data)
        write(data)

    def note_all(lines: list[bytes]) -> None:
        written.extend(lines)
        writelines(lines)

    monkeypatch.setattr(transport, "write", note)
    monkeypatch.setattr(transport, "writelines", note_all)

    await client.subscribe("a.b")
    await client.flush()

    sent = b"".join(written)
    assert 0 <= sent.index(b"SUB a.b") < sent.index(b"PING")
    await client.close()


async def test_a_canceled_flush_leaves_the_connection_at_work(nats_server: NatsServer) -> None:
    client = LeanClient()
    await client.connect(nats_server.url, allow_reconnect=False)
    impatient = asyncio.create_task(client.flush())
    while not client._pongs:  # noqa: ASYNC110  # a longer pause would miss it
        await asyncio.sleep(0)

    impatient.cancel()
    await client.flush()

    assert impatient.cancelled()
    with pytest.raises(errors.NoRespondersError):
        await client.request("lean.unanswered", b"", timeout=60)
    await client.close()
