"""The HTTP interface: access tokens, request ids, scripted faults, error answers."""

import base64
import binascii
import json
import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.control import json_response
from gateway_simulators.errors import Misbehaved, SimulatorError
from gateway_simulators.faults import with_faults
from gateway_simulators.idempotency import KeyReused, SavedAnswers, fingerprint_of
from gateway_simulators.ids import random_text
from gateway_simulators.paypal import captures, orders
from gateway_simulators.paypal.context import Call, World, account_of_client, new_id, public
from gateway_simulators.paypal.errors import ApiError, TokenError, invalid, unprocessable
from gateway_simulators.paypal.keys import SigningKey
from gateway_simulators.store import Json

log = logging.getLogger("gateway_simulators.paypal")

TOKEN_S: Final = 32_400
KEPT_S: Final = 6 * 3600
Operation = Callable[[Call, Request], tuple[int, Json]]


def api_routes(world: World, answers: SavedAnswers, key: SigningKey) -> list[Route]:
    """Every route of the API."""

    def route(method: str, path: str, operation: Operation) -> Route:
        return Route(path, _gated(world, answers, operation), methods=[method])

    async def certificate(request: Request) -> Response:
        if request.path_params["id"] != key.identifier:
            return Response("no such certificate", 404)
        return Response(key.pem, media_type="application/x-x509-ca-cert")

    return [
        Route("/v1/oauth2/token", _token(world), methods=["POST"]),
        Route("/v1/notifications/certs/{id}", certificate),
        route("POST", "/v1/notifications/webhooks", _add_webhook),
        route("POST", "/v2/checkout/orders", _create_order),
        route("GET", "/v2/checkout/orders/{id}", _read_order),
        route("POST", "/v2/checkout/orders/{id}/capture", _capture_order),
        route("GET", "/v2/payments/captures/{id}", _read("capture")),
        route("POST", "/v2/payments/captures/{id}/refund", _refund),
        route("GET", "/v2/payments/refunds/{id}", _read("refund")),
        route("GET", "/v1/customer/disputes/{id}", _read("dispute")),
    ]


def _create_order(call: Call, request: Request) -> tuple[int, Json]:
    return 201, orders.shown(call, orders.create_order(call))


def _read_order(call: Call, request: Request) -> tuple[int, Json]:
    return 200, orders.shown(call, call.find("order", request.path_params["id"]))


def _capture_order(call: Call, request: Request) -> tuple[int, Json]:
    order = orders.capture_order(call, call.find("order", request.path_params["id"]))
    return 201, orders.shown(call, order)


def _refund(call: Call, request: Request) -> tuple[int, Json]:
    return 201, public(captures.refund_capture(call, call.find("capture", request.path_params["id"])))


def _read(kind: str) -> Operation:
    return lambda call, request: (200, public(call.find(kind, request.path_params["id"])))


def _add_webhook(call: Call, request: Request) -> tuple[int, Json]:
    return 201, public(add_webhook(call, new_id()))


def add_webhook(call: Call, identifier: str) -> Json:
    """An endpoint, under the id that its signatures name.

    Raises:
        ApiError: no address.
    """
    url = call.body.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise invalid("/url", "The address is missing.")
    wanted = call.body.get("event_types") or [{"name": "*"}]
    return call.save("webhook", {"id": identifier, "url": url, "event_types": wanted})


def _token(world: World) -> Callable[[Request], object]:
    """Client credentials for a token. The first secret of a client is the right one."""

    async def handle(request: Request) -> Response:
        form = parse_qs((await request.body()).decode(errors="replace"))
        client, secret = _basic(request)
        known = world.store.get("client", client)
        if not client or not secret or form.get("grant_type") != ["client_credentials"]:
            return json_response(TokenError().body(), 401)
        if known is not None and known["secret"] != secret:
            return json_response(TokenError().body(), 401)
        world.store.put("client", client, {"id": client, "secret": secret})
        text = f"A21AA{random_text(60)}"
        ends_at = world.now() + TOKEN_S
        world.store.put("token", text, {"text": text, "account": account_of_client(client), "ends_at": ends_at})
        body = {"access_token": text, "token_type": "Bearer", "expires_in": TOKEN_S, "scope": "", "nonce": text[:8]}
        return json_response(body, 200, {"Cache-Control": "no-store"})

    return handle


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client, secret


def _gated(world: World, answers: SavedAnswers, operation: Operation) -> Callable[[Request], object]:
    async def handle(request: Request) -> Response:
        try:
            call = await _read_call(world, request)
            facts = {"account": call.account, "method": request.method, "path": request.url.path}
            facts["order"] = request.path_params.get("id", "")
            act = lambda: _perform(call, answers, operation, request)  # noqa: E731 - one line that the rules wrap
            status, body = await with_faults(world.rules, facts, act)
        except Misbehaved as fault:
            body = ApiError(fault.status, "INTERNAL_SERVICE_ERROR", str(fault)).body()
            status = fault.status
        except SimulatorError as refusal:
            status, body = refusal.status, refusal.body()
        log.info("api.answered %s %s %d", request.method, request.url.path, status)
        return json_response(body, status, {"Cache-Control": "no-store", "Paypal-Debug-Id": "simulated"})

    return handle


async def _read_call(world: World, request: Request) -> Call:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    token = world.store.get("token", text.strip()) if scheme.lower() == "bearer" else None
    if token is None or token["ends_at"] <= world.now():
        raise ApiError(401, "INVALID_TOKEN", "Authentication failed due to invalid authentication credentials.")
    body: Json = {}
    if raw := await request.body():
        try:
            body = json.loads(raw) or {}
        except ValueError as exc:
            raise ApiError(400, "MALFORMED_REQUEST_JSON", "The request body is not JSON.") from exc
        if not isinstance(body, dict):
            raise ApiError(400, "MALFORMED_REQUEST_JSON", "The request body is no object.")
    return Call(world, token["account"], body, request.headers.get("paypal-request-id") or None)


def _perform(call: Call, answers: SavedAnswers, operation: Operation, request: Request) -> tuple[int, Json]:
    if call.request_id is None or request.method != "POST":
        with call.world.store.transaction():
            return operation(call, request)
    fingerprint = fingerprint_of(request.method, request.url.path, call.body)
    try:
        saved = answers.find(call.account, call.request_id, fingerprint, call.world.now())
    except KeyReused as exc:
        raise unprocessable("DUPLICATE_REQUEST_ID", "The request id was used with another request.") from exc
    if saved is not None:
        return int(saved["status"]), saved["body"]
    with call.world.store.transaction():
        status, body = operation(call, request)
        answer: Json = {"status": status, "body": body}
        answers.keep(call.account, call.request_id, fingerprint, call.world.now(), answer)
    return status, body
