"""The HTTP interface: tokens, profiles, subscriptions, transfers, scripted faults, error answers."""

import json
import logging
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway_simulators.control import json_response
from gateway_simulators.errors import Misbehaved
from gateway_simulators.faults import with_faults
from gateway_simulators.wise.errors import ApiError, invalid
from gateway_simulators.wise.keys import SigningKey
from gateway_simulators.wise.world import World, account_of_token, public

log = logging.getLogger("gateway_simulators.wise")

KEY_PATH: Final = "/.well-known/wise-webhook-key.pem"
Given = dict[str, Any]
Operation = Callable[[World, str, Request, Given], tuple[int, Any]]


def api_routes(world: World, key: SigningKey) -> list[Route]:
    """Every route of the API, and the address of the public key that signs its webhooks."""

    def route(method: str, path: str, operation: Operation) -> Route:
        return Route(path, _gated(world, operation), methods=[method])

    async def public_key(request: Request) -> Response:
        return PlainTextResponse(key.public_pem, media_type="application/x-pem-file")

    subscriptions = "/v3/profiles/{profile}/subscriptions"
    return [
        Route(KEY_PATH, public_key, methods=["GET"]),
        route("GET", "/v1/profiles", _profiles),
        route("GET", "/v1/incoming-transfers/{id}", _incoming),
        route("GET", "/v1/transfers/{id}", _transfer),
        route("POST", subscriptions, _subscribe),
        route("GET", subscriptions, _subscriptions),
        route("DELETE", subscriptions + "/{id}", _unsubscribe),
    ]


def unmatched(request: Request, status: int) -> Response:
    """Wise's answer to what no route takes, and to a fault of its own."""
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(status, "INTERNAL_ERROR")
    error = ApiError(status, code, f"Cannot handle {request.method} {request.url.path}")
    return json_response(error.body(), status)


def _gated(world: World, operation: Operation) -> Callable[[Request], object]:
    async def handle(request: Request) -> Response:
        try:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            account = account_of_token(token.strip() if scheme.lower() == "bearer" else "")
            given = await _given(request)
            facts = {"account": account, "method": request.method, "path": request.url.path}
            facts["transfer"] = request.path_params.get("id", "")
            status, body = await with_faults(
                world.rules, facts, lambda: _perform(world, account, operation, request, given)
            )
        except ApiError as error:
            status, body = error.status, error.body()
        except Misbehaved as fault:
            status, body = fault.status, ApiError(fault.status, "INTERNAL_ERROR", str(fault)).body()
        log.info("api.answered %s %s %d", request.method, request.url.path, status)
        return Response(status_code=204) if status == 204 else json_response(body, status)

    return handle


def _perform(world: World, account: str, operation: Operation, request: Request, given: Given) -> tuple[int, Any]:
    profile = request.path_params.get("profile", account)
    if profile != account:
        raise ApiError(403, "FORBIDDEN", "Not your profile")
    with world.store.transaction():
        return operation(world, account, request, given)


async def _given(request: Request) -> Given:
    try:
        given = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError) as exc:
        raise ApiError(400, "BAD_REQUEST", "The body is not JSON") from exc
    if not isinstance(given, dict):
        raise invalid("", "the body is not an object")
    return given


def _profiles(world: World, account: str, request: Request, given: Given) -> tuple[int, Any]:
    return 200, [{"id": int(account), "type": "business", "details": {"name": "Simulated Business"}}]


def _incoming(world: World, account: str, request: Request, given: Given) -> tuple[int, Any]:
    if not world.has_access(account):
        raise ApiError(403, "FORBIDDEN", "Incoming transfers are not enabled for this account")
    return 200, public(world.find("incoming", account, request.path_params["id"]))


def _transfer(world: World, account: str, request: Request, given: Given) -> tuple[int, Any]:
    return 200, public(world.find("transfer", account, request.path_params["id"]))


def _subscribe(world: World, account: str, request: Request, given: Given) -> tuple[int, Any]:
    return 201, public(world.subscribe(account, given))


def _subscriptions(world: World, account: str, request: Request, given: Given) -> tuple[int, Any]:
    mine = [entry for entry in world.store.newest_first("subscription") if entry["_account"] == account]
    return 200, [public(entry) for entry in mine]


def _unsubscribe(world: World, account: str, request: Request, given: Given) -> tuple[int, Any]:
    world.store.remove("subscription", world.find("subscription", account, request.path_params["id"])["id"])
    return 204, None
