"""Stripe's HTTP interface: one request with its safe repeats, and what its failures mean."""

import asyncio
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from gateway_contracts.errors import OutcomeUnknown, Transient
from gateway_providers.breaker import Breaker
from gateway_providers.errors import ProviderRefused, outcome_unknown, unavailable
from gateway_providers.ports import ProviderAccount

# The version that the official library of this release is built for; events must be registered with the same family.
API_VERSION: Final = "2026-10-28.endive"

_CONNECT_TIMEOUT_S: Final = 3.0
_ANSWER_BYTES_MAX: Final = 1024 * 1024
_REPEATS_MAX: Final = 2
# The delays of the official library.
_DELAY_FIRST_S: Final = 0.5
_DELAY_MAX_S: Final = 5.0
_CREDENTIAL_STATUSES: Final = frozenset({401, 403})
# These errors leave open what an earlier request under the same key did.
_KEY_CONFLICTS: Final = frozenset({"idempotency_error", "idempotency_key_in_use"})


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: dict[str, Any]
    should_repeat: bool | None = None
    retry_after_s: float | None = None

    @property
    def error(self) -> dict[str, Any]:
        """Stripe's error object, empty when the answer has none."""
        error = self.body.get("error")
        return error if isinstance(error, dict) else {}


class _NotReached(Exception):
    """The request was certainly not sent."""


class _Interrupted(Exception):
    """The request may have been sent; no answer came."""


class StripeHttp:
    """Requests to Stripe on behalf of accounts, each with its own credentials and circuit."""

    def __init__(self, base_url: str, *, breaker: Breaker | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._breaker = breaker or Breaker()
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self, account: ProviderAccount, path: str, *, query: Mapping[str, str] | None = None, timeout_s: float
    ) -> Answer:
        """Read. A read changes nothing, so every fault is `Transient`."""
        try:
            return await self._call(account, "GET", path, params=dict(query or {}), timeout_s=timeout_s)
        except OutcomeUnknown as exc:
            raise unavailable(str(exc)) from exc

    async def post(
        self, account: ProviderAccount, path: str, *, form: Mapping[str, str], idempotency_key: str, timeout_s: float
    ) -> Answer:
        """Change something under an idempotency key. Answers of 4xx are returned for the caller to read.

        Raises:
            Transient: not sent, or Stripe asked to wait.
            OutcomeUnknown: sent, and no readable answer came in time.
        """
        return await self._call(
            account, "POST", path, data=dict(form), headers={"Idempotency-Key": idempotency_key}, timeout_s=timeout_s
        )

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(self, account: ProviderAccount, method: str, path: str, *, timeout_s: float, **send: Any) -> Answer:
        self._breaker.enter(account.id)
        try:
            answer = _readable(await self._repeat(account, method, path, timeout_s=timeout_s, **send))
        except (Transient, OutcomeUnknown):
            self._breaker.failed(account.id)
            raise
        except ProviderRefused:
            self._breaker.succeeded(account.id)
            raise
        except BaseException:
            self._breaker.abandoned(account.id)
            raise
        self._breaker.succeeded(account.id)
        return answer

    async def _repeat(
        self, account: ProviderAccount, method: str, path: str, *, timeout_s: float, **send: Any
    ) -> Answer:
        """Send, and send again where Stripe says that it is safe: always the same request under the same key."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + timeout_s
        was_sent = False
        for repeat in range(_REPEATS_MAX + 1):
            pause_s: float | None = None
            try:
                answer = await self._once(account, method, path, left_s=ends_at - loop.time(), **send)
                if not _is_repeatable(answer):
                    return answer
                was_sent |= answer.status >= 500 or answer.status == 409
                pause_s = answer.retry_after_s
                fault = f"Stripe answered {answer.status}"
            except _NotReached as exc:
                fault = f"Stripe was not reached: {exc}"
            except _Interrupted as exc:
                was_sent, fault = True, f"Stripe did not answer: {exc}"
            pause_s = pause_s if pause_s is not None else _delay_s(repeat)
            if repeat == _REPEATS_MAX or loop.time() + pause_s >= ends_at:
                break
            await asyncio.sleep(pause_s)
        raise outcome_unknown(fault) if was_sent else unavailable(fault)

    async def _once(
        self,
        account: ProviderAccount,
        method: str,
        path: str,
        *,
        left_s: float,
        headers: Mapping[str, str] | None = None,
        **send: Any,
    ) -> Answer:
        if left_s <= 0:
            raise _NotReached("no time left")
        try:
            async with (
                asyncio.timeout(left_s),
                self._open().request(
                    method,
                    self._base_url + path,
                    headers={**_headers(account), **(headers or {})},
                    allow_redirects=False,
                    **send,
                ) as response,
            ):
                body = await _read_limited(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as exc:
            raise _NotReached(type(exc).__name__) from exc
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as exc:
            raise _Interrupted(type(exc).__name__) from exc
        return _answer(response, body)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=200, limit_per_host=100, keepalive_timeout=60),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
            )
        return self._session


def _headers(account: ProviderAccount) -> dict[str, str]:
    key = account.secrets.get("secretKey")
    if not key:
        raise ProviderRefused("the provider configuration has no secret key", provider_code="missing_secret_key")
    return {"Authorization": f"Bearer {key}", "Stripe-Version": API_VERSION, "User-Agent": "payment-gateway"}


async def _read_limited(response: aiohttp.ClientResponse) -> bytes:
    chunks = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        chunks += chunk
        if len(chunks) > _ANSWER_BYTES_MAX:
            response.close()
            raise _Interrupted("the answer is too long")
    return bytes(chunks)


def _answer(response: aiohttp.ClientResponse, body: bytes) -> Answer:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        # A proxy's page, or an answer cut off: a 2xx without its object says nothing about what was done.
        if response.status < 400:
            raise _Interrupted(f"status {response.status} without JSON")
        parsed = {}
    advice = response.headers.get("Stripe-Should-Retry")
    return Answer(
        status=response.status,
        body=parsed,
        should_repeat={"true": True, "false": False}.get(advice or ""),
        retry_after_s=_seconds(response.headers.get("Retry-After")),
    )


def _seconds(text: str | None) -> float | None:
    return min(float(text), 60.0) if text and text.isascii() and text.isdigit() and len(text) < 6 else None


def _is_repeatable(answer: Answer) -> bool:
    if answer.should_repeat is not None and answer.status < 500:
        return answer.should_repeat
    return answer.status in (409, 429) or (answer.status >= 500 and answer.should_repeat is not False)


def _readable(answer: Answer) -> Answer:
    """Turn what is no answer to the question into its error."""
    if answer.status >= 500:
        raise outcome_unknown(f"Stripe answered {answer.status}")
    if answer.status in _CREDENTIAL_STATUSES:
        # Stripe's sentence repeats part of the key.
        raise ProviderRefused("the provider refused our credentials", provider_code="invalid_credentials")
    if answer.status >= 400 and _KEY_CONFLICTS & {answer.error.get("type"), answer.error.get("code")}:
        raise outcome_unknown("Stripe knows this idempotency key from another request")
    if answer.status == 429 or 300 <= answer.status < 400:
        raise unavailable(f"Stripe answered {answer.status}")
    return answer


def _delay_s(repeat: int) -> float:
    longest = min(_DELAY_FIRST_S * 2**repeat, _DELAY_MAX_S)
    return float(random.uniform(longest / 2, longest))  # noqa: S311 - jitter, nothing secret
