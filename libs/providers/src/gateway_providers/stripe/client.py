"""Calls to Stripe: PaymentIntents, captured automatically and whole."""

import re
from typing import Any, Final
from urllib.parse import quote

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_contracts.requests.provider import ProviderCheck
from gateway_providers.checklist import Checklist
from gateway_providers.deadline import Deadline
from gateway_providers.errors import NotCancelable, outcome_unknown, unavailable
from gateway_providers.http import Answer
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
    Settlement,
)
from gateway_providers.registration import WebhookRegistration
from gateway_providers.stripe import refunds
from gateway_providers.stripe.amounts import CURRENCIES, MAXIMUM_MINOR, MINIMUM_MINOR, is_expressible, to_stripe
from gateway_providers.stripe.balance import settlement_of, source_money
from gateway_providers.stripe.checks import check
from gateway_providers.stripe.endpoints import register
from gateway_providers.stripe.http import StripeHttp, accepted, error_of
from gateway_providers.stripe.mapping import payment_of

_INTENTS: Final = "/v1/payment_intents"
_WRONG_STATE: Final = "payment_intent_unexpected_state"
_ID: Final = re.compile(r"[A-Za-z0-9_]{1,255}")
_BALANCE_ID: Final = re.compile(r"txn_[A-Za-z0-9]{1,250}")
# The best answer first, should a marker ever be found twice.
_PREFERENCE: Final = ("succeeded", "authorized", "processing", "requires_action", "pending", "failed", "canceled")


class StripeCapabilities(Capabilities):
    """Stripe also refuses amounts that its units cannot express."""

    def offers(self, amount: Money) -> bool:
        """See the base class."""
        return super().offers(amount) and is_expressible(amount)


