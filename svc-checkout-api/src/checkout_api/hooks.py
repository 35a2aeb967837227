"""The endpoint for providers' webhooks: a bare ASGI application in front of svc-webhook-ingest.

It reads the body, hands it on with the few headers that verification needs, and turns the one-line reply into an HTTP
answer. It decides nothing: a 200 means that svc-webhook-ingest has stored the events durably. Being the hot path it
stands outside the application's other middlewares and writes no log line for what went well.

Mount it inside `TrustedProxyAddress` only, so that ``scope["client"]`` is the provider's address.
"""

import json
import re
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import nats.errors
from nats.aio.client import Client
from opentelemetry.trace import SpanKind

from checkout_api.hook_room import SMALL_BYTES, HookRoom, Sender
from gateway_contracts.requests.ingest import (
    HEADER_CODE,
    HEADER_PREFIX,
    HEADER_PROVIDER_ID,
    HEADER_RETRY_AFTER,
    HEADER_SENDER,
    HEADER_STATUS,
    HEADER_TYPE,
    STATUS_UNVERIFIED,
    STATUS_VERIFIED,
    SUBJECT,
    TIMEOUT_S,
)
from gateway_contracts.rpc import HEADER_DEADLINE, HEADER_REQUEST_ID
from gateway_contracts.topology import HOOK_BODY_BYTES_MAX
from gateway_kit import context
from gateway_kit.http.asgi import ROUTE_KEY, ClientGone, Receive, Scope, Send, header
from gateway_kit.http.bodies import Body, BodyRefused, announced_size, require_size
from gateway_kit.http.connections import BODY_HERE_KEY
from gateway_kit.http.rate_limit import limit_headers, subject_of
from gateway_kit.limits.buckets import Buckets, Decision, Policy
from gateway_kit.logging import get_logger
from gateway_kit.metrics import http_series
from gateway_kit.telemetry import root_span
from gateway_kit.trace_budget import TraceBudget
from gateway_providers.provider import Provider
from gateway_providers.registry import PROVIDERS

log = get_logger(__name__)

ROUTE: Final = "/hooks/{type}/{providerId}"
CONCURRENT_MAX: Final = 2_000
RETRY_AFTER_S: Final = 2
# Per address and provider. Emptied only by webhooks whose signature was not valid, so that it never turns a genuine one
# away, however many others came from the same address.
FAILED_SIGNATURES: Final = Policy.per_minute("failed-signature", 20)
_HEADER_VALUE_BYTES_MAX: Final = 8 * 1024
_LOG_INTERVAL_S: Final = 10.0

