"""Follows the event stream of the merchants' API: after a lost connection it goes on from its place, without a gap."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import httpx

from gateway_cli.merchants_api import DEADLINE_S, Connection, Query, Refused, refusal
from gateway_cli.running import Failed

SILENCE_S: Final = 45.0
"""A sign of life comes every 15 seconds; after so many seconds without one the connection is lost."""
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
PATIENCE_S: Final = 600.0
"""For how long a lost connection is tried again."""
_TEMPORARY: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Followed:
    """One event, and the place after it."""

    event: dict[str, Any]
    place: str


@dataclass
class _Block:
    name: str = ""
    data: str = ""
    place: str = ""


class _Lost(Exception):
    """The connection cannot be made at the moment; ``wait_s`` is asked for by the API."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class EventStream:
    """Events after a place; without one, from now on.

    Args:
        notice: called with a sentence whenever something happens to the connection.
    """

    def __init__(self, connection: Connection, query: Query, place: str | None, notice: Callable[[str], None]) -> None:
        self._connection = connection
        self._query = query
        self._place = place
        self._notice = notice

    async def events(self) -> AsyncGenerator[Followed, None]:
        """Each event once, in order.

        Raises:
            Refused: the API refuses the key or the filters.
            httpx.TransportError: the API did not answer at the start.
            Failed: it has not answered for `PATIENCE_S`.
        """
        now = asyncio.get_running_loop().time
        was_connected, lost_at, wait_s = self._place is not None, now(), FIRST_WAIT_S
        while True:
            try:
                async with aclosing(self._connected()) as blocks:
                    async for block in blocks:
                        if wait_s > FIRST_WAIT_S:
                            self._notice("Connected again.")
                        was_connected, lost_at, wait_s = True, now(), FIRST_WAIT_S
                        if block.name:
                            yield Followed(json.loads(block.data), block.place)
                reason, asked_s = "it ended", 0.0
            except _Lost as exc:
                reason, asked_s = str(exc), exc.wait_s
            except httpx.TransportError as exc:
                if not was_connected:
                    raise
                reason, asked_s = type(exc).__name__, 0.0
            if now() - lost_at > PATIENCE_S:
                raise Failed(f"The connection was lost for {PATIENCE_S / 60:.0f} minutes ({reason}).")
            if wait_s == FIRST_WAIT_S:
                self._notice(f"The connection is lost ({reason}); trying again.")
            await asyncio.sleep(min(max(wait_s, asked_s), LONGEST_WAIT_S))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _connected(self) -> AsyncGenerator[_Block, None]:
        """Blocks of one connection."""
        headers = {"last-event-id": self._place} if self._place else {}
        timeout = httpx.Timeout(DEADLINE_S, read=SILENCE_S)
        async with self._connection.http.stream(
            "GET", "/events/stream", params=list(self._query), headers=headers, timeout=timeout
        ) as answer:
            if not answer.is_success:
                await answer.aread()
                self._require_temporary(refusal(answer))
            async for block in _blocks(answer):
                self._place = block.place or self._place
                if block.name == "problem":
                    self._noticed(json.loads(block.data))
                else:
                    yield block

    def _require_temporary(self, refused: Refused) -> None:
        """
        Raises:
            _Lost: it may be tried again.
            Refused: it may not.
        """
        if refused.code == "CURSOR_EXPIRED":
            self._place = refused.body["resumeCursor"]
            self._noticed(refused.body)
            raise _Lost("the place is not kept any more")
        if refused.status in _TEMPORARY:
            raise _Lost(str(refused), refused.retry_after_s)
        raise refused

    def _noticed(self, problem: dict[str, Any]) -> None:
        if problem.get("code") == "CURSOR_EXPIRED":
            self._notice(f"Events since {problem['missingFrom']} may be missing: they are not kept any more.")


async def _blocks(answer: httpx.Response) -> AsyncIterator[_Block]:
    """The blocks of a stream: events and signs of life. One that is cut off is none."""
    block = _Block()
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if not line:
            yield block
            block = _Block()
        elif name == "event":
            block.name = value
        elif name == "data":
            block.data = value
        elif name == "id":
            block.place = value
