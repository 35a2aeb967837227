"""Parts of an answer that decide, and parts that are only recorded (`OutboundLimits.body_s`)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
import pytest_asyncio

from gateway_kit.http.outbound import OutboundAnswer, OutboundClient, OutboundFailed, OutboundLimits

HEAD = b"HTTP/1.1 200 OK\r\n"
Script = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]


class RawReceiver:
    """A server that answers with the bytes of a script, and keeps what it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.over = asyncio.Event()
        self.requests: list[bytes] = []
        self.script: Script = says(HEAD + b"Content-Length: 0\r\n\r\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        with contextlib.suppress(ConnectionError):
            await self.script(writer)
        writer.close()


def says(*parts: bytes, then: Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]] | None = None) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.02)
        if then is not None:
            await then(writer)

    return script


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[RawReceiver]:
    receiver = RawReceiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield receiver
    receiver.over.set()
    server.close()
    await server.wait_closed()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[OutboundClient]:
    """As of a caller for whom the status decides; far more time for it than for the body."""
    limits = OutboundLimits(total_s=60, connect_s=60, read_s=60, body_s=0.3, body_bytes=4096)
    client = OutboundClient(allow_private=True, limits=limits)
    yield client
    await client.aclose()


async def answer_of(client: OutboundClient, receiver: RawReceiver, script: Script) -> OutboundAnswer:
    receiver.script = script
    return await client.post(receiver.url + "/ipn", b"{}", {})


async def test_a_receiver_that_works_on_behind_its_status_has_answered(
    client: OutboundClient, receiver: RawReceiver
) -> None:
    async def hang(writer: asyncio.StreamWriter) -> None:
        await receiver.over.wait()

    answer = await answer_of(client, receiver, says(HEAD + b"Content-Length: 5\r\n\r\n", then=hang))

    assert (answer.status, answer.body_fault) == (200, "timeout")
    assert not receiver.over.is_set()


async def test_a_receiver_without_a_length_that_stays_open_has_answered(
    client: OutboundClient, receiver: RawReceiver
) -> None:
    async def hang(writer: asyncio.StreamWriter) -> None:
        await receiver.over.wait()

    answer = await answer_of(client, receiver, says(HEAD + b"\r\n", b"ok", then=hang))

    assert (answer.status, answer.body, answer.body_fault) == (200, b"ok", "timeout")


async def test_a_body_that_drips_is_read_for_its_time_only(client: OutboundClient, receiver: RawReceiver) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while not receiver.over.is_set():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    answer = await answer_of(client, receiver, says(HEAD + b"Content-Length: 100000\r\n\r\n", then=drip))

    assert (answer.status, answer.body_fault) == (200, "timeout")
    assert answer.body.strip(b".") == b""


@pytest.mark.parametrize(
    ("rest", "fault"),
    [
        (b"Content-Length: 100\r\n\r\nabc", "broken_answer"),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", "broken_answer"),
        # Against the rules of HTTP: nothing more is read of it.
        (b"Transfer-Encoding: chunked\r\n\r\nnot a size\r\n", "timeout"),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n", "timeout"),
    ],
)
@pytest.mark.parametrize("piece", [None, -3, -1, 0, 2])
async def test_a_body_that_breaks_is_noted(
    client: OutboundClient, receiver: RawReceiver, rest: bytes, fault: str, piece: int | None
) -> None:
    """In one packet with its head, or cut near the end of the head."""
    text = HEAD + rest
    cut = len(text) if piece is None else text.index(b"\r\n\r\n") + 4 + piece
    answer = await answer_of(client, receiver, says(text[:cut], text[cut:]))

    assert (answer.status, answer.body_fault) == (200, fault)


async def test_a_connection_is_used_again(client: OutboundClient, receiver: RawReceiver) -> None:
    async def twice(writer: asyncio.StreamWriter) -> None:
        text = HEAD + b"Content-Length: 6\r\n\r\nthanks"
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + text)
        await writer.drain()
        await receiver.over.wait()
        writer.write(text)
        await writer.drain()

    first = await answer_of(client, receiver, twice)
    second = asyncio.create_task(client.post(receiver.url, b"", {}))
    receiver.over.set()

    assert (first.status, first.body, (await second).body) == (200, b"thanks", b"thanks")
    assert len(receiver.requests) == 1


async def test_a_connection_that_is_reset_in_the_body_is_noted(client: OutboundClient, receiver: RawReceiver) -> None:
    async def reset(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    answer = await answer_of(client, receiver, says(HEAD + b"Content-Length: 9\r\n\r\n", b"abc", then=reset))

    assert (answer.status, answer.body_fault) == (200, "broken_answer")


async def test_a_long_body_is_cut_at_its_limit(client: OutboundClient, receiver: RawReceiver) -> None:
    answer = await answer_of(client, receiver, says(HEAD + b"Content-Length: 9000\r\n\r\n" + b"x" * 9000))

    assert (answer.status, len(answer.body), answer.body_fault) == (200, 4096, None)


async def test_long_headers_are_read(client: OutboundClient, receiver: RawReceiver) -> None:
    cookie = b"Set-Cookie: a=" + b"x" * 20_000 + b"\r\n"
    answer = await answer_of(client, receiver, says(HEAD + cookie + b"Content-Length: 0\r\n\r\n"))

    assert answer.status == 200


async def test_a_whole_body_has_no_fault(client: OutboundClient, receiver: RawReceiver) -> None:
    answer = await answer_of(client, receiver, says(HEAD + b"Content-Length: 6\r\n\r\nthanks"))

    assert (answer.status, answer.body, answer.body_fault) == (200, b"thanks", None)


@pytest.mark.parametrize("text", [b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 20", b"no answer\r\n\r\n"])
async def test_an_answer_without_a_whole_head_is_none(
    client: OutboundClient, receiver: RawReceiver, text: bytes
) -> None:
    with pytest.raises(OutboundFailed) as failed:
        await answer_of(client, receiver, says(text))

    assert failed.value.fault == "broken_answer"


async def test_where_the_body_counts_its_failure_is_one(receiver: RawReceiver) -> None:
    """Key services: half an answer is none."""
    client = OutboundClient(allow_private=True, limits=OutboundLimits(total_s=60, connect_s=60, read_s=60))
    with pytest.raises(OutboundFailed):
        await answer_of(client, receiver, says(HEAD + b"Content-Length: 100\r\n\r\nabc"))
    await client.aclose()
