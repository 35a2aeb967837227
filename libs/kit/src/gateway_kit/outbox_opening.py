"""Opens the outbox of a service's database: its relay, what is measured of it, and what readiness says about it."""

from typing import TYPE_CHECKING, Any

from pymongo.asynchronous.database import AsyncDatabase

from gateway_kit.gauges import add_outbox_gauge, add_set_aside_gauge
from gateway_kit.mongo.outbox import COLLECTION
from gateway_kit.nats.relay import OutboxRelay

if TYPE_CHECKING:
    from gateway_kit.service import Runtime


def open_outbox(runtime: "Runtime", db: AsyncDatabase[dict[str, Any]]) -> OutboxRelay:
    """The relay; it runs with the service and hands out what is left at its end."""
    relay = OutboxRelay(db, runtime.nc, runtime.js, runtime.clock, runtime.set_aside)
    runtime.background("outbox-relay", relay.run)
    runtime.on_close(relay.drain)
    runtime.set_aside.on_redrive(COLLECTION, relay.redrive, count=relay.count_set_aside)
    add_outbox_gauge(runtime.metrics, db, runtime.clock)
    add_set_aside_gauge(runtime.metrics, runtime.set_aside)
    runtime.health.count_set_aside(runtime.set_aside.counts)
    runtime.health.add("outbox", relay.check)
    return relay
