"""A clock that can be set forward, and what is due at some time."""

import asyncio
import heapq
import time
from collections.abc import Callable, Mapping
from typing import Final

from gateway_simulators.ids import new_id
from gateway_simulators.store import Json, Store

_POLL_S: Final = 0.2


class SimulatedClock:
    """Real time plus what it was set forward; survives a restart with the store."""

    def __init__(self, store: Store, real: Callable[[], float] = time.time) -> None:
        self._store = store
        self._real = real

    def __call__(self) -> float:
        """Unix seconds."""
        return self._real() + self.ahead_s

    @property
    def ahead_s(self) -> float:
        """How far it runs ahead of the real time."""
        kept = self._store.get("clock", "clock")
        return float(kept["ahead_s"]) if kept else 0.0

    def advance(self, seconds: float) -> None:
        """Sets it forward; it never goes back."""
        self._store.put("clock", "clock", {"ahead_s": self.ahead_s + seconds})


class Timers:
    """Actions due at a time of the simulated clock, kept in the store: an expiry, a chargeback in ten days."""

    def __init__(self, store: Store, clock: SimulatedClock, actions: Mapping[str, Callable[[Json], None]]) -> None:
        self._store = store
        self._clock = clock
        self._actions = actions
        self._task: asyncio.Task[None] | None = None
        self._queue = [(timer["due_at"], timer["id"]) for timer in store.newest_first("timer")]
        heapq.heapify(self._queue)

    def add(self, action: str, due_at: float, payload: Json) -> None:
        """``actions[action](payload)`` runs once, when the clock has reached ``due_at``."""
        timer_id = new_id("timer")
        self._store.put("timer", timer_id, {"id": timer_id, "action": action, "due_at": due_at, "payload": payload})
        heapq.heappush(self._queue, (due_at, timer_id))

    def run_due(self) -> int:
        """Runs what is due, earliest first, and tells how many that were. Actions may add further timers."""
        ran = 0
        while self._queue and self._queue[0][0] <= self._clock():
            _, timer_id = heapq.heappop(self._queue)
            timer = self._store.get("timer", timer_id)
            if timer is None:
                continue  # everything was forgotten meanwhile
            with self._store.transaction():
                self._store.remove("timer", timer_id)
                self._actions[timer["action"]](timer["payload"])
            ran += 1
        return ran

    async def start(self) -> None:
        """Looks at the clock from now on."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stops looking; what is not due stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self.run_due()
            await asyncio.sleep(_POLL_S)
