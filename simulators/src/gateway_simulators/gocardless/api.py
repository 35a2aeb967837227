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
from gateway_simulators.gocardless import payments, refunds, requests
from gateway_simulators.gocardless.context import Call, World, account_of_token, public
from gateway_simulators.gocardless.errors import ApiError, invalid, key_used
from gateway_simulators.store import Json

log = logging.getLogger("gateway_simulators.gocardless")

VERSION: Final = "2015-07-06"
Operation = Callable[[Call, Request], tuple[int, Json]]
_FILTERS: Final = {
    "billing_requests": {"status": "status"},
    "payments": {"mandate": "links.mandate", "status": "status", "customer": "links.customer"},
    "refunds": {"payment": "links.payment", "mandate": "links.mandate"},
    "mandates": {"customer": "links.customer", "status": "status"},
    "single": {"resource_type": "resource_type", "action": "action", "payment": "links.payment"},
}


def api_routes(world: World) -> list[Route]:
    """Every route of the API."""

    def route(method: str, path: str, operation: Operation) -> Route:
        return Route(path, _gated(world, operation), methods=[method])

    kinds = ("billing_requests", "payments", "refunds", "mandates")
    return [
        route("POST", "/billing_requests", _create("billing_requests", requests.create_request)),
        route("POST", "/billing_request_flows", _create("billing_request_flows", requests.create_flow)),
        route("POST", "/payments", _create("payments", payments.create_payment)),
        route("POST", "/refunds", _create("refunds", refunds.create_refund)),
        route("POST", "/billing_requests/{id}/actions/cancel", _act("billing_requests", requests.cancel_request)),
        route("POST", "/payments/{id}/actions/cancel", _act("payments", payments.cancel_payment)),
        route("POST", "/mandates/{id}/actions/cancel", _act("mandates", requests.cancel_mandate)),
        route("POST", "/scenario_simulators/{name}/actions/run", _scenario),
        *(route("GET", f"/{kind}", _list(kind, kind)) for kind in kinds),
        *(route("GET", f"/{kind}/{{id}}", _read(kind, kind)) for kind in kinds),
        route("GET", "/events", _list("single", "events")),
        route("GET", "/events/{id}", _read("single", "events")),
    ]


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
        headers = {"Cache-Control": "no-store", "RateLimit-Limit": "1000", "RateLimit-Remaining": "999"}
        return json_response(body, status, headers)

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
        except ValueError as exc:
            raise ApiError(400, "Body was not valid JSON", reason="invalid_document_structure") from exc
        if not isinstance(body, dict):
            raise ApiError(400, "Body was no object", reason="invalid_document_structure")
    key = request.headers.get("idempotency-key") or None
    return Call(world, account_of_token(token.strip()), body, dict(request.query_params), key)


def _create(kind: str, make: Callable[[Call, Json], Json]) -> Operation:
    """Creation with an idempotency key: a second use is a conflict that names what the first one made."""

    def operate(call: Call, request: Request) -> tuple[int, Json]:
        given = call.body.get(kind)
        if not isinstance(given, dict):
            raise invalid(kind, "is required")
        place = f"{call.account}:{kind}:{call.idempotency_key}"
        used = call.world.store.get("key", place) if call.idempotency_key else None
        if used is not None:
            raise key_used(used["resource"])
        made = make(call, given)
        if call.idempotency_key:
            call.world.store.put("key", place, {"resource": made["id"]})
        return 201, {kind: public(made)}

    return operate


def _act(kind: str, act: Callable[[Call, str], Json]) -> Operation:
    return lambda call, request: (200, {kind: public(act(call, request.path_params["id"]))})


def _read(kind: str, name: str) -> Operation:
    return lambda call, request: (200, {name: public(call.find(kind, request.path_params["id"]))})


def _scenario(call: Call, request: Request) -> tuple[int, Json]:
    links = (call.body.get("data") or {}).get("links") or {}
    name = request.path_params["name"]
    payments.run_scenario(call, name, str(links.get("resource", "")))
    return 200, {"scenario_simulators": {"id": name, "name": name, "description": name.replace("_", " ")}}


def _list(kind: str, name: str) -> Operation:
    """Newest first, by cursor: ``after`` is the last id of the page before."""

    def operate(call: Call, request: Request) -> tuple[int, Json]:
        limit = call.query.get("limit", "50")
        if not limit.isdigit() or not 1 <= int(limit) <= 500:
            raise invalid("limit", "must be between 1 and 500")
        found = [entry for entry in call.mine(kind) if _fits(entry, kind, call.query)]
        after = call.query.get("after")
        begin = next((place + 1 for place, entry in enumerate(found) if entry["id"] == after), 0)
        page = found[begin : begin + int(limit)]
        more = begin + len(page) < len(found)
        cursors = {"before": None, "after": page[-1]["id"] if more else None}
        return 200, {name: [public(entry) for entry in page], "meta": {"cursors": cursors, "limit": int(limit)}}

    return operate


def _fits(entry: Json, kind: str, query: dict[str, str]) -> bool:
    since = query.get("created_at[gte]")
    if since is not None and entry["created_at"] < since:
        return False
    filters = _FILTERS[kind]
    return all(_value(entry, filters[name]) == wanted for name, wanted in query.items() if name in filters)


def _value(entry: Json, path: str) -> object:
    first, _, rest = path.partition(".")
    value = entry.get(first)
    return value.get(rest) if rest and isinstance(value, dict) else value
