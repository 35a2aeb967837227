"""Composition: the only module that knows everything."""

from fastapi import FastAPI

from checkout_api.adapters.nudge_hub import NudgeHub
from checkout_api.hooks import HookDoor
from checkout_api.settings import Settings
from checkout_api.web import checkouts, events, health, pages, transactions
from checkout_api.web.cors import Cors
from checkout_api.web.dependencies import Deps, page_rules
from gateway_kit.http.asgi import ASGIApp, Receive, Scope, Send, TrustedProxyAddress, edge
from gateway_kit.http.problems import install_error_handlers
from gateway_kit.service import Runtime, run_service

SERVICE = "svc-checkout-api"


def create_app(deps: Deps, hooks: ASGIApp) -> ASGIApp:
    """The customer's API and the hosted pages behind the HTTP edge, and the bare door for webhooks before it."""
    app = FastAPI(title="Checkout API", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.deps = deps
    install_error_handlers(app, render=pages.page_problem)
    # "/create" and "/{id}/events" are fixed names; order does not matter among these routers.
    for module in (health, checkouts, transactions, events, pages):
        app.include_router(module.router)
    proxies = deps.settings.trusted_proxy_addresses
    customers = edge(Cors(app, rules=deps.rules), trusted_proxies=proxies, is_https=deps.is_https)
    providers = TrustedProxyAddress(hooks, trusted=proxies)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        is_hook = scope["type"] == "http" and scope["path"].startswith("/hooks/")
        await (providers if is_hook else customers)(scope, receive, send)

    return dispatch


async def build(rt: Runtime) -> ASGIApp:
    """Wire the service into its runtime."""
    settings = rt.settings
    assert isinstance(settings, Settings)
    nudges = NudgeHub(watchers_max=settings.event_streams_max)
    await nudges.subscribe(rt.nc)
    rt.on_stopping(nudges.close)
    deps = Deps(
        settings=settings,
        owners=rt.rpc,
        directory=rt.config,
        documents=rt.documents,
        nudges=nudges,
        health=rt.health,
        rules=page_rules(settings, rt.config),
    )
    return create_app(deps, HookDoor(rt.nc, trace_sample_ratio=settings.trace_sample_ratio))


def main() -> None:
    """Run until SIGTERM."""
    run_service(Settings(), SERVICE, build)
