"""Puts the simulator together."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from gateway_simulators.stripe.context import World
from gateway_simulators.stripe.delivery import Deliveries
from gateway_simulators.stripe.idempotency import SavedAnswers
from gateway_simulators.stripe.rules import Rules
from gateway_simulators.stripe.settings import Settings
from gateway_simulators.stripe.store import Store
from gateway_simulators.stripe.web.api import api_routes
from gateway_simulators.stripe.web.control import control_routes
from gateway_simulators.stripe.web.pages import page_routes


def build_app(settings: Settings, now: Callable[[], float] = time.time) -> Starlette:
    """The ASGI application; deliveries start and stop with its lifespan."""
    store = Store(settings.state_dir)
    rules = Rules(store)
    deliveries = Deliveries(store, rules, settings, now)
    world = World(store, rules, deliveries, now, settings.public_origin)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await deliveries.start()
        yield
        await deliveries.close()
        store.close()

    routes = [*control_routes(world, deliveries), *page_routes(world), *api_routes(world, SavedAnswers(store))]
    return Starlette(routes=routes, lifespan=lifespan)
