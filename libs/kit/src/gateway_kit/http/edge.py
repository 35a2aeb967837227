"""The HTTP edge of an API service: all middlewares in the order that they need."""

from collections.abc import Iterable, Mapping

from gateway_kit.http.asgi import BASE_HEADERS, ASGIApp, RequestContext, SecurityHeaders, TrustedProxyAddress
from gateway_kit.http.bodies import KNOWN_LIMITS, OPEN_LIMITS, BodyBudget, BodyLimits, BoundedBodies
from gateway_kit.trace_budget import TraceBudget


def edge(
    app: ASGIApp,
    *,
    trusted_proxies: Iterable[str],
    is_https: bool,
    open_limits: BodyLimits = OPEN_LIMITS,
    known_limits: BodyLimits = KNOWN_LIMITS,
    headers: Mapping[str, str] = BASE_HEADERS,
    traces: TraceBudget | None = None,
) -> ASGIApp:
    """The application behind all middlewares.

    Args:
        trusted_proxies: addresses or networks whose ``X-Real-IP`` is believed.
        is_https: whether the public origin is https (adds ``Strict-Transport-Security``).
        open_limits: bodies of callers that the application does not know.
        known_limits: bodies of those that it knows.
        headers: security headers, see `BASE_HEADERS`.
        traces: decides which of the callers' traces are recorded; without it their word counts.
    """
    complete = {**headers, "strict-transport-security": "max-age=31536000"} if is_https else dict(headers)
    bounded = BoundedBodies(app, unknown=BodyBudget(open_limits), known=BodyBudget(known_limits))
    secured = SecurityHeaders(bounded, headers=complete)
    return TrustedProxyAddress(RequestContext(secured, traces=traces), trusted=trusted_proxies)
