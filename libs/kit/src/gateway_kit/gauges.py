"""Gauges of every service: how far it is behind."""

from collections.abc import Mapping
from typing import Any

from nats.js import JetStreamContext
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.clock import Clock
from gateway_contracts.collections import DATABASES
from gateway_contracts.topology import CONSUMERS, ConsumerSpec
from gateway_kit.metrics import Metrics
from gateway_kit.mongo.outbox import Outbox
from gateway_kit.nats.backlog import Backlog
from gateway_kit.set_aside import STREAM as DEAD_LETTERS
from gateway_kit.set_aside import SetAside


def add_bus_gauges(metrics: Metrics, js: JetStreamContext, service: str) -> None:
    """Of each of its durable consumers: what waits, what is being handled, what was given up."""
    own = [spec for spec in CONSUMERS if spec.service == service]
    if not own:
        return

    async def waiting() -> Mapping[str, float]:
        return {spec.durable: await _info(js, spec, "num_pending") for spec in own}

    async def unacknowledged() -> Mapping[str, float]:
        return {spec.durable: await _info(js, spec, "num_ack_pending") for spec in own}

    async def parked() -> Mapping[str, float]:
        counts: dict[str, float] = {}
        for spec in own:
            info = await js.stream_info(DEAD_LETTERS, subjects_filter=spec.dead_subject)
            counts[spec.durable] = (info.state.subjects or {}).get(spec.dead_subject, 0)
        if service in DATABASES:
            info = await js.stream_info(DEAD_LETTERS, subjects_filter=f"dead.*.{service}")
            counts[service] = sum((info.state.subjects or {}).values())
        return counts

    metrics.gauge("gateway_consumer_pending", "Messages that are not delivered yet", waiting, label="consumer")
    metrics.gauge(
        "gateway_consumer_unacknowledged", "Messages under way or waiting for a retry", unacknowledged, label="consumer"
    )
    metrics.gauge(
        "gateway_dead_letters",
        "Messages that were given up; rows under their service",
        parked,
        label="consumer",
    )


def add_backlog_gauge(metrics: Metrics, backlog: Backlog, service: str) -> None:
    """Of each of its consumers: what left the queue and waits for a later attempt."""
    own = [spec.durable for spec in CONSUMERS if spec.service == service]

    async def waiting() -> Mapping[str, float]:
        return {durable: await backlog.count(durable) for durable in own}

    metrics.gauge(
        "gateway_backlog",
        "Messages that wait in the database for an attempt, counted to 10,000",
        waiting,
        label="consumer",
    )


def add_set_aside_gauge(metrics: Metrics, set_aside: SetAside) -> None:
    """How many rows of its database wait for an operator."""

    async def counted() -> Mapping[str, float]:
        return dict(await set_aside.counts())

    metrics.gauge("gateway_set_aside", "Rows that were set aside and not redriven", counted, label="source")


def add_outbox_gauge(metrics: Metrics, db: AsyncDatabase[dict[str, Any]], clock: Clock) -> None:
    """How old the oldest event is that is not known to be published."""
    outbox = Outbox(db)

    async def age() -> Mapping[str, float]:
        now = clock.now()
        ages = [(now - oldest).total_seconds() for _, oldest in await outbox.lanes()]
        return {"": max(ages, default=0.0)}

    metrics.gauge(
        "gateway_outbox_age_seconds",
        "Age of the oldest event that is not marked as published; marks are written once a second",
        age,
    )


async def _info(js: JetStreamContext, spec: ConsumerSpec, field: str) -> float:
    return float(getattr(await js.consumer_info(spec.stream, spec.durable), field) or 0)
