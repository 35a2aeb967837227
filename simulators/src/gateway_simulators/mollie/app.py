"""Puts the simulator together."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from gateway_simulators.clock import SimulatedClock, Timers
from gateway_simulators.control import Parts, control_routes
from gateway_simulators.delivery import Deliveries
from gateway_simulators.idempotency import SavedAnswers
from gateway_simulators.mollie import payments, reversals
from gateway_simulators.mollie.context import Call, World
from gateway_simulators.mollie.events import MollieWebhooks
from gateway_simulators.mollie.settings import Settings
from gateway_simulators.mollie.web.api import api_routes, unmatched
from gateway_simulators.mollie.web.control import account_of, actions_of
from gateway_simulators.mollie.web.gate import KEPT_S
from gateway_simulators.mollie.web.pages import page_routes
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store
from gateway_simulators.unmatched import exception_handlers


def build_app(settings: Settings, now: Callable[[], float] = time.time) -> Starlette:
    """The ASGI application; deliveries and timers start and stop with its lifespan."""
    store = Store(settings.state_dir, "mollie")
    webhooks = MollieWebhooks(store)
    rules = Rules(store, webhooks.subject)
    deliveries = Deliveries(store, rules, settings, webhooks, now)
    clock = SimulatedClock(store, now)
    actions: dict[str, Callable[[Json], None]] = {}
    timers = Timers(store, clock, actions)
    world = World(store, rules, deliveries, clock, settings.public_origin, timers)
    actions |= {
        "expire": lambda payload: _expire(world, payload),
        "refund": lambda payload: _refund(world, payload),
        "chargeback": lambda payload: _charge_back(world, payload),
    }

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await deliveries.start()
        await timers.start()
        yield
        await timers.close()
        await deliveries.close()
        store.close()

    parts = Parts(store, rules, deliveries, account_of, webhooks.subject, "api_key", clock, timers)
    routes = [
        *control_routes(parts, actions_of(world)),
        *page_routes(world),
        *api_routes(world, SavedAnswers(store, KEPT_S)),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=exception_handlers(unmatched))


def _expire(world: World, payload: Json) -> None:
    payment = world.store.get("payment", payload["payment"])
    # A customer who has begun (pending) keeps the bank's own deadline.
    if payment is not None and payment["status"] == "open":
        payments.finish(Call.for_owner(world, payment), payment, "expired")


def _refund(world: World, payload: Json) -> None:
    refund = world.store.get("refund", payload["refund"])
    if refund is not None and reversals.is_undecided(refund):
        reversals.settle_refund(Call.for_owner(world, refund), refund, "refunded")


def _charge_back(world: World, payload: Json) -> None:
    payment = world.store.get("payment", payload["payment"])
    if payment is not None and payment["status"] == "paid":
        reversals.charge_back(Call.for_owner(world, payment), payment, payload["how"])
