"""Puts the simulator together."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from gateway_simulators.clock import SimulatedClock, Timers
from gateway_simulators.control import Parts, control_routes
from gateway_simulators.delivery import Deliveries
from gateway_simulators.gocardless import payments, refunds
from gateway_simulators.gocardless.api import api_routes, unmatched
from gateway_simulators.gocardless.context import Call, World
from gateway_simulators.gocardless.control import account_of, actions_of
from gateway_simulators.gocardless.errors import ApiError
from gateway_simulators.gocardless.pages import page_routes
from gateway_simulators.gocardless.settings import Settings
from gateway_simulators.gocardless.steps import STEPS
from gateway_simulators.gocardless.webhooks import GoCardlessWebhooks
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store
from gateway_simulators.unmatched import exception_handlers


def build_app(settings: Settings, now: Callable[[], float] = time.time) -> Starlette:
    """The ASGI application; deliveries and timers start and stop with its lifespan."""
    store = Store(settings.state_dir, "gocardless")
    webhooks = GoCardlessWebhooks(store)
    rules = Rules(store, webhooks.subject)
    deliveries = Deliveries(store, rules, settings, webhooks, now)
    clock = SimulatedClock(store, now)
    world = World(store, rules, deliveries, clock, settings.public_origin, settings.day_s, settings.with_refunds)
    timers = Timers(store, clock, {"payment": _payment(world), "refund": _refund(world)})
    world.use(timers)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await deliveries.start()
        await timers.start()
        yield
        await timers.close()
        await deliveries.close()
        store.close()

    parts = Parts(store, rules, deliveries, account_of, webhooks.subject, "access_token", clock, timers)
    routes = [*control_routes(parts, actions_of(world)), *page_routes(world), *api_routes(world)]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=exception_handlers(unmatched))


def _payment(world: World) -> Callable[[Json], None]:
    """The bank's plan for a payment; a step that does not fit any more is left out."""

    def run(due: Json) -> None:
        payment = world.store.get("payments", due["payment"])
        if payment is not None and payment["status"] in STEPS[due["step"]].before:
            call = Call(world, payment["_account"])
            payments.advance(call, payment["id"], due["step"])
            call.send()

    return run


def _refund(world: World) -> Callable[[Json], None]:
    def run(due: Json) -> None:
        refund = world.store.get("refunds", due["refund"])
        if refund is None:
            return
        call = Call(world, refund["_account"])
        try:
            refunds.settle(call, refund["id"], due["end"])
        except ApiError:
            return  # it has ended otherwise
        call.send()

    return run
