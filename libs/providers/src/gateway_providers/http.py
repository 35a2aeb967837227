"""HTTP to providers: one request with its safe repeats, and what its failures mean for the payment.

Three outcomes of a request that changes something: an answer (which may be a refusal), certainly not done
(`Transient`), perhaps done (`OutcomeUnknown`). A provider's subclass says how it authenticates and what of its answers
is safe to repeat.
"""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import aiohttp

from gateway_contracts.clock import SystemClock
from gateway_contracts.errors import OutcomeUnknown, Transient
from gateway_contracts.requests.books import GIVEN_UP, ProviderRequest
from gateway_contracts.untrusted import seconds_from_header
from gateway_providers.breaker import Breaker
from gateway_providers.errors import (
    INVALID_CREDENTIALS,
    MISSING_PERMISSION,
    ProviderRefused,
    outcome_unknown,
    unavailable,
)
from gateway_providers.ports import ProviderAccount
from gateway_providers.recording import is_recording, record
from gateway_providers.redaction import Shown, form_as_object, redacted_json, redacted_path

# All accounts of a provider share its connections. The caller gives out fewer places for calls, per account and tenant,
# so that no call waits here for another tenant's.
CONNECTIONS_MAX: Final = 256
_CONNECT_TIMEOUT_S: Final = 3.0
_ANSWER_BYTES_MAX: Final = 1024 * 1024
_REPEATS_MAX: Final = 2
_DELAY_FIRST_S: Final = 0.5
_DELAY_MAX_S: Final = 5.0
_RETRY_AFTER_S_MAX: Final = 60.0
# Statuses that promise no body.
_EMPTY_STATUSES: Final = frozenset({202, 204})


@dataclass(frozen=True)
class Answer:
    """Answer of a provider.

    Attributes:
        body: the JSON object; empty for a list, or when an error came without JSON.
        items: the JSON list, where the provider answers one at the top.
        headers: names in lower case.
    """

    status: int
    body: dict[str, Any]
    items: list[Any] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def retry_after_s(self) -> float | None:
        """The delay that the provider asks for, at most a minute."""
        header = self.headers.get("retry-after")
        return seconds_from_header(header, now=SystemClock().now(), at_most=_RETRY_AFTER_S_MAX)


class _NotReached(Exception):
    """The request was certainly not sent."""


class _Interrupted(Exception):
    """The request may have been sent; no answer came."""


