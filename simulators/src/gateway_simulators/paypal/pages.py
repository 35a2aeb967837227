"""PayPal's page, on which the customer agrees."""

from collections.abc import Callable
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway_simulators.paypal.context import Call, World
from gateway_simulators.paypal.orders import OUTCOMES, WAITING, approve
from gateway_simulators.store import Json

_HEADERS = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}
_WORDS = {
    "paid": "Pay",
    "pending": "Pay; PayPal reviews it and takes it",
    "denied": "Pay; PayPal reviews it and denies it",
    "declined": "Pay with an account that the bank declines",
    "reversed": "Pay; PayPal gives it up before it is captured",
}


def page_routes(world: World) -> list[Route]:
    """The routes for browsers."""
    pages = Environment(loader=PackageLoader("gateway_simulators", "pages"), autoescape=True)
    return [Route("/checkoutnow", _checkout(world, pages), methods=["GET", "POST"])]


def _checkout(world: World, pages: Environment) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        order = world.store.get("order", request.query_params.get("token", ""))
        if order is None:
            return HTMLResponse("<h1>No such order</h1>", 404)
        if request.method == "POST":
            form = parse_qs((await request.body()).decode(errors="replace"))
            return _decided(world, order, form.get("result", [""])[0])
        if order["status"] not in WAITING:
            return _back(order, order["_return_url"])
        amount = order["purchase_units"][0]["amount"]
        page = pages.get_template("approval.html").render(
            title="Pay with PayPal",
            provider="PayPal",
            lead=f"{amount['value']} {amount['currency_code']}",
            note="This page stands for PayPal. Choose what the customer does and what PayPal will do.",
            choices=[*((outcome, _WORDS[outcome]) for outcome in OUTCOMES), ("cancel", "Cancel and go back")],
        )
        return HTMLResponse(page, headers=_HEADERS)

    return answer


def _decided(world: World, order: Json, result: str) -> Response:
    if result in OUTCOMES and order["status"] in WAITING:
        with world.store.transaction():
            order = approve(Call(world, order["_account"]), order, result)
        return _back(order, order["_return_url"])
    return _back(order, order["_cancel_url"] if result == "cancel" else order["_return_url"])


def _back(order: Json, address: str | None) -> Response:
    """To the merchant's page, with the parameters that PayPal adds."""
    if not address:
        return HTMLResponse("<h1>Done</h1><p>You can close this page.</p>", headers=_HEADERS)
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("token", order["id"])]
    if payer := order.get("payer"):
        query.append(("PayerID", payer["payer_id"]))
    return RedirectResponse(urlunsplit(parts._replace(query=urlencode(query))), 303, headers=_HEADERS)
