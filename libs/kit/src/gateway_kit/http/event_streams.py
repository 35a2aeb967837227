"""Server-sent events: how many streams are open, how they end, and their form on the wire.

A stream has no queue. Its generator runs on when the socket has taken what it gave, so a slow reader holds what one
step made and nothing more.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from fastapi.responses import StreamingResponse

from gateway_contracts.errors import RateLimited, Transient
from gateway_kit.allowance import Allowance, Lane
from gateway_kit.http.problems import problem_of

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT_S: Final = 15.0
"""Below the usual 60 s idle timeouts of proxies."""
PROBLEM: Final = "problem"
"""The last event of a stream that ends by an error; browsers use the name ``error`` for lost connections."""
_RETRY_MS: Final = 3000
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Watcher:
    """The side of one stream that waits."""

    def __init__(self, closing: asyncio.Event) -> None:
        self._closing = closing
        self._nudged = asyncio.Event()

    @property
    def is_closing(self) -> bool:
        """Whether the process is shutting down."""
        return self._closing.is_set()

    def nudge(self) -> None:
        """End the present or the next wait."""
        self._nudged.set()

    async def wait(self, timeout_s: float) -> bool:
        """Whether there was a nudge within the time."""
        try:
            await asyncio.wait_for(self._nudged.wait(), timeout_s)
        except TimeoutError:
            return False
        self._nudged.clear()
        return True


class OpenStreams:
    """The streams that this process holds open, by what they watch.

    Args:
        total: open streams at most.
    """

    def __init__(self, *, total: int) -> None:
        self._places = Allowance(total=total)
        self._watchers: dict[str, set[Watcher]] = defaultdict(set)
        self._closing = asyncio.Event()

    @property
    def held(self) -> int:
        """How many are open."""
        return self._places.held

    def close(self) -> None:
        """Let every open stream end."""
        self._closing.set()
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.nudge()

    def nudge(self, key: str) -> None:
        """Report that the watched thing may have changed."""
        for watcher in self._watchers.get(key, ()):
            watcher.nudge()

    @contextmanager
    def watch(self, key: str, *lanes: Lane) -> Iterator[Watcher]:
        """
        Raises:
            Transient: the process holds as many streams as it may, or is shutting down.
            RateLimited: one of the lanes is full.
        """
        full = "total" if self._closing.is_set() else self._places.take(1, *lanes)
        if full == "total":
            raise Transient("too many event streams", code="TOO_MANY_STREAMS", retry_after_s=10)
        if full == "lane":
            raise RateLimited("too many event streams of this caller", code="TOO_MANY_STREAMS", retry_after_s=10)
        watcher = Watcher(self._closing)
        self._watchers[key].add(watcher)
        try:
            yield watcher
        finally:
            self._places.give_back(1, *lanes)
            self._watchers[key].discard(watcher)
            if not self._watchers[key]:
                del self._watchers[key]


Watch = Callable[[], AbstractContextManager[Watcher]]
Events = Callable[[Watcher], AsyncIterator[bytes]]


def event_stream(watch: Watch, events: Events) -> StreamingResponse:
    """A response that streams what ``events`` gives, inside of ``watch``.

    Raises:
        Transient, RateLimited: there is no place for the stream.
    """
    # Afterwards there is no status code left to answer with. A place is taken again when the stream begins: a response
    # that is never sent would not give it back.
    with watch():
        pass
    return StreamingResponse(_within(watch, events), media_type=MEDIA_TYPE, headers=_HEADERS)


async def _within(watch: Watch, events: Events) -> AsyncIterator[bytes]:
    yield retry()
    try:
        with watch() as watcher:
            async for part in events(watcher):
                yield part
            if watcher.is_closing:
                yield retry()
    except Exception as exc:
        if problem_of(exc).status == 500:
            raise
        yield problem(exc)


def retry() -> bytes:
    """When a reader that lost its stream comes back."""
    return f"retry: {_RETRY_MS}\n\n".encode()


def event(name: str, data: object, *, last_id: str | None = None) -> bytes:
    """One event with a JSON value; a reader that lost its stream sends ``last_id`` when it comes back."""
    return event_of_json(name, json.dumps(data, separators=(",", ":")).encode(), last_id=last_id)


def event_of_json(name: str, data: bytes, *, last_id: str | None = None) -> bytes:
    """The same with a value that is JSON already, on one line."""
    return _id(last_id) + b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def heartbeat(*, last_id: str | None = None) -> bytes:
    """A comment; with ``last_id`` the reader's place moves although it gets no event."""
    return b": alive\n" + _id(last_id) + b"\n"


def problem(exc: Exception, *, last_id: str | None = None) -> bytes:
    """The last event of a stream that ends by an error: the usual error body."""
    body: dict[str, Any] = problem_of(exc).body()
    return event(PROBLEM, body, last_id=last_id)


def _id(text: str | None) -> bytes:
    return b"" if text is None else f"id: {text}\n".encode()
