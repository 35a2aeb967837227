"""Pure ASGI middlewares of the HTTP edge: client address, request context, security headers.

`gateway_kit.http.edge` puts them together with the limits of bodies. They work on the messages themselves, so streaming
responses, contextvars and bare ASGI applications behave as they would without them.
"""

import ipaddress
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TraceFlags

from gateway_kit.context import request_id, working_on
from gateway_kit.http.addresses import parsed_address
from gateway_kit.logging import get_logger
from gateway_kit.metrics import http_series
from gateway_kit.telemetry import remote_span
from gateway_kit.trace_budget import TraceBudget

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

ROUTE_KEY = "gateway.route"
"""A bare ASGI application names its route pattern in the scope under this key, for logs and spans."""
PROXIED_KEY = "gateway.proxied"
"""True in the scope of a request that a trusted proxy forwarded."""

_SAFE_REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,127}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_log = get_logger("http")

BASE_HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=()",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""What a response carries unless it says otherwise itself."""


class ClientGone(Exception):
    """The client disconnected before its request was complete."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


class TrustedProxyAddress:
    """Puts the customer's address into ``scope["client"]``: ``X-Real-IP`` counts only from a trusted proxy.

    Args:
        trusted: addresses or networks (CIDR) of the proxies.
    """

    def __init__(self, app: ASGIApp, *, trusted: Iterable[str]) -> None:
        self._app = app
        self._networks = tuple(ipaddress.ip_network(entry, strict=False) for entry in trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_trusted(scope.get("client")):
            forwarded = header(scope, b"x-real-ip")
            address = parsed_address((forwarded or b"").decode("latin-1"))
            if address is not None:
                scope["client"] = (str(address), 0)
            # A probe from the proxy's own machine carries no such header and is no customer.
            scope[PROXIED_KEY] = forwarded is not None
        await self._app(scope, receive, send)

    def _is_trusted(self, client: Any) -> bool:
        address = parsed_address(client[0]) if client else None
        return address is not None and any(address in network for network in self._networks)


class RequestContext:
    """Gives every request an id, a span and one access log line; answers 500 for exceptions that were not caught.

    A safe ``X-Request-ID`` of the caller is kept, any other is replaced; the id is echoed on every response. Logs name
    the route pattern, never the path or query, because paths carry the secret names of checkouts.
    """

    def __init__(self, app: ASGIApp, *, traces: TraceBudget | None = None) -> None:
        self._app = app
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _request_id_of(scope)
        with (
            working_on(request=request, correlation=request),
            remote_span(scope["method"], self._offered_trace(scope), kind=SpanKind.SERVER) as current,
        ):
            await self._serve(scope, receive, send, current)

    def _offered_trace(self, scope: Scope) -> str | None:
        """The caller's trace goes on here. Any caller can ask for a recording; the budget says whether there is one."""
        offered = header(scope, b"traceparent") or b""
        if not _TRACEPARENT.fullmatch(offered):
            return None
        text = offered.decode()
        is_wanted = int(text[-2:], 16) & TraceFlags.SAMPLED
        if is_wanted and self._traces is not None and not self._traces.take():
            return f"{text[:-2]}00"
        return text

    async def _serve(self, scope: Scope, receive: Receive, send: Send, current: Span) -> None:
        started = time.perf_counter()
        status = 0
        echoed = (b"x-request-id", request_id.get().encode())

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() != b"x-request-id"]
                message = {**message, "headers": [*kept, echoed]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as exc:
            # The edge of the process: a bug is logged with its trace and answered without detail.
            _log.error("http.unhandled_error", kind=type(exc).__name__, route=_route(scope), exc_info=exc)
            if not status:
                await send_json(send_with_id, 500, error_body("internal error", "INTERNAL_ERROR"))
        finally:
            _finish(scope, status, time.perf_counter() - started, current)


def _request_id_of(scope: Scope) -> str:
    offered = header(scope, b"x-request-id")
    if offered is not None and _SAFE_REQUEST_ID.fullmatch(offered):
        return offered.decode()
    return "req_" + secrets.token_hex(12)


def _route(scope: Scope) -> str:
    named = scope.get(ROUTE_KEY) or getattr(scope.get("route"), "path", None)
    return str(named) if named else "unmatched"


def _method(scope: Scope) -> str:
    """As a label: invented methods must not fill the process's memory."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def _finish(scope: Scope, status: int, elapsed_s: float, current: Span) -> None:
    route = _route(scope)
    current.update_name(f"{scope['method']} {route}")
    current.set_attribute("http.request.method", scope["method"])
    current.set_attribute("http.route", route)
    current.set_attribute("http.response.status_code", status)
    if status >= 500:
        current.set_status(Status(StatusCode.ERROR))
    http_series(_method(scope), route, status).observe(elapsed_s)
    _log.info("http.request", method=scope["method"], route=route, status=status, durationMs=round(elapsed_s * 1000, 1))


def error_body(sentence: str, code: str) -> dict[str, Any]:
    """The body of an error that no `GatewayError` describes."""
    return {"error": sentence, "code": code, "requestId": request_id.get(), "details": []}


async def send_json(
    send: Send, status: int, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None
) -> None:
    """Answer with a JSON object; ``headers`` are further ones, with lower-case names."""
    payload = json.dumps(body).encode()
    complete = [(b"content-type", b"application/json"), (b"content-length", str(len(payload)).encode())]
    complete += [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": complete})
    await send({"type": "http.response.body", "body": payload})


class SecurityHeaders:
    """Adds headers that a response does not set itself.

    Args:
        headers: lower-case names and values.
    """

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", []))
                present = {name.lower() for name, _ in own}
                message = {**message, "headers": own + [pair for pair in self._headers if pair[0] not in present]}
            await send(message)

        await self._app(scope, receive, send_secured)
