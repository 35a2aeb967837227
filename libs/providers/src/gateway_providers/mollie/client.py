"""Mollie's connector: payments on its hosted page."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.requests.provider import ProviderCheck
from gateway_providers.checklist import Checklist
from gateway_providers.errors import NotCancelable, PartlyUnreadable, outcome_unknown, unavailable
from gateway_providers.events import ProviderFact
from gateway_providers.http import Answer
from gateway_providers.mollie import refunds
from gateway_providers.mollie.amounts import CURRENCIES, to_mollie
from gateway_providers.mollie.checks import check
from gateway_providers.mollie.facts import facts_of
from gateway_providers.mollie.http import MollieHttp, accepted
from gateway_providers.mollie.mapping import metadata_of, payment_of, time_of
from gateway_providers.mollie.webhook import payment_id_of
from gateway_providers.ports import (
    DEFAULT_TIMEOUT_S,
    MARKER_ORGANIZATION,
    MARKER_TRANSACTION,
    Capabilities,
    PaymentIntentRequest,
    ProviderAccount,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
)

_METHODS: Final = ("creditcard", "ideal", "bancontact", "paypal", "klarna", "banktransfer", "eps", "przelewy24")
_PAYMENTS: Final = "/v2/payments"
_ID: Final = re.compile(r"tr_[A-Za-z0-9]{1,100}")
_GONE: Final = frozenset({404, 410})
_DESCRIPTION_MAX: Final = 255
_FINAL: Final = frozenset({"succeeded", "failed", "canceled"})
# Mollie has no search: payments are looked through from the newest back to the transaction's own time.
_PAGES_MAX: Final = 20
_CLOCKS_APART: Final = timedelta(minutes=10)


class MollieConnector:
    """The connector port of Mollie; stateless apart from connections and circuits."""

    capabilities: Capabilities = Capabilities(
        methods=_METHODS,
        idempotency_window_s=3600,
        currencies=CURRENCIES,
        refunds="api",
    )

    def __init__(self, base_url: str = "https://api.mollie.com", *, http: MollieHttp | None = None) -> None:
        self._http = http or MollieHttp(base_url)

    async def create_payment(
        self,
        account: ProviderAccount,
        intent: PaymentIntentRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port. The customer chooses how to pay on Mollie's page."""
        answer = await self._http.send(
            account, "POST", _PAYMENTS, json=_create_body(intent), idempotency_key=idempotency_key, timeout_s=timeout_s
        )
        return _changed(answer)

    async def fetch_payment(
        self, account: ProviderAccount, provider_payment_id: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port."""
        item = await self._fetch(account, provider_payment_id, timeout_s=timeout_s)
        return None if item is None else _seen(item)

    async def find_payment(
        self, account: ProviderAccount, our_reference: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port. Mollie's list is complete at once."""
        oldest = _made_at(our_reference) - _CLOCKS_APART
        query: dict[str, str] | None = {"limit": str(refunds.PAGE)}
        for _ in range(_PAGES_MAX):
            page = accepted(await self._http.get(account, _PAYMENTS, query=query, timeout_s=timeout_s))
            items = refunds.items_of(page, "payments")
            for item in items:
                if metadata_of(item).get(MARKER_TRANSACTION) == our_reference:
                    return _seen(item)
            query = refunds.next_query(page)
            if query is None or (items and _is_older(items[-1], oldest)):
                return None
        raise unavailable("there are too many payments to look through", retry_after_s=60)

    async def cancel_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port. What the customer has begun at a bank cannot be canceled."""
        path = f"{_PAYMENTS}/{_checked(provider_payment_id)}"
        answer = await self._http.send(account, "DELETE", path, idempotency_key=idempotency_key, timeout_s=timeout_s)
        if answer.status < 400:
            return _changed(answer)
        payment = await self.fetch_payment(account, provider_payment_id, timeout_s=timeout_s)
        if payment is None or payment.state not in _FINAL:
            state = "unknown" if payment is None else payment.provider_status
            raise NotCancelable(f"the provider cannot cancel this payment now ({state})", providerStatus=state)
        return payment

    async def capture_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port. Mollie may confirm the capture later; the payment is ``authorized`` until then."""
        path = f"{_PAYMENTS}/{_checked(provider_payment_id)}/captures"
        answer = await self._http.send(
            account, "POST", path, json={}, idempotency_key=idempotency_key, timeout_s=timeout_s
        )
        payment = await self.fetch_payment(account, provider_payment_id, timeout_s=timeout_s)
        if payment is None or payment.state not in _FINAL:
            accepted(answer)
        if payment is None:
            raise outcome_unknown("Mollie captured a payment that it does not know")
        return payment

    async def refund_payment(
        self,
        account: ProviderAccount,
        request: RefundRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderRefund:
        """See the port."""
        _checked(request.provider_payment_id)
        return await refunds.create(self._http, account, request, idempotency_key=idempotency_key, timeout_s=timeout_s)

    async def find_refund(
        self, account: ProviderAccount, request: RefundRequest, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderRefund | None:
        """See the port."""
        _checked(request.provider_payment_id)
        return await refunds.find(self._http, account, request, timeout_s=timeout_s)

    async def resolve_thin_event(
        self, account: ProviderAccount, raw: bytes, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> list[ProviderFact]:
        """See the port: the payment with its refunds and chargebacks, all seen at the same moment."""
        payment_id = payment_id_of(raw)
        if payment_id is None:
            return []
        item = await self._fetch(account, payment_id, query={"embed": "refunds,chargebacks"}, timeout_s=timeout_s)
        if item is None:
            return []
        try:
            return facts_of(item, account)
        except PartlyUnreadable as exc:
            # A foreign payment may be in a currency that we do not handle; ours must be readable.
            if MARKER_TRANSACTION in metadata_of(item):
                raise
            return list(exc.facts)

    def thin_event_subject(self, raw: bytes) -> str:
        """See the port: the payment."""
        return payment_id_of(raw) or ""

    async def check_account(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> tuple[ProviderCheck, ...]:
        """See `Checkable`."""
        checks = Checklist(MollieHttp.name, "apiKey", webhook_url=webhook_url, timeout_s=timeout_s)
        return await checks.made_by(check(self._http, account, checks))

    async def aclose(self) -> None:
        """See the port."""
        await self._http.aclose()

    async def _fetch(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        query: Mapping[str, str] | None = None,
        timeout_s: float,
    ) -> dict[str, Any] | None:
        if not _ID.fullmatch(provider_payment_id):
            return None
        path = f"{_PAYMENTS}/{provider_payment_id}"
        answer = await self._http.get(account, path, query=query, timeout_s=timeout_s)
        return None if answer.status in _GONE else accepted(answer)


def _checked(provider_payment_id: str) -> str:
    if not _ID.fullmatch(provider_payment_id):
        raise NotCancelable("Mollie has no payment of that id")
    return provider_payment_id


def _seen(item: Mapping[str, Any]) -> ProviderPayment:
    try:
        return payment_of(item)
    except Unreadable as exc:
        raise unavailable(str(exc)) from exc


def _changed(answer: Answer) -> ProviderPayment:
    """The payment after a change. Mollie accepted it, so an unreadable answer leaves the outcome open."""
    item = accepted(answer)
    try:
        return payment_of(item)
    except Unreadable as exc:
        raise outcome_unknown(str(exc)) from exc


def _made_at(transaction_id: str) -> datetime:
    """Our ids begin with the second in which they were made."""
    try:
        return datetime.fromtimestamp(int(transaction_id[:8], 16), UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _is_older(item: Mapping[str, Any], than: datetime) -> bool:
    created = time_of(item.get("createdAt"))
    return created is not None and created < than


def _create_body(intent: PaymentIntentRequest) -> dict[str, Any]:
    markers = {MARKER_TRANSACTION: intent.transaction_id, MARKER_ORGANIZATION: intent.organization_id}
    body: dict[str, Any] = {
        "amount": to_mollie(intent.amount),
        # Mollie shows it to the customer and insists on one.
        "description": (intent.description or f"Payment {intent.transaction_id}")[:_DESCRIPTION_MAX],
        "redirectUrl": intent.return_url,
        "metadata": {**intent.metadata, **markers},
    }
    if intent.webhook_url:
        body["webhookUrl"] = intent.webhook_url
    return body
