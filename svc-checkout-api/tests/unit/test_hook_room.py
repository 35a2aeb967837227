"""Room at the webhook endpoint: what one sender takes leaves the others theirs."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from webhook_rig import BAD_SIGNATURE, PATH, Broker, Response, call, chunked, endpoint_to

from checkout_api.hook_room import ACCOUNT, ADDRESS, BODIES, PROVEN_MAX, RESERVE, SMALL_BYTES, HookRoom
from gateway_contracts.requests.ingest import HEADER_SENDER, HEADER_STATUS, PROVEN, STATUS_UNVERIFIED
from gateway_contracts.topology import HOOK_BODY_BYTES_MAX
from gateway_kit.http.bodies import Patience
from gateway_testkit.waiting import eventually

OTHER_PATH = "/hooks/stripe/65a5000000000000000000bb"
VERIFIED = {HEADER_STATUS: "200"}
UNVERIFIED = {HEADER_STATUS: STATUS_UNVERIFIED}
HURRY = replace(BODIES, patience=Patience(total_s=0.2, grace_s=0.05, bytes_per_s=1024))


class Slow:
    """A body of which the first piece came, and no more until it is let go."""

    def __init__(self, piece: bytes = b"x") -> None:
        self._piece: bytes | None = piece
        self.may_end = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self._piece is not None:
            piece, self._piece = self._piece, None
            return {"type": "http.request", "body": piece, "more_body": True}
        await self.may_end.wait()
        return {"type": "http.request", "body": b"", "more_body": False}


async def test_a_body_that_never_ends_is_given_up() -> None:
    room = HookRoom(waiting_max=10, bodies=HURRY)
    for piece in (b"", b"{"):
        response = await call(endpoint_to(Broker(), room=room), receive=Slow(piece).receive)
        assert (response.status, response.code, response.headers["connection"]) == (408, "REQUEST_TIMEOUT", "close")
    assert (room.bodies.held.held, room.bodies.readers.held) == (0, 0)


async def test_slow_bodies_of_one_address_leave_genuine_webhooks_their_room() -> None:
    """340 half-sent bodies of 400 kB filled everything before."""
    broker = Broker(UNVERIFIED)
    room = HookRoom(waiting_max=2_000)
    endpoint = endpoint_to(broker, room=room)
    slow = [Slow(b"x" * 400_000) for _ in range(400)]
    waiting = [asyncio.create_task(call(endpoint, receive=one.receive, client="203.0.113.66")) for one in slow]
    await eventually(lambda: sum(task.done() for task in waiting) >= 300)

    assert room.bodies.held.held <= ADDRESS.held_bytes
    assert room.bodies.readers.held <= ADDRESS.readers
    large = chunked(b"x" * (HOOK_BODY_BYTES_MAX // 2), b"x" * (HOOK_BODY_BYTES_MAX // 2))
    assert (await call(endpoint, receive=large)).status == 200
    assert (await call(endpoint, path=OTHER_PATH)).status == 200
    for one in slow:
        one.may_end.set()
    assert {response.status for response in await asyncio.gather(*waiting)} == {200, 429}
    assert room.bodies.held.held == 0


async def test_slow_bodies_of_many_addresses_leave_proven_senders_their_room() -> None:
    broker = Broker(VERIFIED)
    room = HookRoom(waiting_max=2_000)
    endpoint = endpoint_to(broker, room=room)
    assert (await call(endpoint)).status == 200
    addresses = [f"198.51.{number // 250}.{number % 250}" for number in range(2_000)]
    slow = [asyncio.create_task(call(endpoint, receive=Slow().receive, client=address)) for address in addresses]
    await eventually(lambda: sum(task.done() for task in slow) > 500)

    refused = await call(endpoint, client="203.0.113.99")
    assert (refused.status, refused.headers["retry-after"]) == (429, "2"), "the account's open share is taken"
    assert (await call(endpoint)).status == 200, "a proven sender has the reserve"
    assert (await call(endpoint, path=OTHER_PATH, client="203.0.113.99")).status == 200, "another account has its own"
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert room.bodies.readers.held == 0


async def test_webhooks_of_one_account_that_wait_leave_the_others_their_places() -> None:
    broker = Broker(UNVERIFIED)
    broker.released.clear()
    endpoint = endpoint_to(broker, concurrent_max=8)
    waiting = [asyncio.create_task(call(endpoint, client=f"203.0.113.{number}")) for number in range(6)]
    await eventually(lambda: sum(task.done() for task in waiting) == 3)
    assert len(broker.requests) == 3

    other = asyncio.create_task(call(endpoint, path=OTHER_PATH, client="203.0.113.100"))
    await eventually(lambda: len(broker.requests) == 4)
    broker.released.set()

    assert (await other).status == 200
    answers = [response.status for response in await asyncio.gather(*waiting)]
    assert sorted(answers) == [200] * 3 + [429] * 3
    assert (await call(endpoint)).status == 200, "room returns"


async def test_when_everything_is_taken_the_answer_is_503() -> None:
    broker = Broker()
    broker.released.clear()
    endpoint = endpoint_to(broker, concurrent_max=4)
    paths = [f"/hooks/stripe/account-{number}" for number in range(4)]
    waiting = [
        asyncio.create_task(call(endpoint, path=path, client=f"203.0.113.{number}"))
        for number, path in enumerate(paths)
    ]
    await eventually(lambda: any(task.done() for task in waiting))

    refused: list[Response] = [task.result() for task in waiting if task.done()]
    assert [(one.status, one.code, one.headers["retry-after"]) for one in refused] == [(503, "OVERLOADED", "2")]
    broker.released.set()
    await asyncio.gather(*waiting)


async def test_only_what_was_verified_proves_a_sender() -> None:
    for reply, mark in ((VERIFIED, PROVEN), (UNVERIFIED, ""), (BAD_SIGNATURE, "")):
        broker = Broker(reply)
        endpoint = endpoint_to(broker)
        await call(endpoint)
        await call(endpoint)
        await call(endpoint, client="203.0.113.77")
        await call(endpoint, path=OTHER_PATH)

        senders = [request.headers[HEADER_SENDER] for request in broker.requests]
        assert senders == ["203.0.113.5", f"203.0.113.5{mark}", "203.0.113.77", "203.0.113.5"]


async def test_an_unsigned_thin_event_is_a_success_for_the_provider() -> None:
    response = await call(endpoint_to(Broker(UNVERIFIED)))

    assert (response.status, response.body) == (200, b'{"received":true}')


@pytest.mark.parametrize(("size", "counted"), [(SMALL_BYTES, 0), (SMALL_BYTES + 1, SMALL_BYTES + 1)])
async def test_a_small_body_that_is_here_needs_no_room_for_bytes_and_a_large_one_does(size: int, counted: int) -> None:
    broker = Broker()
    broker.released.clear()
    room = HookRoom(waiting_max=10)
    task = asyncio.create_task(call(endpoint_to(broker, room=room), receive=chunked(b"x" * size), here=size))
    await eventually(lambda: len(broker.requests) == 1)

    assert (room.bodies.held.held, room.waiting.held) == (counted, 1)
    broker.released.set()
    assert (await task).status == 200
    assert broker.requests[0].body == b"x" * size
    assert (room.bodies.held.held, room.waiting.held) == (0, 0)


async def test_a_customer_of_ipv6_is_one_sender() -> None:
    broker = Broker(VERIFIED)
    endpoint = endpoint_to(broker)
    await call(endpoint, client="2001:db8:1:2::1")
    await call(endpoint, client="2001:db8:1:2::2")

    senders = [request.headers[HEADER_SENDER] for request in broker.requests]
    assert senders == ["2001:db8:1:2::/64", f"2001:db8:1:2::/64{PROVEN}"]


def test_proven_senders_are_remembered_within_limits() -> None:
    room = HookRoom(waiting_max=4)
    for number in range(PROVEN_MAX + 10):
        room.prove(room.sender(str(number), PATH))

    assert not room.sender("0", PATH).is_proven
    assert room.sender(str(PROVEN_MAX), PATH).is_proven


@pytest.mark.parametrize("kind", ["held_bytes", "readers"])
def test_an_address_has_less_than_an_account_and_an_account_less_than_what_strangers_may_fill(kind: str) -> None:
    address, account, total = getattr(ADDRESS, kind), getattr(ACCOUNT, kind), getattr(BODIES, kind)

    assert 4 * address <= account <= total * (1 - RESERVE)
