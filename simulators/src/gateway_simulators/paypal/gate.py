"""Checks of every API call: access tokens, request ids, scripted faults, ``Prefer``, error answers."""

import json
import logging
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from gateway_simulators.control import json_response
from gateway_simulators.errors import Misbehaved, SimulatorError
from gateway_simulators.faults import with_faults
from gateway_simulators.idempotency import KeyReused, SavedAnswers, fingerprint_of
from gateway_simulators.paypal.context import Call, World
from gateway_simulators.paypal.errors import ApiError, unprocessable
from gateway_simulators.store import Json

log = logging.getLogger("gateway_simulators.paypal")

KEPT_S: Final = 6 * 3600
HEADERS: Final = {"Cache-Control": "no-store", "Paypal-Debug-Id": "simulated"}
_BODY_BYTES_MAX: Final = 1024 * 1024
Answered = tuple[int, Json | None]
Operation = Callable[[Call, Request], Answered]
Brief = Callable[[Json], Json]
"""What ``Prefer: return=minimal``, which is the default, leaves of an answer."""


def gated(
    world: World, answers: SavedAnswers, operation: Operation, brief: Brief | None = None
) -> Callable[[Request], object]:
    """The handler of one operation."""

    async def handle(request: Request) -> Response:
        try:
            call = await _read_call(world, request)
            facts = {"account": call.account, "method": request.method, "path": request.url.path}
            facts["order"] = request.path_params.get("id", "")
            act = lambda: _perform(call, answers, operation, request)  # noqa: E731 - one line that the rules wrap
            status, body = await with_faults(world.rules, facts, act)
            if brief is not None and body is not None and not _wants_all(request):
                body = brief(body)
        except Misbehaved as fault:
            body = ApiError(fault.status, "INTERNAL_SERVICE_ERROR", str(fault)).body()
            status = fault.status
        except SimulatorError as refusal:
            status, body = refusal.status, refusal.body()
        log.info("api.answered %s %s %d", request.method, request.url.path, status)
        return Response(status_code=status, headers=HEADERS) if body is None else json_response(body, status, HEADERS)

    return handle


def unmatched(request: Request, status: int) -> Response:
    """PayPal's answer to what no route takes, and to a fault of its own."""
    issue = {404: "INVALID_RESOURCE_ID", 405: "METHOD_NOT_SUPPORTED"}.get(status, "INTERNAL_SERVICE_ERROR")
    error = ApiError(status, issue, "The request could not be handled.")
    return json_response(error.body(), status, HEADERS)


def brief(entry: Json) -> Json:
    """The minimal view of most resources."""
    return {name: entry[name] for name in ("id", "status", "links") if name in entry}


def _wants_all(request: Request) -> bool:
    given = request.headers.get("prefer", "")
    return "return=representation" in [part.strip().lower() for part in given.split(",")]


async def _read_call(world: World, request: Request) -> Call:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    token = world.store.get("token", text.strip()) if scheme.lower() == "bearer" else None
    if token is None or token["ends_at"] <= world.now():
        raise ApiError(401, "INVALID_TOKEN", "Authentication failed due to invalid authentication credentials.")
    raw = await request.body()
    body, operations = _bodies(request, raw)
    key = request.headers.get("paypal-request-id") or None
    return Call(world, token["account"], body, dict(request.query_params), operations, raw, key)


def _bodies(request: Request, raw: bytes) -> tuple[Json, list[Any]]:
    """The object, or the list of operations that a ``PATCH`` brings."""
    if len(raw) > _BODY_BYTES_MAX:
        raise ApiError(413, "REQUEST_ENTITY_TOO_LARGE", "The request is too large.")
    try:
        given = json.loads(raw) if raw.strip() else None
    except (ValueError, RecursionError) as exc:
        raise ApiError(400, "MALFORMED_REQUEST_JSON", "The request body is not JSON.") from exc
    patch = request.method == "PATCH"
    if given is None:
        return {}, []
    if patch and isinstance(given, list):
        return {}, given
    if not patch and isinstance(given, dict):
        return given, []
    raise ApiError(400, "MALFORMED_REQUEST_JSON", f"The request body is no {'list' if patch else 'object'}.")


def _perform(call: Call, answers: SavedAnswers, operation: Operation, request: Request) -> Answered:
    if call.request_id is None or request.method != "POST":
        with call.world.store.transaction():
            return operation(call, request)
    fingerprint = fingerprint_of(request.method, request.url.path, call.body)
    try:
        saved = answers.find(call.account, call.request_id, fingerprint, call.world.now())
    except KeyReused as exc:
        raise unprocessable("DUPLICATE_REQUEST_ID", "The request id was used with another request.") from exc
    if saved is not None:
        # A replay has made nothing, so that it is never 201.
        return (200 if saved["status"] == 201 else int(saved["status"])), saved["body"]
    with call.world.store.transaction():
        status, body = operation(call, request)
        answer: Json = {"status": status, "body": body}
        answers.keep(call.account, call.request_id, fingerprint, call.world.now(), answer)
    return status, body
