"""Checks of every API call: keys, scripted faults, idempotency, error answers."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway_simulators.errors import Misbehaved
from gateway_simulators.faults import with_faults
from gateway_simulators.idempotency import KeyReused, SavedAnswers, fingerprint_of
from gateway_simulators.mollie.accounts import caller_of
from gateway_simulators.mollie.context import Call, World
from gateway_simulators.mollie.errors import ApiError
from gateway_simulators.store import Json

Operation = Callable[[Call, Request], tuple[int, Json | None]]
Handler = Callable[[Request], Awaitable[Response]]
Answered = tuple[int, Json | None, dict[str, str]]

log = logging.getLogger("gateway_simulators.mollie")

BODY_BYTES_MAX: Final = 1024 * 1024
KEPT_S: Final = 3600.0


def gated(world: World, answers: SavedAnswers, operation: Operation) -> Handler:
    """The handler of one operation."""

    async def handle(request: Request) -> Response:
        try:
            call = await _read(world, request)
            status, body, headers = await _answer(call, answers, operation, request)
        except ApiError as error:
            status, body, headers = error.status, error.body(), {}
        log.info("api.answered %s %s %d", request.method, request.url.path, status)
        return hal(body, status, headers)

    return handle


def hal(body: Json | None, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """``application/hal+json``, or nothing."""
    content = b"" if body is None else json.dumps(body).encode()
    return Response(content, status, headers, "application/hal+json")


async def _read(world: World, request: Request) -> Call:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise ApiError(401, "Missing authentication, or failed to authenticate")
    caller = caller_of(key.strip())
    body = await request.body()
    if len(body) > BODY_BYTES_MAX:
        raise ApiError(413, "The request is too large.")
    try:
        params = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as exc:
        raise ApiError(400, "The request body is not valid JSON") from exc
    if not isinstance(params, dict):
        raise ApiError(400, "The request body is not a JSON object")
    return Call(world, caller, params, dict(request.query_params))


async def _answer(call: Call, answers: SavedAnswers, operation: Operation, request: Request) -> Answered:
    facts = {"account": call.caller.account, "method": request.method, "path": request.url.path}
    facts["payment"] = request.path_params.get("id", "")
    try:
        return await with_faults(call.world.rules, facts, lambda: _perform(call, answers, operation, request))
    except Misbehaved as fault:
        raise ApiError(fault.status, str(fault)) from fault


def _perform(call: Call, answers: SavedAnswers, operation: Operation, request: Request) -> Answered:
    key = request.headers.get("idempotency-key") if request.method != "GET" else None
    with call.world.store.transaction():
        if not key:
            return (*operation(call, request), {})
        fingerprint = fingerprint_of(request.method, request.url.path, call.params)
        now = call.world.now()
        try:
            saved = answers.find(call.caller.account, key, fingerprint, now)
        except KeyReused as exc:
            raise ApiError(409, "The idempotency key was used for another request") from exc
        if saved is not None:
            return saved["status"], saved["body"], {"Idempotent-Replayed": "true"}
        try:
            status, body = operation(call, request)
        except ApiError as error:
            status, body = error.status, error.body()
        answers.keep(call.caller.account, key, fingerprint, now, {"status": status, "body": body})
        return status, body, {}