class ProviderHttp:
    """Requests to one provider on behalf of accounts, each with its own credentials and circuit.

    Args:
        base_url: the provider's interface.
        sandbox_url: the one for test accounts, where the provider has two; None when one serves both modes.
    """

    name: ClassVar[str] = "the provider"
    """For messages."""
    idempotency_header: ClassVar[str] = "Idempotency-Key"
    repeatable_statuses: ClassVar[frozenset[int]] = frozenset({429})
    """Answers of 4xx after which the same request under the same key is safe and sensible; 5xx always are."""
    credential_statuses: ClassVar[frozenset[int]] = frozenset({401, 403})
    """Answers that refuse our credentials; their texts may repeat a part of the key."""
    shown: ClassVar[Shown] = Shown()
    """What of its requests and answers may be kept in clear; of everything else the type alone is kept."""

    def __init__(self, base_url: str, *, sandbox_url: str | None = None, breaker: Breaker | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._sandbox_url = sandbox_url.rstrip("/") if sandbox_url else self._base_url
        self._breaker = breaker or Breaker()
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def authorize(self, account: ProviderAccount, *, timeout_s: float) -> dict[str, str]:
        """The headers that every request of the account carries.

        Raises:
            ProviderRefused: the account's configuration lacks a credential.
        """
        raise NotImplementedError

    def is_repeatable(self, answer: Answer) -> bool:
        """Whether the same request under the same key may be sent again after this answer."""
        return answer.status in self.repeatable_statuses or answer.status >= 500

    def leaves_open(self, answer: Answer) -> bool:
        """Whether a refusal leaves open what an earlier request under the same key did."""
        return False

    async def get(
        self, account: ProviderAccount, path: str, *, query: Mapping[str, str] | None = None, timeout_s: float
    ) -> Answer:
        """Read. A read changes nothing, so every fault is `Transient`. Answers of 4xx are returned."""
        try:
            return await self._call(account, "GET", path, timeout_s=timeout_s, is_safe=True, params=dict(query or {}))
        except OutcomeUnknown as exc:
            raise unavailable(str(exc)) from exc

    async def send(
        self,
        account: ProviderAccount,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        idempotency_key: str | None,
        timeout_s: float,
    ) -> Answer:
        """Change something. Answers of 4xx are returned for the caller to read.

        Args:
            idempotency_key: None for a call that has no key: it is repeated only if it was certainly not received.

        Raises:
            Transient: not sent, or the provider asked to wait.
            OutcomeUnknown: sent, and no readable answer came in time.
        """
        body: dict[str, Any] = {"json": json} if json is not None else {"data": dict(form or {})}
        headers = {} if idempotency_key is None else {self.idempotency_header: idempotency_key}
        is_safe = idempotency_key is not None
        return await self._call(account, method, path, timeout_s=timeout_s, is_safe=is_safe, headers=headers, **body)

    async def aclose(self) -> None:
        """Close the connections; later calls fail, so that a call that outlives its service opens none."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(
        self, account: ProviderAccount, method: str, path: str, *, timeout_s: float, is_safe: bool, **send: Any
    ) -> Answer:
        self._breaker.enter(account.id)
        try:
            answer = self._readable(await self._repeat(account, method, path, timeout_s, is_safe, send))
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
        self, account: ProviderAccount, method: str, path: str, timeout_s: float, is_safe: bool, send: dict[str, Any]
    ) -> Answer:
        """Send, and send again where that is safe: always the same request under the same key."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + timeout_s
        was_sent = False
        for repeat in range(_REPEATS_MAX + 1):
            pause_s: float | None = None
            try:
                answer = await self._recorded(account, method, path, ends_at - loop.time(), send)
                if not self.is_repeatable(answer) or (answer.status >= 500 and not is_safe):
                    return answer
                # Only "too many requests" says that nothing was begun.
                was_sent |= answer.status != 429
                pause_s = answer.retry_after_s
                fault = f"{self.name} answered {answer.status}"
            except _NotReached as exc:
                fault = f"{self.name} was not reached: {exc}"
            except _Interrupted as exc:
                was_sent, fault = True, f"{self.name} did not answer: {exc}"
            pause_s = pause_s if pause_s is not None else _delay_s(repeat)
            if repeat == _REPEATS_MAX or loop.time() + pause_s >= ends_at or (was_sent and not is_safe):
                break
            await asyncio.sleep(pause_s)
        raise outcome_unknown(fault) if was_sent else unavailable(fault)

    async def _recorded(
        self, account: ProviderAccount, method: str, path: str, left_s: float, send: dict[str, Any]
    ) -> Answer:
        """One request, kept for the operation that is recorded. One without an answer is kept as such."""
        if not is_recording():
            return await self._once(account, method, path, left_s, send)
        at, began = SystemClock().now(), time.monotonic()
        answer, error = None, GIVEN_UP
        try:
            answer = await self._once(account, method, path, left_s, send)
        except _NotReached as exc:
            error = f"{self.name} was not reached: {exc}."
            raise
        except _Interrupted as exc:
            error = f"{self.name} did not answer: {exc}."
            raise
        except ProviderRefused:
            error = "Nothing was sent: there are no usable credentials."
            raise
        except Transient:
            error = "Nothing was sent: no access was granted in time."
            raise
        finally:
            record(
                ProviderRequest(
                    at=at,
                    method=method,
                    path=redacted_path(path),
                    request=_redacted_request(send, self.shown),
                    status=answer.status if answer else None,
                    answer=redacted_json(answer.items or answer.body, self.shown) if answer else None,
                    duration_ms=round((time.monotonic() - began) * 1000),
                    error=None if answer else error,
                )
            )
        return answer

    async def _once(
        self, account: ProviderAccount, method: str, path: str, left_s: float, send: dict[str, Any]
    ) -> Answer:
        if left_s <= 0:
            raise _NotReached("no time left")
        headers = {"User-Agent": "payment-gateway", **await self.authorize(account, timeout_s=left_s)}
        base_url = self._base_url if account.livemode else self._sandbox_url
        options = {**send, "headers": {**headers, **send.get("headers", {})}}
        try:
            async with (
                asyncio.timeout(left_s),
                self._open().request(method, base_url + path, allow_redirects=False, **options) as response,
            ):
                body = await _read_limited(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as exc:
            raise _NotReached(type(exc).__name__) from exc
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as exc:
            raise _Interrupted(type(exc).__name__) from exc
        return _answer(response, body)

    def _open(self) -> aiohttp.ClientSession:
        if self._is_closed:
            raise _NotReached("the client is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=60),
                # Also the wait for a connection of the pool: a request that never got one was not sent.
                timeout=aiohttp.ClientTimeout(total=None, connect=_CONNECT_TIMEOUT_S, sock_connect=_CONNECT_TIMEOUT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
            )
        return self._session

    def _readable(self, answer: Answer) -> Answer:
        """Turn what is no answer to the question into its error."""
        if answer.status >= 500:
            raise outcome_unknown(f"{self.name} answered {answer.status}")
        if answer.status in self.credential_statuses:
            if answer.status == 403:
                raise ProviderRefused("our credentials lack a permission", provider_code=MISSING_PERMISSION)
            raise ProviderRefused("the provider refused our credentials", provider_code=INVALID_CREDENTIALS)
        if answer.status >= 400 and self.leaves_open(answer):
            raise outcome_unknown(f"{self.name} knows this idempotency key from another request")
        if answer.status == 429 or 300 <= answer.status < 400:
            raise unavailable(f"{self.name} answered {answer.status}")
        return answer


def required_secret(account: ProviderAccount, name: str) -> str:
    """A credential of the account.

    Raises:
        ProviderRefused: the configuration has none.
    """
    secret = account.secrets.get(name)
    if not secret:
        raise ProviderRefused(f"the provider configuration has no {name}", provider_code="missing_credentials")
    return secret


def _redacted_request(send: Mapping[str, Any], shown: Shown) -> str | None:
    """Body or query; None where there is neither."""
    if "json" in send:
        return redacted_json(send["json"], shown)
    form = send.get("data") or send.get("params")
    return redacted_json(form_as_object(form), shown) if form else None


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
        parsed = {} if not body and response.status in _EMPTY_STATUSES else json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict | list):
        # A proxy's page, or an answer cut off: a 2xx without its object says nothing about what was done.
        if response.status < 400:
            raise _Interrupted(f"status {response.status} without JSON")
        parsed = {}
    headers = {name.lower(): value for name, value in response.headers.items()}
    if isinstance(parsed, list):
        return Answer(response.status, {}, parsed, headers)
    return Answer(response.status, parsed, headers=headers)


def _delay_s(repeat: int) -> float:
    longest = min(_DELAY_FIRST_S * 2**repeat, _DELAY_MAX_S)
    return float(random.uniform(longest / 2, longest))  # noqa: S311 - jitter, nothing secret
