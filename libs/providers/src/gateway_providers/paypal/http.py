"""PayPal's dialect: access tokens by client credentials, JSON, errors as a name with issues."""

import asyncio
import base64
import hashlib
import time
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import aiohttp
from cachetools import TLRUCache

from gateway_contracts.untrusted import bounded_seconds
from gateway_providers.breaker import Breaker
from gateway_providers.errors import INVALID_CREDENTIALS, ProviderRefused, unavailable
from gateway_providers.http import Answer, ProviderHttp, required_secret
from gateway_providers.ports import ProviderAccount
from gateway_providers.redaction import Shown

LIVE_URL: Final = "https://api-m.paypal.com"
SANDBOX_URL: Final = "https://api-m.sandbox.paypal.com"

# Tokens of more accounts than this are asked for again when needed.
_TOKENS_MAX: Final = 4_096
# A token is not used in its last minute, so that it does not end on the way.
_TOKEN_MARGIN_S: Final = 60.0
_TOKEN_S_MAX: Final = 12 * 3600.0
# Another request under the same id is still being worked on.
_IN_PROGRESS: Final = frozenset({"PREVIOUS_REQUEST_IN_PROGRESS", "REQUEST_IN_PROGRESS"})
# These issues leave open what an earlier request under the same id did.
_KEY_CONFLICTS: Final = frozenset({"DUPLICATE_REQUEST_ID", "IDEMPOTENCY_KEY_MISMATCH"})


@dataclass(frozen=True)
class _Token:
    text: str
    usable_s: float


def _end_of(_key: str, token: _Token, now: float) -> float:
    return now + token.usable_s


class PayPalHttp(ProviderHttp):
    """Requests to PayPal, with a token for each account's credentials."""

    name: ClassVar[str] = "PayPal"
    shown: ClassVar[Shown] = Shown.of(
        values=(
            "id intent status reason issue custom_id currency_code amount.value gross_amount.value "
            "paypal_fee.value net_amount.value create_time update_time expiration_time final_capture "
            "processing_mode debug_id user_action landing_page"
        ),
        objects=(
            "purchase_units amount payments captures authorizations refunds seller_receivable_breakdown "
            "gross_amount paypal_fee net_amount breakdown details status_details"
        ),
    )
    idempotency_header: ClassVar[str] = "PayPal-Request-Id"
    # 403 tells that the account lacks a permission, which is an answer and not about the token.
    credential_statuses: ClassVar[frozenset[int]] = frozenset({401})

    def __init__(self, base_url: str, *, sandbox_url: str | None = None, breaker: Breaker | None = None) -> None:
        super().__init__(base_url, sandbox_url=sandbox_url, breaker=breaker)
        self._tokens: TLRUCache[str, _Token] = TLRUCache(_TOKENS_MAX, ttu=_end_of, timer=time.monotonic)
        self._asking: dict[str, asyncio.Lock] = {}

    async def authorize(self, account: ProviderAccount, *, timeout_s: float) -> dict[str, str]:
        """See the base class. Calls at the same time wait for the same token."""
        key = _key_of(account)
        token = self._tokens.get(key)
        if token is None:
            lock = self._asking.setdefault(key, asyncio.Lock())
            try:
                async with asyncio.timeout(timeout_s), lock:
                    token = self._tokens.get(key) or await self._new_token(account, key)
            except TimeoutError as exc:
                raise unavailable("PayPal gave no access token in time") from exc
            finally:
                if not lock.locked():
                    self._asking.pop(key, None)
        return {"Authorization": f"Bearer {token.text}", "Prefer": "return=representation"}

    def is_repeatable(self, answer: Answer) -> bool:
        """See the base class."""
        return super().is_repeatable(answer) or bool(_IN_PROGRESS.intersection(issues_of(answer)))

    def leaves_open(self, answer: Answer) -> bool:
        """See the base class."""
        return bool((_KEY_CONFLICTS | _IN_PROGRESS).intersection(issues_of(answer)))

    async def _call(
        self, account: ProviderAccount, method: str, path: str, *, timeout_s: float, is_safe: bool, **send: Any
    ) -> Answer:
        """A token may be withdrawn before its time: then once more with a new one. Nothing was done without it."""
        known = self._tokens.get(_key_of(account))
        try:
            return await super()._call(account, method, path, timeout_s=timeout_s, is_safe=is_safe, **send)
        except ProviderRefused as exc:
            if known is None or exc.provider_code != INVALID_CREDENTIALS:
                raise
        self._tokens.pop(_key_of(account), None)
        return await super()._call(account, method, path, timeout_s=timeout_s, is_safe=is_safe, **send)

    async def _new_token(self, account: ProviderAccount, key: str) -> _Token:
        status, body = await self._ask_token(account)
        text = body.get("access_token")
        if status in (400, 401, 403):
            raise ProviderRefused("the provider refused our credentials", provider_code=INVALID_CREDENTIALS)
        lifetime_s = bounded_seconds(body.get("expires_in"), at_most=_TOKEN_S_MAX)
        if status != 200 or not isinstance(text, str) or not text or lifetime_s is None:
            raise unavailable(f"PayPal answered {status} when asked for an access token")
        token = self._tokens[key] = _Token(text, lifetime_s - _TOKEN_MARGIN_S)
        return token

    async def _ask_token(self, account: ProviderAccount) -> tuple[int, dict[str, Any]]:
        """
        Raises:
            Transient: no readable answer; nothing of ours was begun.
        """
        base_url = self._base_url if account.livemode else self._sandbox_url
        headers = {"Authorization": f"Basic {_basic_of(account)}", "User-Agent": "payment-gateway"}
        form = {"grant_type": "client_credentials"}
        try:
            async with self._open().post(
                f"{base_url}/v1/oauth2/token", data=form, headers=headers, allow_redirects=False
            ) as response:
                body = await response.json(content_type=None)
        except (aiohttp.ClientError, ConnectionError, ValueError, RecursionError) as exc:
            raise unavailable(f"PayPal gave no access token: {type(exc).__name__}") from exc
        return response.status, body if isinstance(body, dict) else {}


def issues_of(answer: Answer) -> list[str]:
    """Why it was refused, in PayPal's codes."""
    details = answer.body.get("details")
    items = details if answer.status >= 400 and isinstance(details, list) else []
    return [str(item["issue"]) for item in items if isinstance(item, dict) and item.get("issue")]


def accepted(answer: Answer) -> dict[str, Any]:
    """The object of a good answer.

    Raises:
        ProviderRefused: PayPal said no.
    """
    if answer.status < 400:
        return answer.body
    issues = issues_of(answer)
    message = answer.body.get("message")
    raise ProviderRefused(
        message if isinstance(message, str) and message else f"PayPal answered {answer.status}",
        provider_code=issues[0] if issues else str(answer.body.get("name") or f"http_{answer.status}"),
    )


def _client_of(account: ProviderAccount) -> str:
    client_id = account.public.get("clientId") or account.secrets.get("clientId")
    if not isinstance(client_id, str) or not client_id:
        raise ProviderRefused("the provider configuration has no clientId", provider_code="missing_credentials")
    return client_id


def _basic_of(account: ProviderAccount) -> str:
    pair = f"{_client_of(account)}:{required_secret(account, 'clientSecret')}"
    return base64.b64encode(pair.encode()).decode()


def _key_of(account: ProviderAccount) -> str:
    """Another secret is another token; the secret itself is no dictionary key."""
    text = f"{account.id}\n{account.livemode}\n{_basic_of(account)}"
    return hashlib.sha256(text.encode()).hexdigest()
