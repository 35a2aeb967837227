"""Puts the simulator together."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from gateway_simulators.clock import SimulatedClock, Timers
from gateway_simulators.control import Parts, control_routes
from gateway_simulators.delivery import Deliveries
from gateway_simulators.idempotency import SavedAnswers
from gateway_simulators.paypal import captures, disputes, orders
from gateway_simulators.paypal.api import api_routes
from gateway_simulators.paypal.context import Call, World
from gateway_simulators.paypal.control import account_of, actions_of
from gateway_simulators.paypal.errors import ApiError
from gateway_simulators.paypal.gate import KEPT_S, unmatched
from gateway_simulators.paypal.keys import SigningKey, new_key
from gateway_simulators.paypal.pages import page_routes
from gateway_simulators.paypal.settings import Settings
from gateway_simulators.paypal.webhooks import PayPalWebhooks
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store
from gateway_simulators.unmatched import exception_handlers


def build_app(settings: Settings, now: Callable[[], float] = time.time, *, key: SigningKey | None = None) -> Starlette:
    """The ASGI application; deliveries and timers start and stop with its lifespan."""
    store = Store(settings.state_dir, "paypal")
    key = key or new_key()
    webhooks = PayPalWebhooks(store, key, settings.public_origin)
    rules = Rules(store, webhooks.subject)
    deliveries = Deliveries(store, rules, settings, webhooks, now)
    clock = SimulatedClock(store, now)
    world = World(store, rules, deliveries, clock, settings.public_origin, settings.day_s)
    timers = Timers(store, clock, _actions(world))
    world.use(timers)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await deliveries.start()
        await timers.start()
        yield
        await timers.close()
        await deliveries.close()
        store.close()

    parts = Parts(store, rules, deliveries, account_of, webhooks.subject, "client_id", clock, timers)
    answers = SavedAnswers(store, KEPT_S)
    routes = [*control_routes(parts, actions_of(world)), *page_routes(world), *api_routes(world, answers, key)]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=exception_handlers(unmatched))


def _actions(world: World) -> dict[str, Callable[[Json], None]]:
    """Run a due action; one that no longer applies is left out."""

    def when(kind: str, name: str, act: Callable[[Call, Json, Json], object]) -> Callable[[Json], None]:
        def run(due: Json) -> None:
            found = world.store.get(kind, due[name])
            if found is None:
                return
            try:
                act(Call(world, found["_account"]), found, due)
            except ApiError:
                return  # it went on otherwise

        return run

    return {
        "reversal": when("order", "order", lambda call, order, due: orders.reverse_approval(call, order)),
        "review": when("capture", "capture", lambda call, capture, due: captures.review(call, capture, due["end"])),
        "dispute": when("capture", "capture", lambda call, capture, due: disputes.dispute(call, capture, due["how"])),
    }
