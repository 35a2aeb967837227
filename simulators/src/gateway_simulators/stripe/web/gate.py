"""Checks of every API call: keys, request ids, versions, scripted faults, idempotency, error answers."""

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway_simulators.control import json_response
from gateway_simulators.errors import Misbehaved
from gateway_simulators.faults import with_faults
from gateway_simulators.idempotency import KeyReused, SavedAnswers, fingerprint_of
from gateway_simulators.ids import random_text
from gateway_simulators.store import Json
from gateway_simulators.stripe import forms
from gateway_simulators.stripe.accounts import caller_of
from gateway_simulators.stripe.context import Call, World
from gateway_simulators.stripe.errors import ApiError
from gateway_simulators.stripe.settings import DEFAULT_API_VERSION

Operation = Callable[[Call, Request], Json]
Handler = Callable[[Request], Awaitable[Response]]

log = logging.getLogger("gateway_simulators.stripe")

BODY_BYTES_MAX: Final = 1024 * 1024
KEY_LENGTH_MAX: Final = 255
# Browsers call with a publishable key and a client secret, never with cookies.
CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
    "Access-Control-Expose-Headers": "Request-Id, Stripe-Version",
    "Access-Control-Max-Age": "300",
}


def gated(world: World, answers: SavedAnswers, operation: Operation, *, browsers: bool = False) -> Handler:
    """The handler of one operation; ``browsers`` opens it to publishable keys."""

    async def handle(request: Request) -> Response:
        request_id = f"req_{random_text(14)}"
        headers = {"Request-Id": request_id, "Stripe-Version": _version(request), "Cache-Control": "no-store", **CORS}
        try:
            call = await _read(world, request, request_id)
            if not browsers:
                call.caller.require_secret()
            status, body, extra = await _answer(call, answers, operation, request)
        except ApiError as error:
            status, body, extra = error.status, error.body(), {}
        log.info("api.answered %s %s %d %s", request.method, request.url.path, status, request_id)
        return json_response(body, status, {**headers, **extra})

    return handle


async def _read(world: World, request: Request, request_id: str) -> Call:
    body = await request.body()
    if len(body) > BODY_BYTES_MAX:
        raise ApiError(413, "The request is too large.")
    content_type = request.headers.get("content-type", "")
    if body and not content_type.startswith("application/x-www-form-urlencoded"):
        raise ApiError(400, "Send parameters as application/x-www-form-urlencoded.")
    params = forms.parse(request.url.query, body.decode(errors="replace"))
    key = _key(request, params)
    return Call(world, caller_of(key), params, request_id, request.headers.get("idempotency-key") or None)


def _key(request: Request, params: forms.Params) -> str:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    in_form = params.pop("key", None)
    if scheme.lower() == "bearer" and credentials:
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError) as exc:
            raise ApiError(401, "The Basic credentials cannot be read.") from exc
    if isinstance(in_form, str) and in_form:
        return in_form
    raise ApiError(401, "You did not provide an API key. Send it as Authorization: Bearer <key>.")


def _version(request: Request) -> str:
    return request.headers.get("stripe-version") or DEFAULT_API_VERSION


async def _answer(
    call: Call, answers: SavedAnswers, operation: Operation, request: Request
) -> tuple[int, Json, dict[str, str]]:
    facts = {"account": call.caller.account, "method": request.method, "path": request.url.path}
    facts["payment_intent"] = request.path_params.get("id", "")
    try:
        return await with_faults(call.world.rules, facts, lambda: _perform(call, answers, operation, request))
    except Misbehaved as fault:
        raise ApiError(fault.status, str(fault), kind="api_error") from fault


def _perform(
    call: Call, answers: SavedAnswers, operation: Operation, request: Request
) -> tuple[int, Json, dict[str, str]]:
    key = call.idempotency_key if request.method == "POST" else None
    if key is None:
        with call.world.store.transaction():
            return 200, operation(replace(call, idempotency_key=None), request), {}
    fingerprint = fingerprint_of(request.method, request.url.path, call.params)
    saved = _saved(call, answers, key, fingerprint)
    echo = {"Idempotency-Key": key}
    if saved is not None:
        replayed = {"Idempotent-Replayed": "true", "Original-Request": saved["request"]}
        return saved["status"], saved["body"], {**echo, **replayed}
    with call.world.store.transaction():
        status, body = _run(call, operation, request)
        answer = {"status": status, "body": body, "request": call.request_id or ""}
        answers.keep(call.caller.account, key, fingerprint, call.now, answer)
    return status, body, echo


def _saved(call: Call, answers: SavedAnswers, key: str, fingerprint: str) -> Json | None:
    if len(key) > KEY_LENGTH_MAX:
        raise ApiError(400, "Idempotency keys have at most 255 characters.", kind="idempotency_error")
    try:
        return answers.find(call.caller.account, key, fingerprint, call.now)
    except KeyReused as exc:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the endpoint and the parameters that they were "
            f"first used with. Use another key than '{key}' if you mean a different request.",
            kind="idempotency_error",
        ) from exc


def _run(call: Call, operation: Operation, request: Request) -> tuple[int, Json]:
    """Refusals before anything was done are raised and not remembered."""
    try:
        return 200, operation(call, request)
    except ApiError as error:
        if not error.saved:
            raise
        return error.status, error.body()
