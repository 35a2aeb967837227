"""The routes of Stripe's API that the gateway and its tests use."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.control import json_response
from gateway_simulators.idempotency import SavedAnswers
from gateway_simulators.ids import random_text
from gateway_simulators.store import Json
from gateway_simulators.stripe import (
    disputes,
    expansion,
    intent_params,
    intents,
    lists,
    methods,
    payments,
    refunds,
)
from gateway_simulators.stripe.account_facts import account_of
from gateway_simulators.stripe.balance import balance_of
from gateway_simulators.stripe.context import Call, World, intent_for
from gateway_simulators.stripe.endpoints import create_endpoint, update_endpoint
from gateway_simulators.stripe.events import public
from gateway_simulators.stripe.forms import boolean, refuse_unknown
from gateway_simulators.stripe.web.gate import CORS, Operation, gated


def api_routes(world: World, answers: SavedAnswers) -> list[Route]:
    """Every route under ``/v1``; unknown ones answer 404 in Stripe's shape."""

    def route(
        method: str, path: str, kind: str, operation: Operation, *, listed: bool = False, browsers: bool = False
    ) -> Route:
        """``kind`` is what the answer is, or what its page holds: it decides what can be expanded."""
        expanding = _expanding(kind, operation, listed=listed)
        return Route(path, gated(world, answers, expanding, browsers=browsers), methods=[method])

    def page(path: str, kind: str, *filters: str) -> Route:
        return route("GET", path, kind, _listed(kind, path, *filters), listed=True)

    intent = "/v1/payment_intents/{id}"
    return [
        Route("/v1/{path:path}", _preflight, methods=["OPTIONS"]),
        route("POST", "/v1/payment_intents", "payment_intent", _create_intent),
        page("/v1/payment_intents", "payment_intent"),
        route("GET", "/v1/payment_intents/search", "payment_intent", _search_intents, listed=True),
        route("GET", intent, "payment_intent", _retrieve, browsers=True),
        route("POST", intent, "payment_intent", _on_intent(intents.update_intent)),
        route("POST", intent + "/confirm", "payment_intent", _confirm, browsers=True),
        route("POST", intent + "/cancel", "payment_intent", _on_intent(payments.cancel_intent)),
        route("POST", intent + "/capture", "payment_intent", _on_intent(payments.capture_intent)),
        page("/v1/charges", "charge", "payment_intent"),
        route("GET", "/v1/charges/{id}", "charge", _one("charge")),
        route("GET", "/v1/payment_methods/{id}", "payment_method", _one("payment_method")),
        route("POST", "/v1/refunds", "refund", lambda call, request: public(refunds.create_refund(call))),
        page("/v1/refunds", "refund", "payment_intent", "charge"),
        route("GET", "/v1/refunds/{id}", "refund", _one("refund")),
        route("POST", "/v1/refunds/{id}", "refund", _on("refund", refunds.update_refund)),
        page("/v1/disputes", "dispute", "payment_intent", "charge"),
        route("GET", "/v1/disputes/{id}", "dispute", _one("dispute")),
        route("POST", "/v1/disputes/{id}", "dispute", _on("dispute", disputes.submit_evidence)),
        route("POST", "/v1/disputes/{id}/close", "dispute", _on("dispute", disputes.accept_dispute)),
        page("/v1/balance_transactions", "balance_transaction", "source", "type", "currency"),
        route("GET", "/v1/balance_transactions/{id}", "balance_transaction", _one("balance_transaction")),
        route("POST", "/v1/webhook_endpoints", "webhook_endpoint", lambda call, request: create_endpoint(call)),
        page("/v1/webhook_endpoints", "webhook_endpoint"),
        route("GET", "/v1/webhook_endpoints/{id}", "webhook_endpoint", _one("webhook_endpoint")),
        route("POST", "/v1/webhook_endpoints/{id}", "webhook_endpoint", _on("webhook_endpoint", update_endpoint)),
        route("DELETE", "/v1/webhook_endpoints/{id}", "webhook_endpoint", _delete_endpoint),
        page("/v1/events", "event", "type", "types"),
        route("GET", "/v1/events/{id}", "event", _one("event")),
        route("GET", "/v1/account", "account", _account),
        route("GET", "/v1/balance", "balance", lambda call, request: balance_of(call)),
        Route("/v1/{path:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def unmatched(request: Request, status: int) -> Response:
    """Stripe's answer to what no route takes, and to a fault of its own."""
    message = f"Unrecognized request URL ({request.method}: {request.url.path}). Please see https://docs.stripe.com/api"
    error = {"type": "invalid_request_error", "message": message}
    if status >= 500:
        error = {"type": "api_error", "message": "An unknown error occurred."}
    headers = {"Request-Id": f"req_{random_text(14)}", **CORS}
    return json_response({"error": error}, 500 if status >= 500 else 404, headers)


def _expanding(kind: str, operation: Operation, *, listed: bool) -> Operation:
    def run(call: Call, request: Request) -> Json:
        tree = expansion.wanted(call.params, kind, listed=listed)
        return expansion.expanded(call, operation(call, request), tree)

    return run


def _create_intent(call: Call, request: Request) -> Json:
    intent = intents.create_intent(call)
    if boolean(call.params, "confirm"):
        return intents.shown(call, payments.confirm_intent(call, intent))
    if call.params.get("payment_method"):
        method = methods.named_method(call, str(call.params["payment_method"]))
        changes = {"payment_method": method["id"], "status": "requires_confirmation"}
        intent = call.save("payment_intent", {**intent, **changes})
    return intents.shown(call, intent)


def _confirm(call: Call, request: Request) -> Json:
    refuse_unknown(call.params, intent_params.CONFIRM)
    return intents.shown(call, payments.confirm_intent(call, intent_for(call, request.path_params["id"])))


def _retrieve(call: Call, request: Request) -> Json:
    refuse_unknown(call.params, intent_params.RETRIEVE)
    return intents.shown(call, intent_for(call, request.path_params["id"]))


def _on_intent(change: Callable[[Call, Json], Json]) -> Operation:
    def operation(call: Call, request: Request) -> Json:
        return intents.shown(call, change(call, call.find("payment_intent", request.path_params["id"], "intent")))

    return operation


def _search_intents(call: Call, request: Request) -> Json:
    refuse_unknown(call.params, lists.SEARCH_PARAMS)
    found = lists.search(call, call.mine("payment_intent"), request.url.path)
    return {**found, "data": [public(intent) for intent in found["data"]]}


def _listed(kind: str, url: str, *filters: str) -> Operation:
    known = lists.PAGE_PARAMS | set(filters)

    def operation(call: Call, request: Request) -> Json:
        refuse_unknown(call.params, known)
        entries = [public(entry) for entry in call.mine(kind)]
        for name in filters:
            if name in call.params:
                entries = [entry for entry in entries if _passes(entry, name, call.params[name])]
        return lists.page(call, entries, url)

    return operation


def _passes(entry: Json, name: str, value: Any) -> bool:
    """``types[]`` of events is a list of what ``type`` may be."""
    return bool(entry.get("type") in value if name == "types" else entry.get(name) == value)


def _one(kind: str) -> Operation:
    def operation(call: Call, request: Request) -> Json:
        refuse_unknown(call.params, frozenset({"expand"}))
        return public(call.find(kind, request.path_params["id"]))

    return operation


def _on(kind: str, change: Callable[[Call, Json], Json]) -> Operation:
    def operation(call: Call, request: Request) -> Json:
        return public(change(call, call.find(kind, request.path_params["id"])))

    return operation


def _delete_endpoint(call: Call, request: Request) -> Json:
    endpoint = call.find("webhook_endpoint", request.path_params["id"])
    call.world.store.remove("webhook_endpoint", endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def _account(call: Call, request: Request) -> Json:
    return account_of(call)


async def _preflight(request: Request) -> Response:
    return Response(status_code=204, headers=CORS)


async def _unknown(request: Request) -> Response:
    return unmatched(request, 404)
