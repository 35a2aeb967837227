"""Puts the simulator together."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from gateway_simulators.control import Parts, control_routes
from gateway_simulators.delivery import Deliveries
from gateway_simulators.rules import Rules
from gateway_simulators.store import Store
from gateway_simulators.unmatched import exception_handlers
from gateway_simulators.wise.api import api_routes, unmatched
from gateway_simulators.wise.control import account_of, actions_of
from gateway_simulators.wise.keys import SigningKey
from gateway_simulators.wise.settings import Settings
from gateway_simulators.wise.webhooks import WiseWebhooks
from gateway_simulators.wise.world import World


def build_app(settings: Settings, now: Callable[[], float] = time.time) -> Starlette:
    """The ASGI application; deliveries start and stop with its lifespan."""
    store = Store(settings.state_dir, "wise")
    key = SigningKey(store)
    webhooks = WiseWebhooks(store, key)
    rules = Rules(store, webhooks.subject)
    deliveries = Deliveries(store, rules, settings, webhooks, now)
    world = World(store, rules, deliveries, now)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await deliveries.start()
        yield
        await deliveries.close()
        store.close()

    parts = Parts(store, rules, deliveries, account_of, webhooks.subject, "api_token")
    routes = [*control_routes(parts, actions_of(world, key)), *api_routes(world, key)]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=exception_handlers(unmatched))
