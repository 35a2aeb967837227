"""Stripe.js with its frames, and the bank's challenge page."""

import hmac
from collections.abc import Callable
from importlib import resources
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway_simulators.store import Json
from gateway_simulators.stripe import payments
from gateway_simulators.stripe.accounts import Caller
from gateway_simulators.stripe.context import Call, World
from gateway_simulators.stripe.currencies import decimals

_TYPES: Final = {"js": "text/javascript", "css": "text/css", "html": "text/html"}
# Pages of any merchant embed the frames; nothing inside them may load from elsewhere or call elsewhere.
_FRAME_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'"
)


def page_routes(world: World) -> list[Route]:
    """Every route under ``/v3``."""
    pages = Environment(loader=PackageLoader("gateway_simulators.stripe", "static"), autoescape=True)
    assets = ("api.js", "controller.js", "texts.js", "frame.js", "frame.css", "challenge.css")
    return [
        Route("/v3/", _file("stripe.js")),
        Route("/v3", _file("stripe.js")),
        Route("/v3/stripe.js", _file("stripe.js")),
        Route("/v3/elements-frame", _file("elements-frame.html")),
        Route("/v3/controller-frame", _file("controller-frame.html")),
        *(Route(f"/v3/assets/{name}", _file(name)) for name in assets),
        Route("/v3/challenge/{id}", _challenge(world, pages), methods=["GET", "POST"]),
    ]


def _file(name: str) -> Callable[[Request], object]:
    body = resources.files("gateway_simulators.stripe").joinpath("static", name).read_bytes()
    kind = name.rsplit(".", 1)[1]
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if kind == "html":
        headers |= {"Content-Security-Policy": _FRAME_POLICY, "Referrer-Policy": "no-referrer"}

    async def answer(request: Request) -> Response:
        return Response(body, headers=headers, media_type=f"{_TYPES[kind]}; charset=utf-8")

    return answer


def _challenge(world: World, pages: Environment) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        form = parse_qs((await request.body()).decode(errors="replace")) if request.method == "POST" else {}
        token = request.query_params.get("token", "")
        intent = world.store.get("payment_intent", request.path_params["id"])
        if intent is None or not hmac.compare_digest(intent.get("_challenge", "").encode(), token.encode()):
            return HTMLResponse("<h1>No such challenge</h1>", 404)
        call = Call(world, Caller(intent["_account"], intent["livemode"], publishable=False))
        if request.method == "POST" and intent["status"] == "requires_action":
            with world.store.transaction():
                intent = payments.finish_challenge(call, intent, passed=form.get("result") == ["succeeded"])
        if intent["status"] != "requires_action":
            # Also the answer to a customer who comes back to this page later.
            return _back(intent)
        method = call.find("payment_method", intent["payment_method"])
        page = pages.get_template("challenge.html").render(
            amount=amount_text(intent["amount"], intent["currency"]), last4=method["card"]["last4"], token=token
        )
        return HTMLResponse(page, headers={"Cache-Control": "no-store", "X-Frame-Options": "DENY"})

    return answer


def _back(intent: Json) -> Response:
    """To the merchant's page, with the parameters that Stripe adds."""
    passed = intent["status"] in ("succeeded", "requires_capture")
    outcome = "succeeded" if passed else "failed"
    if not intent.get("_return_url"):
        return HTMLResponse(f"<h1>3-D Secure: {outcome}</h1><p>You can close this page.</p>")
    parts = urlsplit(intent["_return_url"])
    query = parse_qsl(parts.query, keep_blank_values=True)
    query += [
        ("payment_intent", intent["id"]),
        ("payment_intent_client_secret", intent["client_secret"]),
        ("redirect_status", outcome),
    ]
    return RedirectResponse(urlunsplit(parts._replace(query=urlencode(query))), 303)


def amount_text(amount: int, currency: str) -> str:
    """Such as ``12.34 EUR``."""
    digits = decimals(currency)
    whole, part = divmod(amount, 10**digits)
    return f"{whole}.{part:0{digits}d} {currency.upper()}" if digits else f"{whole} {currency.upper()}"