_TARGET: Final = re.compile(r"/hooks/([a-z0-9_-]{1,32})/([A-Za-z0-9_-]{1,64})")
_SAFE_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,127}")
# Handed on for every type, beside the headers that its signature needs.
_FORWARDED_ALWAYS: Final = {b"content-type": HEADER_PREFIX + "content-type"}
_SENTENCES: Final = {
    "WEBHOOK_SIGNATURE_INVALID": "the signature is not valid",
    "WEBHOOK_UNREADABLE": "the body is not in this provider's format",
    "PROVIDER_NOT_FOUND": "no such provider",
    "PAYLOAD_TOO_LARGE": f"the body is larger than {HOOK_BODY_BYTES_MAX} bytes",
    "RATE_LIMITED": "too many webhooks with invalid signatures, or at the same time",
}
_RECEIVED: Final = b'{"received":true}'


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to the provider; ``code`` is None for success.

    Attributes:
        is_verified: the provider has signed it.
    """

    status: int
    code: str | None = None
    retry_after_s: int | None = None
    allow: str | None = None
    limit: Decision | None = None
    is_verified: bool = False


_ACCEPTED: Final = Answer(200)
_VERIFIED: Final = Answer(200, is_verified=True)
_NOT_FOUND: Final = Answer(404, "NOT_FOUND")
_NOT_POST: Final = Answer(405, "METHOD_NOT_ALLOWED", allow="POST")
_OWN_SHARE: Final = Answer(429, "RATE_LIMITED", RETRY_AFTER_S)


def _unavailable(code: str) -> Answer:
    return Answer(503, code, RETRY_AFTER_S)


class WebhookEndpoint:
    """Answers ``POST /hooks/{type}/{providerId}`` and nothing else.

    Args:
        nc: the service's connection.
        traces: which webhooks' traces are recorded; the decision comes before any span.
        concurrent_max: webhooks that may wait for their reply; the next one gets 503 with ``Retry-After``.
        timeout_s: patience for the reply.
        limits: buckets that know `FAILED_SIGNATURES`; without them the endpoint keeps its own.
        room: for webhooks that are read or wait; without it the endpoint has the usual one.
    """

    def __init__(
        self,
        nc: Client,
        *,
        traces: TraceBudget,
        concurrent_max: int = CONCURRENT_MAX,
        timeout_s: float = TIMEOUT_S,
        limits: Buckets | None = None,
        room: HookRoom | None = None,
    ) -> None:
        self._nc = nc
        self._room = room or HookRoom(waiting_max=concurrent_max)
        self._timeout_s = timeout_s
        self._traces = traces
        # Empty buckets are false, so they are asked for by identity.
        self._limits = Buckets((FAILED_SIGNATURES,), secret=secrets.token_bytes(32)) if limits is None else limits
        self._quiet_until = 0.0
        # By type of provider, then by the header's name as ASGI has it: the subject's header for it.
        self._forwarded = {name: _forwarded(provider) for name, provider in PROVIDERS.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        target = _TARGET.fullmatch(scope["path"])
        request_id = _request_id_of(scope)
        if target is None:
            answer = _NOT_FOUND
        elif scope["method"] != "POST":
            answer = _NOT_POST
        else:
            scope[ROUTE_KEY] = ROUTE
            try:
                answer = await self._accept(target.group(1), target.group(2), scope, receive, request_id)
            except ClientGone:
                return  # the client is gone, and half a body is no webhook
        if answer.status == 503:
            self._complain(answer)
        await _respond(send, answer, request_id)
        if target is not None:
            method = "POST" if scope["method"] == "POST" else "other"
            http_series(method, ROUTE, answer.status).observe(time.perf_counter() - started)

    async def _accept(
        self, provider_type: str, provider_id: str, scope: Scope, receive: Receive, request_id: str
    ) -> Answer:
        if not self._nc.is_connected:
            return _unavailable("BROKER_UNAVAILABLE")
        sender = self._room.sender(subject_of(_address(scope)), provider_id)
        body: Body | None = None
        try:
            announced = announced_size(scope)
            require_size(announced, HOOK_BODY_BYTES_MAX)
            whole = await _small_body(scope, receive, announced)
            if whole is None:
                body = self._room.body_of(sender)
                whole = await body.read(receive, scope)
            headers = self._headers(provider_type, sender, scope, request_id)
            answer = await self._ask_traced(headers, whole, sender)
        except BodyRefused as refused:
            return Answer(refused.status, refused.code, refused.retry_after_s)
        finally:
            if body is not None:
                body.release()
        if answer.is_verified and not sender.is_proven:
            self._room.prove(sender)
        return self._counted(answer, sender)

    def _counted(self, answer: Answer, sender: Sender) -> Answer:
        if answer.code != "WEBHOOK_SIGNATURE_INVALID":
            return answer
        decision = self._limits.take(FAILED_SIGNATURES, f"{sender.address} {sender.account}")
        if decision.is_allowed:
            return answer
        return Answer(429, "RATE_LIMITED", decision.retry_after_s, limit=decision)

    async def _ask_traced(self, headers: dict[str, str], body: bytes, sender: Sender) -> Answer:
        if (full := self._room.take_place(sender)) is not None:
            return _OWN_SHARE if full == "lane" else _unavailable("OVERLOADED")
        try:
            with root_span(f"POST {ROUTE}", self._traces, kind=SpanKind.SERVER) as traceparent:
                headers["traceparent"] = traceparent
                return await self._ask(headers, body)
        finally:
            self._room.waiting.give_back(1, *sender.places)

    def _headers(self, provider_type: str, sender: Sender, scope: Scope, request_id: str) -> dict[str, str]:
        headers = {
            HEADER_TYPE: provider_type,
            HEADER_PROVIDER_ID: sender.account,
            HEADER_SENDER: sender.header,
            HEADER_REQUEST_ID: request_id,
            HEADER_DEADLINE: str(int((time.time() + self._timeout_s) * 1000)),
        }
        names = self._forwarded.get(provider_type, _FORWARDED_ALWAYS)
        for name, value in scope["headers"]:
            forwarded = names.get(name)
            if forwarded is not None and len(value) <= _HEADER_VALUE_BYTES_MAX:
                headers[forwarded] = value.decode("latin-1")
        return headers

    async def _ask(self, headers: dict[str, str], body: bytes) -> Answer:
        try:
            reply = await self._nc.request(SUBJECT, body, timeout=self._timeout_s, headers=headers)
        except nats.errors.NoRespondersError:
            return _unavailable("SERVICE_UNAVAILABLE")
        except nats.errors.TimeoutError:
            return _unavailable("SERVICE_TIMEOUT")
        except nats.errors.Error:
            return _unavailable("BROKER_UNAVAILABLE")
        return _answer_of(reply.headers or {})

    def _complain(self, answer: Answer) -> None:
        """One line now and then is enough to see that something is down."""
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + _LOG_INTERVAL_S
            log.warning("hooks.unavailable", code=answer.code, waiting=self._room.waiting.held)


def _forwarded(provider: Provider) -> dict[bytes, str]:
    needed = provider.webhooks.signature_headers if provider.webhooks else frozenset()
    return {name.encode(): HEADER_PREFIX + name for name in needed} | _FORWARDED_ALWAYS


async def _small_body(scope: Scope, receive: Receive, announced: int) -> bytes | None:
    """A body that is here as a whole and small, as almost all are; None for any other, of which nothing is read.

    Raises:
        ClientGone: the connection ended.
    """
    is_here = scope.get(BODY_HERE_KEY)
    if is_here is None or not is_here() or not 0 < announced <= SMALL_BYTES:
        return None
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message["body"]
    return body


def _request_id_of(scope: Scope) -> str:
    if known := context.request_id.get():
        return known
    offered = header(scope, b"x-request-id")
    if offered is not None and _SAFE_REQUEST_ID.fullmatch(offered):
        return offered.decode()
    return "req_" + secrets.token_hex(12)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _answer_of(headers: dict[str, str]) -> Answer:
    status = headers.get(HEADER_STATUS, "")
    if status == STATUS_VERIFIED:
        return _VERIFIED
    if status == STATUS_UNVERIFIED:
        return _ACCEPTED
    if not (status.isdigit() and 400 <= int(status) <= 599):
        return _unavailable("TEMPORARILY_UNAVAILABLE")
    retry_after = headers.get(HEADER_RETRY_AFTER, "")
    retry_after_s = int(retry_after) if retry_after.isdigit() else None
    if int(status) == 503 and retry_after_s is None:
        retry_after_s = RETRY_AFTER_S
    return Answer(int(status), headers.get(HEADER_CODE, "REJECTED"), retry_after_s)


async def _respond(send: Send, answer: Answer, request_id: str) -> None:
    body = _RECEIVED if answer.code is None else _error_body(answer, request_id)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    if answer.retry_after_s is not None:
        headers.append((b"retry-after", str(answer.retry_after_s).encode()))
    if answer.status == 408:
        # The rest of such a body is not waited for.
        headers.append((b"connection", b"close"))
    if answer.allow is not None:
        headers.append((b"allow", answer.allow.encode()))
    if answer.limit is not None:
        headers += limit_headers([answer.limit])
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _error_body(answer: Answer, request_id: str) -> bytes:
    sentence = _SENTENCES.get(answer.code or "") or _phrase(answer.status)
    return json.dumps({"error": sentence, "code": answer.code, "requestId": request_id, "details": []}).encode()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.lower()
    except ValueError:  # some providers ask for statuses of their own, such as 498
        return "refused"
