"""One answer for all who ask the same at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass
class _Line(Generic[Answer]):
    """The call under way, and the one after it for those who came meanwhile."""

    running: asyncio.Task[Answer]
    following: asyncio.Task[Answer] | None = None


class SharedAnswers(Generic[Answer]):
    """Asks at most once at a time per key, and at most once more for all who came while that was under way.

    A caller never gets the answer to a question that was asked before it came: what it reports may have happened after
    that.
    """

    def __init__(self) -> None:
        self._lines: dict[Hashable, _Line[Answer]] = {}

    @property
    def keys(self) -> int:
        """How many different questions are being asked."""
        return len(self._lines)

    async def ask(self, key: Hashable, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer to a call that begins now or later. It ends with its own deadline, also when the caller leaves.

        Raises:
            Exception: what the call raised.
        """
        line = self._lines.get(key)
        if line is not None and line.running.done():
            # The one after it has begun, or there is none.
            line = None if line.following is None else _Line(line.following)
        if line is None:
            line = _Line(self._begin(key, call, None))
        elif line.following is None:
            line.following = self._begin(key, call, line.running)
        self._lines[key] = line
        return await asyncio.shield(line.following or line.running)

    def _begin(
        self, key: Hashable, call: Callable[[], Awaitable[Answer]], earlier: asyncio.Task[Answer] | None
    ) -> asyncio.Task[Answer]:
        async def asked() -> Answer:
            if earlier is not None:
                await asyncio.wait([earlier])
            return await call()

        def ended(task: asyncio.Task[Answer]) -> None:
            if not task.cancelled():
                task.exception()  # seen, also when every caller has left
            line = self._lines.get(key)
            if line is not None and line.running.done() and (line.following is None or line.following.done()):
                del self._lines[key]

        task = asyncio.create_task(asked())
        task.add_done_callback(ended)
        return task