class StripeConnector:
    """The connector port of Stripe; stateless apart from connections and circuits."""

    capabilities: Capabilities = StripeCapabilities(
        methods=("card", "link", "sepa_debit", "bancontact", "ideal", "klarna", "eps", "p24"),
        currencies=CURRENCIES,
        minimum_minor=MINIMUM_MINOR,
        maximum_minor=MAXIMUM_MINOR,
        refunds="api",
        reports_dispute_funds=True,
    )

    def __init__(self, base_url: str = "https://api.stripe.com", *, http: StripeHttp | None = None) -> None:
        self._http = http or StripeHttp(base_url)

    async def create_payment(
        self,
        account: ProviderAccount,
        intent: PaymentIntentRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port. The customer confirms it in the browser, with the client secret."""
        answer = await self._http.send(
            account, "POST", _INTENTS, form=_create_form(intent), idempotency_key=idempotency_key, timeout_s=timeout_s
        )
        return _changed(answer, account)

    async def fetch_payment(
        self, account: ProviderAccount, provider_payment_id: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port."""
        if not _ID.fullmatch(provider_payment_id):
            return None
        # The charge says how it was paid.
        query = {"expand[0]": "latest_charge"}
        answer = await self._http.get(account, f"{_INTENTS}/{provider_payment_id}", query=query, timeout_s=timeout_s)
        if answer.status == 404:
            return None
        return _seen(accepted(answer), account)

    async def find_payment(
        self, account: ProviderAccount, our_reference: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port. Stripe's search shows a new payment after up to a minute."""
        text = our_reference.replace("\\", "\\\\").replace("'", "\\'")
        query = {"query": f"metadata['{MARKER_TRANSACTION}']:'{text}'", "limit": "10"}
        answer = await self._http.get(account, f"{_INTENTS}/search", query=query, timeout_s=timeout_s)
        found = [_seen(item, account) for item in accepted(answer).get("data", ())]
        ours = [payment for payment in found if payment.transaction_id == our_reference]
        return min(ours, key=_rank, default=None)

    async def cancel_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port."""
        answer = await self._act(account, provider_payment_id, "cancel", idempotency_key, timeout_s)
        if error_of(answer).get("code") != _WRONG_STATE:
            return _changed(answer, account)
        payment = await self._as_it_is(account, provider_payment_id, answer, timeout_s=timeout_s)
        if payment is None or payment.state not in ("succeeded", "canceled"):
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
        """See the port. A payment that was canceled meanwhile is the answer too."""
        answer = await self._act(account, provider_payment_id, "capture", idempotency_key, timeout_s)
        if error_of(answer).get("code") != _WRONG_STATE:
            return _changed(answer, account)
        payment = await self._as_it_is(account, provider_payment_id, answer, timeout_s=timeout_s)
        if payment is None or payment.state not in ("succeeded", "canceled"):
            accepted(answer)
        assert payment is not None
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
        return await refunds.create(self._http, account, request, idempotency_key=idempotency_key, timeout_s=timeout_s)

    async def find_refund(
        self, account: ProviderAccount, request: RefundRequest, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderRefund | None:
        """See the port."""
        return await refunds.find(self._http, account, request, timeout_s=timeout_s)

    async def fetch_settlement(
        self, account: ProviderAccount, reference: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> Settlement | None:
        """See `Accounting`."""
        if not _BALANCE_ID.fullmatch(reference):
            return None
        path = f"/v1/balance_transactions/{reference}"
        answer = await self._http.get(account, path, query={"expand[0]": "source"}, timeout_s=timeout_s)
        if answer.status == 404:
            return None
        entry = accepted(answer)
        try:
            return settlement_of(entry, source_money(entry))
        except Unreadable as exc:
            raise unavailable(str(exc)) from exc

    async def check_account(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> tuple[ProviderCheck, ...]:
        """See `Checkable`."""
        checks = Checklist(StripeHttp.name, "secretKey", webhook_url=webhook_url, timeout_s=timeout_s)
        return await checks.made_by(check(self._http, account, checks))

    async def register_webhook(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> WebhookRegistration:
        """See `Registering`."""
        return await register(self._http, account, webhook_url, Deadline(timeout_s))

    async def aclose(self) -> None:
        """See the port."""
        await self._http.aclose()

    async def _act(
        self, account: ProviderAccount, provider_payment_id: str, action: str, idempotency_key: str, timeout_s: float
    ) -> Answer:
        path = f"{_INTENTS}/{quote(provider_payment_id, safe='')}/{action}"
        return await self._http.send(
            account, "POST", path, form={}, idempotency_key=idempotency_key, timeout_s=timeout_s
        )

    async def _as_it_is(
        self, account: ProviderAccount, provider_payment_id: str, answer: Answer, *, timeout_s: float
    ) -> ProviderPayment | None:
        """The payment whose state does not allow what was asked: Stripe's refusal usually shows it."""
        embedded = error_of(answer).get("payment_intent")
        if isinstance(embedded, dict):
            return _seen(embedded, account)
        return await self.fetch_payment(account, provider_payment_id, timeout_s=timeout_s)


def _seen(item: dict[str, Any], account: ProviderAccount) -> ProviderPayment:
    try:
        return payment_of(item, account)
    except Unreadable as exc:
        raise unavailable(str(exc)) from exc


def _changed(answer: Answer, account: ProviderAccount) -> ProviderPayment:
    """The payment after a change. Stripe accepted it, so an unreadable answer leaves the outcome open."""
    item = accepted(answer)
    try:
        return payment_of(item, account)
    except Unreadable as exc:
        raise outcome_unknown(str(exc)) from exc


def _rank(payment: ProviderPayment) -> int:
    return _PREFERENCE.index(payment.state) if payment.state in _PREFERENCE else len(_PREFERENCE)


def _create_form(intent: PaymentIntentRequest) -> dict[str, str]:
    form = {
        "amount": str(to_stripe(intent.amount)),
        "currency": intent.amount.currency.lower(),
        "capture_method": "automatic",
        "automatic_payment_methods[enabled]": "true",
    }
    if intent.description:
        form["description"] = intent.description[:1000]
    markers = {MARKER_TRANSACTION: intent.transaction_id, MARKER_ORGANIZATION: intent.organization_id}
    for key, value in {**intent.metadata, **markers}.items():
        form[f"metadata[{key}]"] = value
    return form
