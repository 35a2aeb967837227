"""Calls to PayPal: an order that the customer approves on PayPal's page, captured by us afterwards."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_contracts.requests.provider import ProviderCheck
from gateway_providers.checklist import Checklist
from gateway_providers.deadline import Deadline
from gateway_providers.errors import NotCancelable, ProviderRefused, RefundNotEnabled, outcome_unknown, unavailable
from gateway_providers.http import Answer
from gateway_providers.paypal.amounts import CURRENCIES, is_expressible, to_paypal
from gateway_providers.paypal.checks import check
from gateway_providers.paypal.http import LIVE_URL, SANDBOX_URL, PayPalHttp, accepted, issues_of
from gateway_providers.paypal.mapping import (
    capture_of,
    failure_of,
    objects_of,
    payment_of,
    refund_of,
    text_of,
    unit_of,
)
from gateway_providers.paypal.markers import Markers, markers_of
from gateway_providers.paypal.webhooks import register
from gateway_providers.ports import (
    DEFAULT_TIMEOUT_S,
    Capabilities,
    PaymentIntentRequest,
    ProviderAccount,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
)
from gateway_providers.registration import WebhookRegistration

T = TypeVar("T")

_ORDERS: Final = "/v2/checkout/orders"
_CAPTURES: Final = "/v2/payments/captures"
_ID: Final = re.compile(r"[A-Z0-9]{1,36}")
_IDEMPOTENCY_WINDOW_S: Final = 6 * 3600
_ALREADY_CAPTURED: Final = frozenset({"ORDER_ALREADY_CAPTURED"})
# The customer's way to pay was refused. PayPal would let another be chosen; for us a decline ends the attempt.
_DECLINED: Final = frozenset(
    {"INSTRUMENT_DECLINED", "TRANSACTION_REFUSED", "PAYER_CANNOT_PAY", "PAYER_ACTION_REQUIRED"}
)
_REFUNDS_OFF: Final = frozenset({"REFUND_NOT_ALLOWED", "PERMISSION_DENIED", "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK"})


class PayPalCapabilities(Capabilities):
    """PayPal also refuses amounts that it cannot express."""

    def offers(self, amount: Money) -> bool:
        """See the base class."""
        return super().offers(amount) and is_expressible(amount)


class PayPalConnector:
    """The connector port of PayPal; stateless apart from connections, circuits and access tokens.

    Args:
        base_url: one interface for both modes (a simulator); None for PayPal's own two.
    """

    capabilities: Capabilities = PayPalCapabilities(
        methods=("paypal",), currencies=CURRENCIES, refunds="api", idempotency_window_s=_IDEMPOTENCY_WINDOW_S
    )

    def __init__(self, base_url: str | None = None, *, http: PayPalHttp | None = None) -> None:
        own = PayPalHttp(base_url) if base_url else PayPalHttp(LIVE_URL, sandbox_url=SANDBOX_URL)
        self._http = http or own

    async def create_payment(
        self,
        account: ProviderAccount,
        intent: PaymentIntentRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port."""
        answer = await self._http.send(
            account, "POST", _ORDERS, json=_new_order(intent), idempotency_key=idempotency_key, timeout_s=timeout_s
        )
        return _changed(payment_of, accepted(answer))

    async def fetch_payment(
        self, account: ProviderAccount, provider_payment_id: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port."""
        order = await self._order(account, provider_payment_id, timeout_s=timeout_s)
        return None if order is None else _seen(payment_of, order)

    async def find_payment(
        self, account: ProviderAccount, our_reference: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port. PayPal finds no order by our reference, and none is needed.

        An order can be paid only by a customer who was sent to it. One whose creation was never answered was never
        shown to anyone, and PayPal forgets it within hours.
        """
        return None

    async def cancel_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port. PayPal has no such call: an order that is never captured takes no money and lapses."""
        payment = await self.fetch_payment(account, provider_payment_id, timeout_s=timeout_s)
        if payment is None:
            raise ProviderRefused("PayPal knows no such order", provider_code="RESOURCE_NOT_FOUND")
        if payment.state in ("succeeded", "failed", "canceled"):
            return payment
        if payment.state not in ("pending", "authorized"):
            status = payment.provider_status
            raise NotCancelable(f"the provider cannot cancel this payment now ({status})", providerStatus=status)
        return replace(payment, state="canceled", next_action=type(payment.next_action)(type="none"))

    async def capture_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port. Only a capture that PayPal calls complete has succeeded; it may be pending for days."""
        deadline = Deadline(timeout_s)
        order = await self._order(account, provider_payment_id, timeout_s=deadline.left_s)
        if order is None:
            raise ProviderRefused("PayPal knows no such order", provider_code="RESOURCE_NOT_FOUND")
        payment = _seen(payment_of, order)
        if payment.state != "authorized":
            return payment
        answer = await self._http.send(
            account,
            "POST",
            f"{_ORDERS}/{provider_payment_id}/capture",
            json={},
            idempotency_key=idempotency_key,
            timeout_s=deadline.left_s,
        )
        return await self._captured(account, payment, answer, deadline)

    async def refund_payment(
        self,
        account: ProviderAccount,
        request: RefundRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderRefund:
        """See the port."""
        deadline = Deadline(timeout_s)
        order = await self._order(account, request.provider_payment_id, timeout_s=deadline.left_s)
        capture = _seen(capture_of, order) if order is not None else None
        identifier = text_of(capture, "id") if capture is not None else None
        if identifier is None or not _ID.fullmatch(identifier):
            raise ProviderRefused("nothing was captured yet", provider_code="CAPTURE_NOT_FOUND")
        markers = Markers(request.transaction_id, request.organization_id, request.refund_id)
        answer = await self._http.send(
            account,
            "POST",
            f"{_CAPTURES}/{identifier}/refund",
            json={"amount": to_paypal(request.amount), "custom_id": markers.text()},
            idempotency_key=idempotency_key,
            timeout_s=deadline.left_s,
        )
        if answer.status == 403 or _REFUNDS_OFF.intersection(issues_of(answer)):
            raise RefundNotEnabled("PayPal does not let this account refund the payment by a call")
        return _changed(refund_of, accepted(answer))

    async def find_refund(
        self, account: ProviderAccount, request: RefundRequest, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderRefund | None:
        """See the port: the order shows its refunds."""
        order = await self._order(account, request.provider_payment_id, timeout_s=timeout_s)
        if order is None:
            return None
        for item in objects_of(_seen(unit_of, order).get("payments"), "refunds"):
            markers = markers_of(item.get("custom_id"))
            if request.is_answered_by(markers.refund if markers else None, item.get("id")):
                return _seen(refund_of, item)
        return None

    async def check_account(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> tuple[ProviderCheck, ...]:
        """See `Checkable`."""
        checks = Checklist(PayPalHttp.name, "clientSecret", webhook_url=webhook_url, timeout_s=timeout_s)
        return await checks.made_by(check(self._http, account, checks))

    async def register_webhook(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> WebhookRegistration:
        """See `Registering`."""
        return await register(self._http, account, webhook_url, Deadline(timeout_s))

    async def aclose(self) -> None:
        """See the port."""
        await self._http.aclose()

    async def _order(self, account: ProviderAccount, identifier: str, *, timeout_s: float) -> Mapping[str, Any] | None:
        if not _ID.fullmatch(identifier):
            return None
        answer = await self._http.get(account, f"{_ORDERS}/{identifier}", timeout_s=timeout_s)
        return None if answer.status == 404 else accepted(answer)

    async def _captured(
        self, account: ProviderAccount, payment: ProviderPayment, answer: Answer, deadline: Deadline
    ) -> ProviderPayment:
        issues = issues_of(answer)
        if _ALREADY_CAPTURED.intersection(issues):
            found = await self.fetch_payment(account, payment.provider_payment_id, timeout_s=deadline.left_s)
            return found or payment
        if declined := next((issue for issue in issues if issue in _DECLINED), None):
            return replace(payment, state="failed", provider_status=declined, failure=failure_of(declined))
        return _changed(payment_of, accepted(answer))


def _seen(read: Callable[[Mapping[str, Any]], T], item: Mapping[str, Any]) -> T:
    try:
        return read(item)
    except Unreadable as exc:
        raise unavailable(str(exc)) from exc


def _changed(read: Callable[[Mapping[str, Any]], T], item: Mapping[str, Any]) -> T:
    """After a change that was accepted, an unreadable answer leaves the outcome open."""
    try:
        return read(item)
    except Unreadable as exc:
        raise outcome_unknown(str(exc)) from exc


def _new_order(intent: PaymentIntentRequest) -> dict[str, Any]:
    unit: dict[str, Any] = {
        "reference_id": "default",
        "amount": to_paypal(intent.amount),
        "custom_id": Markers(intent.transaction_id, intent.organization_id).text(),
    }
    if intent.description:
        unit["description"] = intent.description[:127]
    experience = {
        "return_url": intent.return_url,
        "cancel_url": intent.return_url,
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
    }
    return {
        "intent": "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": experience}},
    }
