"""Rate limits at the HTTP edge: who is limited by what, and how the answer says so.

Callers without credentials are limited by their address. Callers whose credentials turn out to be wrong have a small
bucket of their own, counted after the fact: valid credentials from the same address go on working. What a valid
credential may do is limited by the application, which knows it (`admit`).
"""

import functools
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from gateway_contracts.errors import RateLimited
from gateway_kit.http.addresses import parsed_address
from gateway_kit.http.asgi import (
    PROXIED_KEY,
    ASGIApp,
    Message,
    Receive,
    Scope,
    Send,
    error_body,
    header,
    send_json,
)
from gateway_kit.limits.buckets import Buckets, Decision, Policy

KEY_POLICY: Final = Policy("key", 200, 100.0)
"""Per API key or signed-in person."""
FAILED_POLICY: Final = Policy.per_minute("failed", 60)
"""Per address, for requests whose credentials are missing or wrong (401), or lead nowhere."""

OPEN_PATHS: Final = ("/health", "/internal/")
"""Probes are never limited."""
DECISIONS_KEY: Final = "gateway.limits"
"""In the scope: the list of what limits said to this request, for the response headers."""
_PROBLEM_TYPE: Final = "https://iana.org/assignments/http-problem-types#quota-exceeded"


def address_policy(requests_per_minute: int) -> Policy:
    """Per address, for requests without credentials."""
    return Policy.per_minute("address", requests_per_minute)


def carries_authorization(scope: Scope) -> bool:
    """Whether a request presents a key or a session, right or wrong."""
    return header(scope, b"authorization") is not None


@dataclass(frozen=True)
class AddressRules:
    """Callers that are limited by address.

    Attributes:
        policy: how much.
        is_enabled: whether at all.
        exempt: addresses or networks that are not.
        open_paths: beginnings of paths without a limit.
        has_credentials: whether a request carries some, right or wrong.
    """

    policy: Policy
    is_enabled: bool
    exempt: tuple[str, ...] = ()
    open_paths: tuple[str, ...] = OPEN_PATHS
    has_credentials: Callable[[Scope], bool] = carries_authorization


def admit(buckets: Buckets, policy: Policy, subject: str, scope: Scope) -> None:
    """Let the request pass a limit of the application's own; the response's headers tell what is left.

    Raises:
        RateLimited: it must wait.
    """
    decision = buckets.take(policy, subject)
    scope.get(DECISIONS_KEY, []).append(decision)
    if not decision.is_allowed:
        raise RateLimited(
            _sentence(decision), code="RATE_LIMITED", retry_after_s=decision.retry_after_s, **_facts(decision)
        )


@functools.lru_cache(maxsize=4096)
def subject_of(address: str) -> str:
    """Key of one caller: an IPv4 address, or the /64 that one IPv6 customer usually has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return address


class AddressLimits:
    """The middleware. Mount it inside `edge`, which finds out the address."""

    def __init__(self, app: ASGIApp, buckets: Buckets, rules: AddressRules) -> None:
        self._app = app
        self._buckets = buckets
        self._rules = rules
        self._exempt = tuple(ipaddress.ip_network(entry, strict=False) for entry in rules.exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._rules.open_paths):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        address = str(client[0]) if client else ""
        decisions: list[Decision] = []
        scope[DECISIONS_KEY] = decisions
        if self._is_limited(scope, address):
            decisions.append(self._buckets.take(self._rules.policy, subject_of(address)))
            if not decisions[0].is_allowed:
                await _refuse(send, decisions[0])
                return
        await self._app(scope, receive, self._watched(scope, send, decisions, address))

    def _is_limited(self, scope: Scope, address: str) -> bool:
        # What a trusted proxy asks on its own account is no caller's request.
        is_proxy = scope.get(PROXIED_KEY) is False
        is_preflight = scope["method"] == "OPTIONS"
        return (
            self._rules.is_enabled
            and not is_proxy
            and not is_preflight
            and not self._rules.has_credentials(scope)
            and not _lies_in(address, self._exempt)
        )

    def _is_failure(self, scope: Scope, status: int, decisions: list[Decision]) -> bool:
        """Wrong credentials, or some that were presented where no limit asked for them."""
        is_uncounted = not decisions and self._rules.has_credentials(scope)
        return status == 401 or (status in {403, 404} and is_uncounted)

    def _watched(self, scope: Scope, send: Send, decisions: list[Decision], address: str) -> Send:
        is_replaced = False

        async def send_watched(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start":
                if self._is_failure(scope, message["status"], decisions):
                    failed = self._buckets.take(FAILED_POLICY, subject_of(address))
                    if not failed.is_allowed:
                        is_replaced = True
                        await _refuse(send, failed)
                        return
                message = {**message, "headers": [*message.get("headers", []), *limit_headers(decisions)]}
            if not is_replaced:
                await send(message)

        return send_watched


@functools.lru_cache(maxsize=4096)
def _lies_in(address: str, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    parsed = parsed_address(address)
    return parsed is not None and any(parsed in network for network in networks)


def limit_headers(decisions: Iterable[Decision]) -> list[tuple[bytes, bytes]]:
    """``RateLimit-Policy`` and ``RateLimit`` (one item per limit), and which limit refused."""
    known = tuple(decisions)
    if not known:
        return []
    policies = ", ".join(f'"{item.policy.name}";q={item.policy.capacity};w={item.policy.window_s}' for item in known)
    states = ", ".join(f'"{item.policy.name}";r={item.remaining};t={item.reset_s}' for item in known)
    headers = [(b"ratelimit-policy", policies.encode()), (b"ratelimit", states.encode())]
    refused = [item.policy.name for item in known if not item.is_allowed]
    if refused:
        headers.append((b"rate-limited-reason", refused[0].encode()))
    return headers


def _sentence(decision: Decision) -> str:
    return f"too many requests (limit: {decision.policy.name}); try again in {decision.retry_after_s} s"


def _facts(decision: Decision) -> dict[str, Any]:
    return {"type": _PROBLEM_TYPE, "limiter": decision.policy.name, "violated-policies": [decision.policy.name]}


async def _refuse(send: Send, decision: Decision) -> None:
    body = _facts(decision) | error_body(_sentence(decision), "RATE_LIMITED")
    headers = {"retry-after": str(decision.retry_after_s)}
    headers |= {name.decode(): value.decode() for name, value in limit_headers([decision])}
    await send_json(send, 429, body, headers=headers)
