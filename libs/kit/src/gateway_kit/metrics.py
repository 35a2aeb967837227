"""Metrics of a process, at ``/internal/metrics`` in Prometheus' text format.

How often, how long and with what outcome: requests over HTTP, requests over the bus, messages of consumers. How full:
gauges, which are measured when they are read. Labels are names from our own code, never values of a tenant.
"""

import asyncio
import functools
import ipaddress
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from gateway_kit.logging import get_logger
from gateway_kit.server import Application, Receive, Scope, Send

log = get_logger(__name__)

Read = Callable[[], Awaitable[Mapping[str, float]]]

PATH: Final = "/internal/metrics"
# A gauge that takes longer is left out of this answer: a scrape has a deadline of its own.
READ_TIMEOUT_S: Final = 2.0
# Scrapes come from several sides; what they make the database and the bus do is bounded by this.
CACHE_S: Final = 5.0
LAG_INTERVAL_S: Final = 0.5
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# Whatever a proxy adds: who comes through one is no monitoring system of ours.
_FORWARDED: Final = frozenset({b"x-real-ip", b"x-forwarded-for", b"forwarded"})

HTTP_SECONDS: Final = Histogram(
    "gateway_http_request_seconds", "Requests over HTTP", ["method", "route", "status"], buckets=_BUCKETS
)
RPC_SECONDS: Final = Histogram(
    "gateway_rpc_seconds", "Requests over the bus that this service answered", ["method", "outcome"], buckets=_BUCKETS
)
CONSUMER_SECONDS: Final = Histogram(
    "gateway_consumer_seconds",
    "Messages: handled, known (handled before), retried, parked as dead letters",
    ["consumer", "outcome"],
    buckets=_BUCKETS,
)

PASS_ROWS: Final = Counter(
    "gateway_pass_rows",
    "Rows that passes took: done, failed (tried again later), set aside",
    ["name", "outcome"],
)


@functools.lru_cache(maxsize=2_048)
def http_series(method: str, route: str, status: int) -> Histogram:
    """The series of requests over HTTP with one answer. Finding it among the labels costs more than observing it."""
    return HTTP_SECONDS.labels(method, route, status)


class Metrics:
    """The gauges of one service, beside what its process counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._gauges: list[tuple[Gauge, str | None, Read]] = []
        self._lag = Gauge(
            "gateway_event_loop_lag_seconds",
            "The longest time that the event loop was late since the last reading",
            registry=self._registry,
        )
        self._lag_s = 0.0
        self._cached: tuple[float, bytes] | None = None
        self._measuring = asyncio.Lock()

    def gauge(self, name: str, meaning: str, read: Read, *, label: str | None = None) -> None:
        """Measure something whenever the metrics are read.

        Args:
            name: with its unit, after Prometheus' conventions.
            meaning: shown beside it.
            read: the values by the label's value; without a label one value, under any key. It has two seconds.
            label: what tells the values apart.
        """
        gauge = Gauge(name, meaning, [label] if label else [], registry=self._registry)
        self._gauges.append((gauge, label, read))

    async def text(self) -> bytes:
        """All of it, at most a few seconds old."""
        async with self._measuring:
            if self._cached is None or time.monotonic() - self._cached[0] >= CACHE_S:
                await asyncio.gather(*(self._measure(*each) for each in self._gauges))
                self._lag.set(self._lag_s)
                self._lag_s = 0.0
                self._cached = (time.monotonic(), generate_latest(REGISTRY) + generate_latest(self._registry))
            return self._cached[1]

    async def watch_loop(self) -> None:
        """Notice until cancelled when the event loop is late."""
        while True:
            due = time.monotonic() + LAG_INTERVAL_S
            await asyncio.sleep(LAG_INTERVAL_S)
            self._lag_s = max(self._lag_s, time.monotonic() - due)

    async def _measure(self, gauge: Gauge, label: str | None, read: Read) -> None:
        """Edge: what cannot be measured now is absent, not old."""
        gauge.clear()
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                values = await read()
        except Exception as exc:
            log.warning("metrics.not_measured", gauge=gauge._name, error=type(exc).__name__)
            if label is None:
                gauge.set(float("nan"))
            return
        for key, value in values.items():
            (gauge.labels(key) if label else gauge).set(value)


def with_metrics(application: Application, metrics: Metrics) -> Application:
    """The application, and ``/internal/metrics`` for direct callers from private addresses; others get its 404."""

    async def serving(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or not _is_inside(scope):
            await application(scope, receive, send)
            return
        headers = [(b"content-type", CONTENT_TYPE_LATEST.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": await metrics.text()})

    return serving


def _is_inside(scope: MutableMapping[str, Any]) -> bool:
    if any(name.lower() in _FORWARDED for name, _ in scope["headers"]):
        return False
    try:
        return not ipaddress.ip_address(scope["client"][0]).is_global
    except (TypeError, ValueError):
        return False
