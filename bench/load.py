"""The load generator: its own process, raw sockets, requests prepared before the clock starts."""

import asyncio
import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from typing import cast

import uvloop

from bench.provider import Account, Shot, shots

# However slow the other side is, a load ends.
DEADLINE_S = 60.0
WARM_UP = 1_000


@dataclass(frozen=True)
class Plan:
    """One closed loop: every connection sends its next request when it has the answer to the last."""

    port: int
    account: Account
    run: str
    connections: int
    count: int
    seed: int = 1


@dataclass
class Outcome:
    """Results of a load.

    Attributes:
        acknowledged: ids of events that got a 2xx at least once.
        answers: (kind, status) → count; status 0 is a connection that broke.
        latencies_s: of 2xx answers, sorted, without the warm-up.
        seconds: from the end of the warm-up to the last answer.
        measured: 2xx answers in that time.
    """

    acknowledged: set[str] = field(default_factory=set)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    seconds: float = 0.0
    measured: int = 0

    @property
    def per_s(self) -> float:
        """Accepted webhooks per second."""
        return self.measured / self.seconds if self.seconds else 0.0

    def percentile_ms(self, percent: float) -> float:
        """The latency that this share of the answers did not exceed, in milliseconds."""
        if not self.latencies_s:
            return float("nan")
        index = min(len(self.latencies_s) - 1, int(len(self.latencies_s) * percent / 100))
        return self.latencies_s[index] * 1000


class _Run:
    """The requests still to be sent, and what came back."""

    def __init__(self, queue: list[Shot]) -> None:
        self._queue = iter(queue)
        self._answered = 0
        self._started = time.perf_counter()
        self.outcome = Outcome()

    def next(self) -> Shot | None:
        return next(self._queue, None)

    def record(self, shot: Shot, status: int, seconds: float) -> None:
        outcome = self.outcome
        outcome.answers[shot.kind, status] += 1
        self._answered += 1
        if self._answered == WARM_UP:
            self._started = time.perf_counter()
        if 200 <= status < 300:
            outcome.acknowledged.add(shot.event_id)
            if self._answered > WARM_UP:
                outcome.measured += 1
                outcome.latencies_s.append(seconds)
        outcome.seconds = time.perf_counter() - self._started


class _Client(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, run: _Run, done: asyncio.Future[None]) -> None:
        self._run = run
        self._done = done
        self._buffer = b""
        self._shot: Shot | None = None
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._fire()

    def _fire(self) -> None:
        self._shot = self._run.next()
        if self._shot is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(self._shot.request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self._buffer.find(b"content-length: ") + len(b"content-length: ")
        length = int(self._buffer[at : self._buffer.find(b"\r\n", at)])
        if len(self._buffer) < end + 4 + length:
            return
        status = int(self._buffer[9:12])
        self._buffer = b""
        assert self._shot is not None
        self._run.record(self._shot, status, time.perf_counter() - self._sent)
        self._fire()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._shot is not None:
            self._run.record(self._shot, 0, 0.0)
        if not self._done.done():
            self._done.set_result(None)


async def _fire_all(plan: Plan) -> Outcome:
    loop = asyncio.get_running_loop()
    run = _Run(shots(plan.account, run=plan.run, count=plan.count, seed=plan.seed))
    finished: list[asyncio.Future[None]] = []
    for _ in range(plan.connections):
        done: asyncio.Future[None] = loop.create_future()
        finished.append(done)
        await loop.create_connection(lambda done=done: _Client(run, done), "127.0.0.1", plan.port)  # type: ignore[misc]  # binds this turn's future
    await asyncio.wait(finished, timeout=DEADLINE_S)
    run.outcome.latencies_s.sort()
    return run.outcome


def _child(plan: Plan, pipe: Pipe) -> None:
    pipe.send(uvloop.run(_fire_all(plan)))
    pipe.close()


def fire(plan: Plan) -> Outcome:
    """Run the plan in its own process and return what it saw."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(plan, sender), daemon=True)
    process.start()
    sender.close()
    try:
        outcome: Outcome = receiver.recv()
    finally:
        process.join(timeout=10)
        if process.is_alive():
            process.kill()
    return outcome
