"""The hosted page on which the customer authorises the mandate."""

from collections.abc import Callable
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway_simulators.gocardless.context import Call, World
from gateway_simulators.gocardless.mandates import fulfil
from gateway_simulators.gocardless.requests import OPEN, OUTCOMES, currency_of
from gateway_simulators.store import Json

_HEADERS = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}


def page_routes(world: World) -> list[Route]:
    """The routes for browsers."""
    pages = Environment(loader=PackageLoader("gateway_simulators", "pages"), autoescape=True)
    return [Route("/billing/static/flow", _flow(world, pages), methods=["GET", "POST"])]


def _flow(world: World, pages: Environment) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        flow = world.store.get("billing_request_flows", request.query_params.get("id", ""))
        if flow is None:
            return HTMLResponse("<h1>No such page</h1>", 404)
        asked = world.store.get("billing_requests", flow["links"]["billing_request"])
        assert asked is not None, "a flow is made for its billing request"
        if request.method == "POST":
            form = parse_qs((await request.body()).decode(errors="replace"))
            return _decided(world, flow, asked, form.get("result", [""])[0])
        if asked["status"] not in OPEN:
            return _back(flow["redirect_uri"])
        choices = [(outcome, _WORDS[outcome]) for outcome in OUTCOMES]
        page = pages.get_template("approval.html").render(
            title="Direct debit mandate",
            provider="GoCardless",
            lead=_lead(asked),
            note="This page stands for GoCardless. Choose what the customer does and what the bank will do later.",
            choices=[*choices, ("exit", "Go back without a mandate")],
        )
        return HTMLResponse(page, headers=_HEADERS)

    return answer


_WORDS = {
    "paid": "Authorise; the payment arrives",
    "failed": "Authorise; the bank declines",
    "retried": "Authorise; declined once, then paid",
    "late_failure": "Authorise; fails after it was confirmed",
    "charged_back": "Authorise; charged back later",
}


def _lead(asked: Json) -> str:
    currency, mandate, payment = currency_of(asked), asked["mandate_request"], asked["payment_request"]
    parts = [f"Authorise a {mandate['scheme']} mandate in {currency}"] if mandate else []
    if payment:
        parts.append(f"Pay {payment['amount'] / 100:.2f} {currency} at once")
    return "; ".join(parts)


def _decided(world: World, flow: Json, asked: Json, result: str) -> Response:
    call = Call(world, asked["_account"])
    if result in OUTCOMES and asked["status"] in OPEN:
        with world.store.transaction():
            fulfil(call, asked["id"], result)
            call.send()
        return _back(flow["redirect_uri"])
    return _back(flow["exit_uri"] if result == "exit" else flow["redirect_uri"])


def _back(address: str | None) -> Response:
    if not address:
        return HTMLResponse("<h1>Done</h1><p>You can close this page.</p>", headers=_HEADERS)
    return RedirectResponse(address, 303, headers=_HEADERS)
