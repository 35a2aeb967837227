"""The HTTP interface: tokens, versions, envelopes, keys, pages, scripted faults, error answers."""

import json
import logging
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.control import json_response
from gateway_simulators.errors import Misbehaved
from gateway_simulators.faults import with_faults
from gateway_simulators.gocardless import (
    collecting,
    lists,
    mandates,
    payments,
    payouts,
    people,
    refunds,
    requests,
    scenarios,
    webhook_log,
)
from gateway_simulators.gocardless.context import Call, World, account_of_token, metadata_of, public
from gateway_simulators.gocardless.errors import ApiError, invalid, key_used
from gateway_simulators.store import Json

log = logging.getLogger("gateway_simulators.gocardless")

VERSION: Final = "2015-07-06"
HEADERS: Final = {"Cache-Control": "no-store", "RateLimit-Limit": "1000", "RateLimit-Remaining": "999"}
Operation = Callable[[Call, Request], tuple[int, Json]]
_READ: Final = (
    "billing_requests",
    "customer_bank_accounts",
    "customers",
    "mandates",
    "payments",
    "payouts",
    "refunds",
)
_UPDATED: Final = ("customer_bank_accounts", "mandates", "payments", "payouts", "refunds")


def api_routes(world: World) -> list[Route]:
    """Every route of the API."""

    def route(method: str, path: str, operation: Operation) -> Route:
        return Route(path, _gated(world, operation), methods=[method])

    def action(kind: str, name: str, act: Callable[[Call, str], Json]) -> Route:
        return route("POST", f"/{kind}/{{id}}/actions/{name}", _act(kind, act))

    return [
        route("POST", "/billing_requests", _create("billing_requests", requests.create_request)),
        route("POST", "/billing_request_flows", _create("billing_request_flows", requests.create_flow)),
        route("POST", "/customers", _create("customers", people.create_customer)),
        route("POST", "/customer_bank_accounts", _create("customer_bank_accounts", people.create_bank_account)),
        route("POST", "/mandates", _create("mandates", mandates.create_mandate)),
        route("POST", "/payments", _create("payments", payments.create_payment)),
        route("POST", "/refunds", _create("refunds", refunds.create_refund)),
        action("billing_requests", "cancel", requests.cancel_request),
        route("POST", "/billing_requests/{id}/actions/{name}", _collect),
        action("customer_bank_accounts", "disable", people.disable_bank_account),
        action("payments", "cancel", payments.cancel_payment),
        action("payments", "retry", payments.retry_payment),
        action("mandates", "cancel", mandates.cancel_mandate),
        action("mandates", "reinstate", mandates.reinstate_mandate),
        route("POST", "/scenario_simulators/{name}/actions/run", _scenario),
        *(route("GET", f"/{kind}", _list(kind, kind)) for kind in _READ),
        *(route("GET", f"/{kind}/{{id}}", _read(kind, kind)) for kind in _READ),
        *(route("PUT", f"/{kind}/{{id}}", _update(kind)) for kind in _UPDATED),
        route("PUT", "/customers/{id}", _update_customer),
        route("GET", "/payout_items", _payout_items),
        route("GET", "/creditors", _creditors),
        route("GET", "/creditors/{id}", _creditor),
        route("GET", "/webhooks", _webhooks),
        route("GET", "/events", _list("single", "events")),
        route("GET", "/events/{id}", _read("single", "events")),
    ]


def unmatched(request: Request, status: int) -> Response:
    """GoCardless' answer to what no route takes, and to a fault of its own."""
    error = ApiError(404, "Resource not found", reason="resource_not_found")
    if status >= 500:
        error = ApiError(500, "Uh-oh, something went wrong", kind="gocardless", reason="internal_server_error")
    return json_response(error.body(), error.status, HEADERS)


def _gated(world: World, operation: Operation) -> Callable[[Request], object]:
    async def handle(request: Request) -> Response:
        try:
            call = await _read_call(world, request)
            facts = {"account": call.account, "method": request.method, "path": request.url.path}
            facts["resource"] = request.path_params.get("id", "")
            status, body = await with_faults(world.rules, facts, lambda: _perform(call, operation, request))
        except ApiError as error:
            status, body = error.status, error.body()
        except Misbehaved as fault:
            failed = ApiError(fault.status, str(fault), kind="gocardless", reason="internal_server_error")
            status, body = failed.status, failed.body()
        log.info("api.answered %s %s %d", request.method, request.url.path, status)
        return json_response(body, status, HEADERS)

    return handle


