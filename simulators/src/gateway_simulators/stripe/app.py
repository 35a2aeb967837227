"""Puts the simulator together."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from gateway_simulators.clock import SimulatedClock, Timers
from gateway_simulators.control import Parts, control_routes
from gateway_simulators.delivery import Deliveries
from gateway_simulators.idempotency import SavedAnswers
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store
from gateway_simulators.stripe import disputes
from gateway_simulators.stripe.context import Call, World
from gateway_simulators.stripe.errors import ApiError
from gateway_simulators.stripe.events import StripeWebhooks
from gateway_simulators.stripe.settings import Settings
from gateway_simulators.stripe.web.api import api_routes, unmatched
from gateway_simulators.stripe.web.control import account_of, actions_of
from gateway_simulators.stripe.web.pages import page_routes
from gateway_simulators.unmatched import exception_handlers


def build_app(settings: Settings, now: Callable[[], float] = time.time) -> Starlette:
    """The ASGI application; deliveries and timers start and stop with its lifespan."""
    store = Store(settings.state_dir, "stripe")
    webhooks = StripeWebhooks(store)
    rules = Rules(store, webhooks.subject)
    deliveries = Deliveries(store, rules, settings, webhooks, now)
    clock = SimulatedClock(store, now)

    def dispute(payload: Json) -> None:
        intent = store.get("payment_intent", payload["intent"])
        if intent is not None:
            try:
                disputes.dispute(Call.for_owner(world, intent), intent, payload["how"])
            except ApiError:
                return  # closed or refunded meanwhile

    timers = Timers(store, clock, {"dispute": dispute})
    world = World(store, rules, deliveries, clock, settings.public_origin, timers)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await deliveries.start()
        await timers.start()
        yield
        await timers.close()
        await deliveries.close()
        store.close()

    parts = Parts(store, rules, deliveries, account_of, webhooks.subject, "secret_key", clock, timers)
    routes = [
        *control_routes(parts, actions_of(world)),
        *page_routes(world),
        *api_routes(world, SavedAnswers(store)),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=exception_handlers(unmatched))
