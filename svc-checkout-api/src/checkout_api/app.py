"""Composition: the only module that knows everything."""

from fastapi import FastAPI

from checkout_api.adapters.nudge_hub import NudgeHub
from checkout_api.hooks import FAILED_SIGNATURES, WebhookEndpoint
from checkout_api.settings import Settings
from checkout_api.web import checkouts, events, health, pages, plain_form, transactions
from checkout_api.web.cors import Cors
from checkout_api.web.dependencies import PAY_POLICY, Deps, page_rules, proofs_of
from checkout_api.web.openapi import PATH, install_openapi
from checkout_api.web.rendering import ASSETS_PATH
from gateway_kit.http.asgi import ASGIApp, Receive, Scope, Send, TrustedProxyAddress
from gateway_kit.http.edge import edge
from gateway_kit.http.problems import install_error_handlers
from gateway_kit.http.rate_limit import OPEN_PATHS, AddressLimits, AddressRules
from gateway_kit.http.routing import require_inspecting
from gateway_kit.limits.opening import address_rules, open_limits
from gateway_kit.service import Runtime, run_service
from gateway_kit.telemetry import OWN_SPANS_ONLY
from gateway_kit.trace_budget import TraceBudget

SERVICE = "svc-checkout-api"


def create_app(deps: Deps, hooks: ASGIApp, *, traces: TraceBudget | None = None) -> ASGIApp:
    """The customer's API and the hosted pages behind the HTTP edge, and the bare webhook endpoint before it."""
    app = FastAPI(
        title="Checkout API",
        openapi_url=PATH,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=OWN_SPANS_ONLY,
    )
    app.state.deps = deps
    install_error_handlers(app, render=pages.page_problem)
    # "/create" and "/{id}/events" are fixed names; order does not matter among these routers.
    for module in (health, checkouts, transactions, events, pages, plain_form):
        app.include_router(module.router)
    require_inspecting(app)
    install_openapi(app)
    proxies = deps.settings.trusted_proxy_addresses
    # Inside CORS, so that a page can read that it was limited.
    limited = AddressLimits(app, deps.limits, limit_rules(deps.settings))
    customers = edge(Cors(limited, rules=deps.rules), trusted_proxies=proxies, is_https=deps.is_https, traces=traces)
    providers = TrustedProxyAddress(hooks, trusted=proxies)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        is_hook = scope["type"] == "http" and scope["path"].startswith("/hooks/")
        await (providers if is_hook else customers)(scope, receive, send)

    return dispatch


def limit_rules(settings: Settings) -> AddressRules:
    """Customers have no credentials: all but the pages' static files counts."""
    return address_rules(settings, open_paths=(*OPEN_PATHS, f"{ASSETS_PATH}/"), has_credentials=lambda scope: False)


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
        limits=await open_limits(rt, limit_rules(settings), PAY_POLICY, FAILED_SIGNATURES),
        proofs=proofs_of(settings, rt.clock),
    )
    return create_app(deps, WebhookEndpoint(rt.nc, traces=rt.traces, limits=deps.limits), traces=rt.traces)


def main() -> None:
    """Run until SIGTERM."""
    run_service(Settings(), SERVICE, build)
