"""A reader whose connection breaks again and again, at any byte, loses no event and gets none twice."""

import asyncio
import contextlib
import json
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from events_world import OTHER, an_event, subject_of
from process_world import Running, system_key
from sse_world import Blocks

from gateway_kit.http.event_streams import PROBLEM
from gateway_testkit.nightly import IS_NIGHTLY
from gateway_testkit.waiting import PATIENCE_S

pytestmark = pytest.mark.integration

DISCONNECTS = 100 if IS_NIGHTLY else 10
PER_SECOND, AT_ONCE = 200, 20
AHEAD_MAX = 400
KINDS = ("transaction.succeeded.v1", "invoice.issued.v1", "ipn.delivered.v1", "tenancy.provider_updated.v1")
BYTES_MAX = 300_000
"""Of one connection before it breaks: at most some hundred events."""


@dataclass
class Writer:
    """Publishes at a steady rate, for the reader's organization and for another one.

    Attributes:
        seen: what the reader has; on a machine that is too slow for the rate, the writer waits for it.
    """

    js: Any
    organization: str
    seen: Callable[[], int]
    stored: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def count(self) -> int:
        return sum(map(len, self.stored.values()))

    @property
    def published(self) -> dict[str, list[str]]:
        """Ids by type, in the order of their stream."""
        return {kind: [identifier for _, identifier in sorted(stored)] for kind, stored in self.stored.items()}

    async def run(self) -> None:
        now = asyncio.get_running_loop().time
        started, number = now(), 0
        while not self.stopping.is_set():
            await asyncio.gather(*(self.publish(number + more) for more in range(AT_ONCE)))
            number += AT_ONCE
            ahead_s = started + number / PER_SECOND - now()
            while ahead_s > 0 or (self.count - self.seen() > AHEAD_MAX and not self.stopping.is_set()):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), max(ahead_s, AT_ONCE / PER_SECOND))
                ahead_s = 0

    async def publish(self, number: int) -> None:
        kind = KINDS[number % len(KINDS)]
        event = an_event(kind, self.organization, sequence=number + 1)
        ack = await self.js.publish(subject_of(event), json.dumps(event).encode())
        self.stored[kind].append((ack.seq, event["id"]))
        if number % 3 == 0:
            foreign = an_event(kind, OTHER)
            await self.js.publish(subject_of(foreign), json.dumps(foreign).encode())


@dataclass
class Tail:
    """A reader that goes on from the last event that it has."""

    http: httpx.AsyncClient
    key: str
    last_id: str | None = None
    seen: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def count(self) -> int:
        return sum(map(len, self.seen.values()))

    async def read(self, *, bytes_max: float, until: int | None = None) -> None:
        """Until so many bytes came, or all events; then the connection breaks."""
        blocks, size = Blocks(), 0
        async with self._connection() as pieces:
            async for piece in pieces:
                kept = piece[: max(0, int(min(len(piece), bytes_max - size)))]
                size += len(piece)
                for block in blocks.feed(kept):
                    self.last_id = block.last_id or self.last_id
                    if block.name == PROBLEM:
                        # On a busy machine the bus may be late: one disconnect more.
                        assert block.body["code"] == "BROKER_UNAVAILABLE", block.data
                    elif block.name:
                        assert block.name in KINDS, block.data
                        self.seen[block.name].append(block.body["id"])
                if size >= bytes_max or self.count == until:
                    return

    async def begin(self) -> None:
        """Until the place of the reader is known."""
        blocks = Blocks()
        async with self._connection() as pieces:
            async for piece in pieces:
                self.last_id = next((block.last_id for block in blocks.feed(piece) if block.last_id), None)
                if self.last_id is not None:
                    return

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncIterator[bytes]]:
        headers = {"Authorization": f"Bearer {self.key}"}
        if self.last_id is not None:
            headers["Last-Event-ID"] = self.last_id
        async with (
            asyncio.timeout(PATIENCE_S),
            self.http.stream("GET", "/api/v1/events/stream", headers=headers) as answer,
        ):
            assert answer.status_code in (200, 503), await answer.aread()
            yield answer.aiter_raw()


async def test_disconnects_lose_and_repeat_nothing(
    running: Running, nats_client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    system = await system_key(running)
    organization = (await running.post("/organizations", system, {"name": "Shop"}))["id"]
    made = await running.post(
        f"/organizations/{organization}/api-keys", system, {"label": "k", "scopes": ["event:read"], "livemode": False}
    )
    tail = Tail(running.http, made["key"])
    writer = Writer(nats_client.jetstream(timeout=PATIENCE_S), organization, lambda: tail.count)
    chance = random.Random(15)  # noqa: S311  # the same breaks in each run
    # Without an event there is a place already, to which the reader comes back.
    await tail.begin()
    assert (tail.last_id is not None, tail.count) == (True, 0)

    started = time.monotonic()
    writing = asyncio.create_task(writer.run())
    for _ in range(DISCONNECTS):
        await tail.read(bytes_max=chance.randint(1, BYTES_MAX))
    writer.stopping.set()
    await writing
    rate = writer.count / (time.monotonic() - started)
    while tail.count < writer.count:
        await tail.read(bytes_max=float("inf"), until=writer.count)

    assert tail.seen == writer.published
    assert writer.count > DISCONNECTS
    if IS_NIGHTLY:
        with capsys.disabled():
            print(f"\n{DISCONNECTS} disconnects, {writer.count} events, {rate:.0f}/s")  # noqa: T201  # for docs/performance.md
