"""An open loop: webhooks leave at a fixed rate whatever comes back, and latency counts from when each was due."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from bench.processor import Stolen
from bench.receiver import Receiver

# What is not there this long after the last webhook counts as lost.
PATIENCE_S: Final = 30.0
# The first second warms connections and caches up and is not counted.
WARM_UP_S: Final = 1.0
_CONNECTIONS_MAX: Final = 256


@dataclass(frozen=True)
class Due:
    """One webhook and the payment whose notification it causes."""

    payment_id: str
    request: bytes


@dataclass
class Spread:
    """Latencies from due webhook to notification, in seconds, sorted; ``lost`` never arrived.

    ``stolen_percent`` of the processors' time the host gave to other machines meanwhile.
    """

    rate: int
    latencies_s: list[float] = field(default_factory=list)
    lost: int = 0
    refused: int = 0
    stolen_percent: float = float("nan")

    def percentile_ms(self, percent: float) -> float:
        """The latency that this share did not exceed, in milliseconds."""
        if not self.latencies_s:
            return float("nan")
        return self.latencies_s[min(len(self.latencies_s) - 1, int(len(self.latencies_s) * percent / 100))] * 1000


class Pool:
    """Keep-alive connections to one port, as many as there are requests at the same time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._slots = asyncio.Semaphore(_CONNECTIONS_MAX)

    async def post(self, request: bytes) -> int:
        """The status of the answer; 0 when the connection broke."""
        async with self._slots:
            try:
                reader, writer = (
                    self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
                )
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                at = head.index(b"content-length: ") + len(b"content-length: ")
                await reader.readexactly(int(head[at : head.index(b"\r\n", at)]))
            except (OSError, EOFError, ValueError):
                return 0
            self._idle.append((reader, writer))
            return int(head[9:12])

    def close(self) -> None:
        """Drop all connections."""
        for _, writer in self._idle:
            writer.close()


async def fire(due: list[Due], *, port: int, rate: int, receiver: Receiver) -> Spread:
    """Send all at that rate, wait for their notifications, and measure."""
    pool, stolen = Pool(port), Stolen()
    begin = time.perf_counter() + 0.2
    moments = {item.payment_id: begin + number / rate for number, item in enumerate(due)}
    sending: list[asyncio.Task[int]] = []
    for item in due:
        pause = moments[item.payment_id] - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        sending.append(asyncio.create_task(pool.post(item.request)))
    statuses = await asyncio.gather(*sending)
    await receiver.wait_for(moments, PATIENCE_S)
    pool.close()
    counted = [item.payment_id for item in due if moments[item.payment_id] >= begin + WARM_UP_S]
    found = sorted(receiver.arrived[name] - moments[name] for name in counted if name in receiver.arrived)
    return Spread(
        rate,
        found,
        lost=sum(name not in receiver.arrived for name in moments),
        refused=sum(status != 200 for status in statuses),
        stolen_percent=stolen.percent(),
    )
