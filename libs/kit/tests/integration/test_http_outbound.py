"""Requests to URLs that merchants chose."""

import asyncio
import contextlib
import gzip
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from gateway_kit.http import outbound
from gateway_kit.http.names import Found
from gateway_kit.http.outbound import (
    ANSWER_BYTES_MAX,
    ForbiddenTarget,
    OutboundClient,
    OutboundFailed,
    OutboundLimits,
    check_target,
)
from gateway_testkit.waiting import eventually

PATIENT = OutboundLimits(total_s=60, connect_s=60, read_s=60)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Receiver:
    """A server on a free port whose behaviour a test sets."""

    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.hits: list[dict[str, Any]] = []
        self.over = asyncio.Event()
        self.handler: Handler = self.ok

    async def ok(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="thanks", headers={"X-Answer": "yes"})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.hits.append({"path": request.path, "body": await request.read(), "headers": request.headers})
        return await self.handler(request)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{receiver.port}"
    yield receiver
    receiver.over.set()
    await runner.cleanup()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[OutboundClient]:
    client = OutboundClient(allow_private=True, limits=PATIENT)
    yield client
    await client.aclose()


@pytest_asyncio.fixture
async def hasty() -> AsyncIterator[OutboundClient]:
    """Gives up after half a second."""
    client = OutboundClient(allow_private=True, limits=OutboundLimits(total_s=0.5))
    yield client
    await client.aclose()


async def test_the_bytes_arrive_as_they_are(client: OutboundClient, receiver: Receiver) -> None:
    answer = await client.post(receiver.url + "/ipn?x=1", b'{"a": 1}', {"Content-Type": "application/json", "X-A": "b"})

    assert (answer.status, answer.body, answer.headers["x-answer"]) == (200, b"thanks", "yes")
    [hit] = receiver.hits
    assert hit["body"] == b'{"a": 1}'
    assert hit["headers"]["X-A"] == "b"
    assert hit["headers"]["Content-Type"] == "application/json"


async def test_names_under_localhost_are_this_machine(client: OutboundClient, receiver: Receiver) -> None:
    answer = await client.post(f"http://shop.localhost:{receiver.port}/", b"", {})

    assert answer.status == 200


async def test_a_redirect_is_an_answer_and_is_not_followed(client: OutboundClient, receiver: Receiver) -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": receiver.url + "/elsewhere"})

    receiver.handler = redirect
    answer = await client.post(receiver.url + "/a", b"", {})

    assert answer.status == 307
    assert [hit["path"] for hit in receiver.hits] == ["/a"]


async def test_cookies_are_not_kept(client: OutboundClient, receiver: Receiver) -> None:
    async def cookie(request: web.Request) -> web.StreamResponse:
        return web.Response(headers={"Set-Cookie": "a=b"})

    receiver.handler = cookie
    for _ in range(2):
        await client.post(receiver.url, b"", {})

    assert "Cookie" not in receiver.hits[1]["headers"]


async def test_a_long_answer_is_cut(client: OutboundClient, receiver: Receiver) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 65536)
        return response

    receiver.handler = endless
    answer = await client.post(receiver.url, b"", {})

    assert len(answer.body) == ANSWER_BYTES_MAX


async def test_a_compressed_answer_is_not_unpacked(client: OutboundClient, receiver: Receiver) -> None:
    async def bomb(request: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(b"0" * 10_000_000), headers={"Content-Encoding": "gzip"})

    receiver.handler = bomb
    answer = await client.post(receiver.url, b"", {})

    assert answer.body[:2] == b"\x1f\x8b"


async def test_a_receiver_that_does_not_answer_is_given_up(hasty: OutboundClient, receiver: Receiver) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await receiver.over.wait()
        return web.Response()

    receiver.handler = hang
    started = time.monotonic()
    with pytest.raises(OutboundFailed) as failed:
        await hasty.post(receiver.url, b"", {})
    took_ms = (time.monotonic() - started) * 1000

    assert failed.value.fault == "timeout"
    assert 450 <= failed.value.duration_ms <= took_ms + 1
    assert not receiver.over.is_set()


async def test_a_receiver_that_drips_is_given_up(hasty: OutboundClient, receiver: Receiver) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not receiver.over.is_set():
            await response.write(b".")
            await asyncio.sleep(0.05)
        return response

    receiver.handler = drip
    with pytest.raises(OutboundFailed) as failed:
        await hasty.post(receiver.url, b"", {})

    assert failed.value.fault == "timeout"


async def test_a_cut_connection_is_a_broken_answer(client: OutboundClient, receiver: Receiver) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    receiver.handler = cut
    with pytest.raises(OutboundFailed) as failed:
        await client.post(receiver.url, b"", {})

    assert failed.value.fault == "broken_answer"


