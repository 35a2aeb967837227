"""Handlers of consumers in tests: one for a consumer of the topology, and the one that a router has."""

from collections.abc import Awaitable, Callable
from typing import Any

from gateway_kit.nats.consumers import EventRouter

Handler = Callable[[Any], Awaitable[None]]


def router_of(durable: str, handler: Handler) -> EventRouter:
    """A router with this one handler."""
    router = EventRouter()
    router.subscriber(durable)(handler)
    return router


def handler_of(router: EventRouter, durable: str) -> Handler:
    """The registered function, without the middlewares.

    Raises:
        ValueError: the router has not exactly one for this consumer.
    """
    (subscriber,) = (each for each in router.durable_subscribers if each.spec.durable == durable)
    (call,) = subscriber.calls
    return call.handler
