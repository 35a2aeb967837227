"""Mollie's objects in our words. What Mollie says and we do not know becomes ``unknown``, never a failure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.requests.customer import NextAction
from gateway_contracts.requests.transaction import Failure
from gateway_contracts.untrusted import moment_from
from gateway_providers.mollie.amounts import from_mollie
from gateway_providers.mollie.methods import mollie_method
from gateway_providers.ports import MARKER_REFUND, PaymentState, ProviderPayment, ProviderRefund, RefundState
from gateway_providers.words import code, word

_STATES: Final[dict[str, PaymentState]] = {
    "open": "pending",
    "pending": "processing",
    "authorized": "authorized",
    "paid": "succeeded",
    "failed": "failed",
    "canceled": "canceled",
    "expired": "canceled",
}
_REFUND_STATES: Final[dict[str, RefundState]] = {
    "queued": "pending",
    "pending": "pending",
    "processing": "pending",
    "refunded": "succeeded",
    "failed": "failed",
    "canceled": "canceled",
}
# Mollie's failure reasons → ours, with a sentence that a customer may read.
_FAILURES: Final[dict[str, tuple[str, str]]] = {
    "authentication_failed": ("AUTHENTICATION_FAILED", "The authentication with the bank failed."),
    "authentication_abandoned": ("AUTHENTICATION_FAILED", "The authentication with the bank was not completed."),
    "authentication_required": ("AUTHENTICATION_REQUIRED", "The bank asks for an authentication."),
    "authentication_unavailable_acs": ("PROCESSING_ERROR", "The bank could not be reached. Please try again."),
    "card_expired": ("CARD_EXPIRED", "The card has expired."),
    "insufficient_funds": ("INSUFFICIENT_FUNDS", "The account has insufficient funds."),
    "invalid_card_holder_name": ("CARD_DATA_WRONG", "The name on the card is wrong."),
    "invalid_card_number": ("CARD_DATA_WRONG", "The card number is wrong."),
    "invalid_card_type": ("CARD_DATA_WRONG", "This type of card is not accepted."),
    "invalid_cvv": ("CARD_DATA_WRONG", "The card's security code is wrong."),
    "unknown_reason": ("PAYMENT_DECLINED", "The payment was declined."),
}
# Fraud reasons stay between the bank and us: the customer reads the general sentence.
_DECLINED: Final = ("PAYMENT_DECLINED", "The payment was declined.")


def metadata_of(item: Mapping[str, Any]) -> dict[str, str]:
    """The object's metadata; Mollie keeps any JSON, ours is an object."""
    metadata = item.get("metadata")
    return {str(key): str(value) for key, value in metadata.items()} if isinstance(metadata, Mapping) else {}


def time_of(text: object) -> datetime | None:
    """A moment that Mollie wrote; None when there is none."""
    if not isinstance(text, str):
        return None
    try:
        return moment_from(text)
    except ValueError as exc:
        raise Unreadable("Mollie object with a time that is none") from exc


def state_of(status: object) -> PaymentState:
    """Mollie's word for a payment in ours."""
    return _STATES.get(str(status), "unknown")


def refund_state_of(status: object) -> RefundState:
    """Mollie's word for a refund in ours."""
    return _REFUND_STATES.get(str(status), "unknown")


def failure_of(payment: Mapping[str, Any]) -> Failure:
    """Why a payment failed."""
    reason = payment.get("statusReason")
    details = payment.get("details")
    said = code(
        reason.get("code") if isinstance(reason, Mapping) else None,
        details.get("failureReason") if isinstance(details, Mapping) else None,
    )
    ours, message = _FAILURES.get(said or "", _DECLINED)
    return Failure(code=ours, message=message, provider_code=said or "failed")


def payment_of(payment: Mapping[str, Any]) -> ProviderPayment:
    """A payment as we see it.

    Raises:
        Unreadable: it lacks its id, status or amount.
    """
    identifier, status = payment.get("id"), payment.get("status")
    if not isinstance(identifier, str) or not isinstance(status, str):
        raise Unreadable("Mollie answered something that is no payment")
    state, amount = state_of(status), from_mollie(payment, "amount")
    return ProviderPayment(
        provider_payment_id=identifier,
        state=state,
        amount=amount,
        received=amount if state == "succeeded" else None,
        failure=failure_of(payment) if state == "failed" else None,
        next_action=_next_action(payment, state),
        provider_status=word(status),
        metadata=metadata_of(payment),
        method=mollie_method(payment),
    )


def refund_of(refund: Mapping[str, Any]) -> ProviderRefund:
    """A refund as we see it.

    Raises:
        Unreadable: it lacks its id, status or amount.
    """
    identifier, status = refund.get("id"), refund.get("status")
    if not isinstance(identifier, str) or not isinstance(status, str):
        raise Unreadable("Mollie answered something that is no refund")
    return ProviderRefund(
        provider_refund_id=identifier,
        state=refund_state_of(status),
        amount=from_mollie(refund, "amount"),
        provider_status=word(status),
        refund_id=metadata_of(refund).get(MARKER_REFUND),
    )


def _next_action(payment: Mapping[str, Any], state: PaymentState) -> NextAction:
    links = payment.get("_links")
    checkout = links.get("checkout") if isinstance(links, Mapping) else None
    url = checkout.get("href") if isinstance(checkout, Mapping) else None
    if state not in ("pending", "processing") or not isinstance(url, str):
        return NextAction(type="none")
    return NextAction(type="redirect", url=url)
