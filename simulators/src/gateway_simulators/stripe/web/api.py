"""The routes of Stripe's API that the gateway and its tests use."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.control import json_response
from gateway_simulators.idempotency import SavedAnswers
from gateway_simulators.ids import random_text
from gateway_simulators.store import Json
from gateway_simulators.stripe import balance, disputes, endpoints, intents, lists, methods, payments, refunds
from gateway_simulators.stripe.context import Call, World, intent_for
from gateway_simulators.stripe.events import public
from gateway_simulators.stripe.forms import boolean
from gateway_simulators.stripe.web.gate import CORS, Operation, gated


def api_routes(world: World, answers: SavedAnswers) -> list[Route]:
    """Every route under ``/v1``; unknown ones answer 404 in Stripe's shape."""

    def route(method: str, path: str, operation: Operation, *, browsers: bool = False) -> Route:
        return Route(path, gated(world, answers, operation, browsers=browsers), methods=[method])

    intent = "/v1/payment_intents/{id}"
    return [
        Route("/v1/{path:path}", _preflight, methods=["OPTIONS"]),
        route("POST", "/v1/payment_intents", _create_intent),
        route("GET", "/v1/payment_intents", _list_intents),
        route("GET", "/v1/payment_intents/search", _search_intents),
        route("GET", intent, _retrieve, browsers=True),
        route("POST", intent, _on_intent(intents.update_intent)),
        route("POST", intent + "/confirm", _confirm, browsers=True),
        route("POST", intent + "/cancel", _on_intent(payments.cancel_intent)),
        route("POST", intent + "/capture", _on_intent(payments.capture_intent)),
        route("GET", "/v1/charges", _listed("charge", "/v1/charges", "payment_intent")),
        route("GET", "/v1/charges/{id}", _one("charge")),
        route("GET", "/v1/payment_methods/{id}", _one("payment_method")),
        route("POST", "/v1/refunds", lambda call, request: public(refunds.create_refund(call))),
        route("GET", "/v1/refunds", _listed("refund", "/v1/refunds", "payment_intent", "charge")),
        route("GET", "/v1/refunds/{id}", _one("refund")),
        route("GET", "/v1/disputes", _listed("dispute", "/v1/disputes", "payment_intent", "charge")),
        route("GET", "/v1/disputes/{id}", _one("dispute")),
        route("POST", "/v1/disputes/{id}", _on_dispute(disputes.submit_evidence)),
        route("POST", "/v1/disputes/{id}/close", _on_dispute(disputes.accept_dispute)),
        route("GET", "/v1/balance_transactions", _listed("balance_transaction", "/v1/balance_transactions", "source")),
        route("GET", "/v1/balance_transactions/{id}", _balance_transaction),
        route("POST", "/v1/webhook_endpoints", lambda call, request: endpoints.create_endpoint(call)),
        route("GET", "/v1/webhook_endpoints", _listed("webhook_endpoint", "/v1/webhook_endpoints")),
        route("GET", "/v1/webhook_endpoints/{id}", _one("webhook_endpoint")),
        route("POST", "/v1/webhook_endpoints/{id}", _update_endpoint),
        route("DELETE", "/v1/webhook_endpoints/{id}", _delete_endpoint),
        route("GET", "/v1/events", _listed("event", "/v1/events", "type")),
        route("GET", "/v1/events/{id}", _one("event")),
        route("GET", "/v1/account", _account),
        Route("/v1/{path:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


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
    return intents.shown(call, payments.confirm_intent(call, intent_for(call, request.path_params["id"])))


def _retrieve(call: Call, request: Request) -> Json:
    return intents.shown(call, intent_for(call, request.path_params["id"]))


def _on_intent(change: Callable[[Call, Json], Json]) -> Operation:
    def operation(call: Call, request: Request) -> Json:
        return intents.shown(call, change(call, call.find("payment_intent", request.path_params["id"], "intent")))

    return operation


def _list_intents(call: Call, request: Request) -> Json:
    return _each_shown(call, lists.page(call, call.mine("payment_intent"), request.url.path))


def _search_intents(call: Call, request: Request) -> Json:
    return _each_shown(call, lists.search(call, call.mine("payment_intent"), request.url.path))


def _each_shown(call: Call, found: Json) -> Json:
    return {**found, "data": [intents.shown(call, intent) for intent in found["data"]]}


def _listed(kind: str, url: str, *filters: str) -> Operation:
    def operation(call: Call, request: Request) -> Json:
        entries = [public(entry) for entry in call.mine(kind)]
        for name in filters:
            if name in call.params:
                entries = [entry for entry in entries if entry.get(name) == call.params[name]]
        return lists.page(call, entries, url)

    return operation


def _one(kind: str) -> Operation:
    def operation(call: Call, request: Request) -> Json:
        return public(call.find(kind, request.path_params["id"]))

    return operation


def _balance_transaction(call: Call, request: Request) -> Json:
    return balance.shown(call, call.find("balance_transaction", request.path_params["id"]))


def _on_dispute(change: Callable[[Call, Json], Json]) -> Operation:
    def operation(call: Call, request: Request) -> Json:
        return public(change(call, call.find("dispute", request.path_params["id"])))

    return operation


def _update_endpoint(call: Call, request: Request) -> Json:
    return endpoints.update_endpoint(call, call.find("webhook_endpoint", request.path_params["id"]))


def _delete_endpoint(call: Call, request: Request) -> Json:
    endpoint = call.find("webhook_endpoint", request.path_params["id"])
    call.world.store.remove("webhook_endpoint", endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def _account(call: Call, request: Request) -> Json:
    return {
        "id": call.caller.account,
        "object": "account",
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "DE",
        "default_currency": "eur",
        "details_submitted": True,
        "email": None,
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "Simulated account", "timezone": "Etc/UTC"}},
        "type": "standard",
    }


async def _preflight(request: Request) -> Response:
    return Response(status_code=204, headers=CORS)


async def _unknown(request: Request) -> Response:
    message = f"Unrecognized request URL ({request.method}: {request.url.path})."
    body = {"error": {"type": "invalid_request_error", "message": message}}
    return json_response(body, 404, {"Request-Id": f"req_{random_text(14)}", **CORS})