async def test_a_closed_port_is_not_connected(client: OutboundClient) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        # Bound and not listening: no other process gets it meanwhile.
        with pytest.raises(OutboundFailed) as failed:
            await client.post(f"http://127.0.0.1:{probe.getsockname()[1]}/", b"", {})

    assert failed.value.fault == "not_connected"


async def test_plain_http_to_a_tls_client_fails_the_handshake(client: OutboundClient, receiver: Receiver) -> None:
    with pytest.raises(OutboundFailed) as failed:
        await client.post(receiver.url.replace("http:", "https:"), b"", {})

    assert failed.value.fault == "tls_failed"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/x", "https://169.254.169.254/latest", "https://0/",
        "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://[fe80::1]/",
        "https://2130706433/", "https://127.1/", "https://0.0.0.0/", "http://example.org/", "ftp://example.org/",
        "file:///etc/passwd", "gopher://example.org", "//example.org/", "example.org", "", "https://", "https:///x",
        "https://[::1", "https://example.org:99999/", "https://" + "a" * 3000,
    ],
)  # fmt: skip
def test_forms_that_are_not_called(url: str) -> None:
    with pytest.raises(ForbiddenTarget):
        check_target(url)


@pytest.mark.parametrize("url", ["https://shop.example/ipn?a=b", "https://shop.example:8443/", "https://8.8.8.8/"])
def test_forms_that_are_called(url: str) -> None:
    assert str(check_target(url)) == url


class FixedNames:
    """Every name has these addresses."""

    def __init__(self, *addresses: str) -> None:
        self._found = Found(
            tuple((socket.AF_INET6 if ":" in text else socket.AF_INET, text) for text in addresses), ttl_s=30
        )

    async def look_up(self, host: str, family: socket.AddressFamily) -> Found:
        return self._found

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.8"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["64:ff9b::a00:1"],
     ["fd00:ec2::254"], ["2002:7f00:1::"], ["127.0.0.1", "::1"]],
)  # fmt: skip
async def test_a_name_that_points_inside_is_not_called(receiver: Receiver, addresses: list[str]) -> None:
    client = OutboundClient(limits=PATIENT, names=FixedNames(*addresses))
    with pytest.raises(OutboundFailed) as failed:
        await client.post(f"https://evil.example:{receiver.port}/", b"", {})
    await client.aclose()

    assert failed.value.fault == "forbidden_target"
    assert receiver.hits == []


async def test_an_address_that_changes_after_the_check_is_stopped_at_the_socket(receiver: Receiver) -> None:
    """The guard of the resolver is taken away, as if the name had been rebound after it."""
    client = OutboundClient(limits=PATIENT, names=FixedNames("127.0.0.1"))
    client._open()
    assert client._resolver is not None
    client._resolver._allow_private = True
    with pytest.raises(OutboundFailed) as failed:
        await client.post(f"https://evil.example:{receiver.port}/", b"", {})
    await client.aclose()

    assert failed.value.fault == "forbidden_target"
    assert receiver.hits == []


async def test_closed_addresses_of_a_name_are_left_out_and_open_ones_used() -> None:
    names = FixedNames("10.0.0.1", "203.0.113.7", "8.8.8.8")
    resolver = outbound._GuardedResolver(names, allow_private=False)

    found = await resolver.resolve("shop.example", 443)
    await resolver.close()

    assert [entry["host"] for entry in found] == ["8.8.8.8"]


async def test_an_unknown_name_is_said() -> None:
    client = OutboundClient(names=FixedNames())
    with pytest.raises(OutboundFailed) as failed:
        await client.post("https://unknown.example/", b"", {})
    await client.aclose()

    assert failed.value.fault == "name_not_found"


async def test_a_closed_client_opens_no_connection(receiver: Receiver) -> None:
    client = OutboundClient(allow_private=True, limits=PATIENT)
    await client.aclose()
    with pytest.raises(OutboundFailed) as failed:
        await client.post(receiver.url, b"", {})

    assert failed.value.fault == "not_connected"
    assert receiver.hits == []


async def test_connections_to_one_host_are_bounded(receiver: Receiver) -> None:
    client = OutboundClient(allow_private=True, limits=replace(PATIENT, connections_per_host=3))
    active, most = 0, 0

    async def count(request: web.Request) -> web.StreamResponse:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await receiver.over.wait()
        active -= 1
        return web.Response()

    receiver.handler = count
    posts = [asyncio.create_task(client.post(receiver.url, b"", {})) for _ in range(12)]
    await eventually(lambda: active == 3 and waiting_for_a_connection(client) == 9)
    receiver.over.set()
    await asyncio.gather(*posts)
    await client.aclose()

    assert most == 3


def waiting_for_a_connection(client: OutboundClient) -> int:
    assert client._session is not None
    assert client._session.connector is not None
    return sum(map(len, client._session.connector._waiters.values()))
