"""The hosted page, where a customer of the simulator chooses how the payment ends."""

import hmac
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway_simulators.mollie import payments
from gateway_simulators.mollie.context import Call, World
from gateway_simulators.mollie.errors import ApiError
from gateway_simulators.mollie.views import OPEN

METHODS: Final = {"ideal": "iDEAL", "creditcard": "Card", "bancontact": "Bancontact", "banktransfer": "Bank transfer"}
CHOICES: Final = {
    "paid": "Paid",
    "failed": "Failed",
    "canceled": "Canceled",
    "expired": "Expired",
    "pending": "Pending",
    "authorized": "Authorized",
}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
}


def page_routes(world: World) -> list[Route]:
    """The checkout page."""
    pages = Environment(loader=PackageLoader("gateway_simulators.mollie", "static"), autoescape=True)
    return [Route("/checkout/{id}", _checkout(world, pages), methods=["GET", "POST"])]


def _checkout(world: World, pages: Environment) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        payment = world.store.get("payment", request.path_params["id"])
        token = request.query_params.get("token", "")
        if payment is None or not hmac.compare_digest(payment["_token"].encode(), token.encode()):
            return HTMLResponse("<h1>No such payment</h1>", 404, _HEADERS)
        if request.method == "POST":
            form = parse_qs((await request.body()).decode(errors="replace"))
            _choose(world, payment["id"], form)
            payment = world.store.get("payment", payment["id"]) or payment
        if request.method == "POST" or payment["status"] not in OPEN:
            # Whatever the outcome: the address says nothing about it.
            canceled = payment["status"] == "canceled" and payment["cancelUrl"]
            return RedirectResponse(payment["cancelUrl"] if canceled else payment["redirectUrl"], 303)
        page = pages.get_template("checkout.html").render(payment=payment, methods=METHODS, choices=CHOICES)
        return HTMLResponse(page, headers=_HEADERS)

    return answer


def _choose(world: World, payment_id: str, form: dict[str, list[str]]) -> None:
    status = form.get("status", [""])[0]
    method = form.get("method", ["creditcard"])[0]
    payment = world.store.get("payment", payment_id)
    if payment is None:
        return
    try:
        with world.store.transaction():
            call = Call.for_owner(world, payment)
            payments.finish(call, payment, status, method=method if method in METHODS else None)
    except ApiError:
        return  # it ended meanwhile, in another tab