def _perform(call: Call, operation: Operation, request: Request) -> tuple[int, Json]:
    with call.world.store.transaction():
        result = operation(call, request)
        call.send()
    return result


async def _read_call(world: World, request: Request) -> Call:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(401, "No access token was given", reason="access_token_not_found")
    if request.headers.get("gocardless-version") != VERSION:
        raise ApiError(400, f"The GoCardless-Version header must be {VERSION}", reason="version_not_found")
    body: Json = {}
    if raw := await request.body():
        try:
            body = json.loads(raw) or {}
        except (ValueError, RecursionError) as exc:
            raise ApiError(400, "Body was not valid JSON", reason="invalid_document_structure") from exc
        if not isinstance(body, dict):
            raise ApiError(400, "Body was no object", reason="invalid_document_structure")
    key = request.headers.get("idempotency-key") or None
    return Call(world, account_of_token(token.strip()), body, dict(request.query_params), key)


def _create(kind: str, make: Callable[[Call, Json], Json]) -> Operation:
    """Creation with an idempotency key: a second use is a conflict that names what the first one made."""

    def operate(call: Call, request: Request) -> tuple[int, Json]:
        given = _given(call, kind)
        place = f"{call.account}:{kind}:{call.idempotency_key}"
        used = call.world.store.get("key", place) if call.idempotency_key else None
        if used is not None:
            raise key_used(used["resource"])
        made = make(call, given)
        if call.idempotency_key:
            call.world.store.put("key", place, {"resource": made["id"]})
        return 201, {kind: _shown(call, kind, made)}

    return operate


def _act(kind: str, act: Callable[[Call, str], Json]) -> Operation:
    return lambda call, request: (
        200,
        {kind: _shown(call, kind, act(call, request.path_params["id"]))},
    )


def _read(kind: str, name: str) -> Operation:
    return lambda call, request: (
        200,
        {name: _shown(call, kind, call.find(kind, request.path_params["id"]))},
    )


def _scenario(call: Call, request: Request) -> tuple[int, Json]:
    data = call.body.get("data")
    name = request.path_params["name"]
    scenarios.run_scenario(call, name, call.link(data if isinstance(data, dict) else {}, "resource"))
    return 200, {"scenario_simulators": {"id": name, "name": name, "description": name.replace("_", " ")}}


def _list(kind: str, name: str) -> Operation:
    def operate(call: Call, request: Request) -> tuple[int, Json]:
        entries, meta = lists.page(call, kind)
        return 200, {name: [_shown(call, kind, entry) for entry in entries], "meta": meta}

    return operate


def _update(kind: str) -> Operation:
    """Of most resources only the metadata can be changed."""

    def operate(call: Call, request: Request) -> tuple[int, Json]:
        entry, given = call.find(kind, request.path_params["id"]), _given(call, kind)
        return 200, {kind: _shown(call, kind, call.save(kind, entry, metadata=metadata_of(given)))}

    return operate


def _update_customer(call: Call, request: Request) -> tuple[int, Json]:
    customer = call.find("customers", request.path_params["id"])
    return 200, {"customers": public(people.update_customer(call, customer, _given(call, "customers")))}


def _collect(call: Call, request: Request) -> tuple[int, Json]:
    done = collecting.perform(call, request.path_params["id"], request.path_params["name"])
    return 200, {"billing_requests": collecting.shown(call, done)}


def _payout_items(call: Call, request: Request) -> tuple[int, Json]:
    items = payouts.items(call)
    return 200, {"payout_items": items, "meta": lists.whole(items)}


def _creditors(call: Call, request: Request) -> tuple[int, Json]:
    found = [people.creditor(call)]
    return 200, {"creditors": found, "meta": lists.whole(found)}


def _creditor(call: Call, request: Request) -> tuple[int, Json]:
    return 200, {"creditors": people.one_creditor(call, request.path_params["id"])}


def _webhooks(call: Call, request: Request) -> tuple[int, Json]:
    found, meta = lists.limited(call, webhook_log.sent(call))
    return 200, {"webhooks": found, "meta": meta}


def _given(call: Call, kind: str) -> Json:
    given = call.body.get(kind)
    if not isinstance(given, dict):
        raise invalid(kind, "is required")
    return given


def _shown(call: Call, kind: str, entry: Json) -> Json:
    return collecting.shown(call, entry) if kind == "billing_requests" else public(entry)
