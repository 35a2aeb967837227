"""CORS of ``/api``: the hosted pages and merchants' active domains may call from their own origin."""

from checkout_api.domain.origins import Origin, PageRules
from gateway_kit.http.asgi import ASGIApp, Message, Receive, Scope, Send, header

_METHODS = b"GET, POST"
_HEADERS = b"Content-Type, X-Checkout-Session, Idempotency-Key, X-Request-ID, traceparent"
_EXPOSED = b"X-Request-ID, Retry-After, RateLimit, RateLimit-Policy, Rate-Limited-Reason"
_MAX_AGE = b"600"


class Cors:
    """Answers preflights itself; adds the headers to answers for allowed origins. Cookies are never shared."""

    def __init__(self, app: ASGIApp, *, rules: PageRules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        origin = self._allowed(scope)
        if scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method") is not None:
            await _preflight(send, origin)
            return

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [pair for pair in message.get("headers", []) if pair[0].lower() != b"vary"]
                headers.append((b"vary", b"Origin"))
                if origin is not None:
                    own = b"access-control-allow-origin"
                    headers = [pair for pair in headers if pair[0].lower() != own] + [(own, origin)]
                    headers.append((b"access-control-expose-headers", _EXPOSED))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_cors)

    def _allowed(self, scope: Scope) -> bytes | None:
        """The calling page's origin in its canonical form, if it may call: the header itself is never repeated."""
        page = Origin.parse((header(scope, b"origin") or b"").decode("latin-1"))
        host = (header(scope, b"host") or b"").decode("latin-1")
        return str(page).encode() if page is not None and self._rules.is_page(page, own_host=host) else None


async def _preflight(send: Send, origin: bytes | None) -> None:
    headers = [(b"vary", b"Origin"), (b"content-length", b"0")]
    if origin is not None:
        headers += [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _HEADERS),
            (b"access-control-max-age", _MAX_AGE),
        ]
    await send({"type": "http.response.start", "status": 204 if origin else 403, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
