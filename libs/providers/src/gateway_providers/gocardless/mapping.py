"""GoCardless' objects in our words. The default is pending: only what is known to be an end is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import EXPONENTS, Money
from gateway_contracts.requests.customer import NextAction
from gateway_contracts.requests.transaction import Failure
from gateway_providers.gocardless.markers import Markers, markers_of
from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_TRANSACTION, PaymentState, ProviderPayment, RefundState
from gateway_providers.words import code, word

_REQUEST_STATES: Final[dict[str, PaymentState]] = {
    "pending": "pending",
    "ready_to_fulfil": "pending",
    "fulfilling": "processing",
    "fulfilled": "authorized",
    "cancelled": "canceled",
}
_PAYMENT_STATES: Final[dict[str, PaymentState]] = {
    "pending_customer_approval": "processing",
    "pending_submission": "processing",
    "submitted": "processing",
    "confirmed": "succeeded",
    "paid_out": "succeeded",
    # It was collected first; that it went back is a dispute's story.
    "charged_back": "succeeded",
    "cancelled": "canceled",
    "customer_approval_denied": "failed",
    "failed": "failed",
}
_REFUND_STATES: Final[dict[str, RefundState]] = {
    "created": "pending",
    "pending_submission": "pending",
    "submitted": "pending",
    "paid": "succeeded",
    "cancelled": "canceled",
    "failed": "failed",
    "bounced": "failed",
    "funds_returned": "failed",
}
_DEAD_MANDATES: Final = frozenset({"cancelled", "failed", "expired", "blocked", "consumed", "suspended_by_payer"})
_FAILURES: Final[dict[str, tuple[str, str]]] = {
    "insufficient_funds": ("INSUFFICIENT_FUNDS", "The account has not enough money."),
    "bank_account_closed": ("ACCOUNT_CLOSED", "The bank account is closed."),
    "invalid_bank_details": ("ACCOUNT_INVALID", "The bank account's details are not valid."),
    "customer_approval_denied": ("APPROVAL_DENIED", "The payment was not approved."),
    "mandate_cancelled": ("MANDATE_INACTIVE", "The mandate is no longer active."),
    "mandate_is_inactive": ("MANDATE_INACTIVE", "The mandate is no longer active."),
    "mandate_expired": ("MANDATE_INACTIVE", "The mandate is no longer active."),
    "authorisation_disputed": ("PAYMENT_RETURNED", "The bank returned the payment."),
    "refer_to_payer": ("PAYMENT_DECLINED", "The bank declined the payment."),
}
_DECLINED: Final = ("PAYMENT_DECLINED", "The payment was declined.")


def failure_of(cause: object) -> Failure:
    """Why a payment failed, from GoCardless' word for it."""
    said = code(cause)
    ours, message = _FAILURES.get(said or "", _DECLINED)
    return Failure(code=ours, message=message, provider_code=said)


def refund_state_of(status: object) -> RefundState:
    """GoCardless' word for a refund in ours."""
    return _REFUND_STATES.get(str(status), "unknown")


def link_of(resource: Mapping[str, Any], name: str) -> str | None:
    """The id of a linked resource."""
    links = resource.get("links")
    value = links.get(name) if isinstance(links, Mapping) else None
    return value if isinstance(value, str) and value.isalnum() else None


def identifier_of(resource: Mapping[str, Any]) -> str:
    """
    Raises:
        Unreadable: it has none.
    """
    identifier = resource.get("id")
    if not isinstance(identifier, str) or not identifier.isalnum():
        raise Unreadable("GoCardless answered a resource without id")
    return identifier


def money_of(resource: Mapping[str, Any]) -> Money:
    """The amount of a payment or refund: GoCardless counts in minor units too.

    Raises:
        Unreadable: no amount in a currency that we know.
    """
    units, currency = resource.get("amount"), resource.get("currency")
    if type(units) is not int or not isinstance(currency, str) or currency not in EXPONENTS:
        raise Unreadable("GoCardless answered without a readable amount")
    return Money(units, currency)


@dataclass(frozen=True)
class Seen:
    """GoCardless' view of one payment of the gateway.

    Attributes:
        payment: what was made on the mandate; None until it was.
        mandate_status: asked for where a mandate waits for its payment.
    """

    request: Mapping[str, Any]
    payment: Mapping[str, Any] | None = None
    mandate_status: str | None = None


def payment_of(seen: Seen, *, authorisation_url: str | None = None) -> ProviderPayment:
    """A billing request with its payment as we see it; its id is the billing request's.

    Raises:
        Unreadable: an id, a status or an amount is missing.
    """
    markers = markers_of(seen.request.get("metadata"))
    status = word((seen.payment or seen.request).get("status"))
    if not status:
        raise Unreadable("GoCardless answered a resource without status")
    state = _state(seen, status)
    amount = _amount(seen, markers)
    action = NextAction(type="none")
    if authorisation_url is not None and state == "pending":
        action = NextAction(type="redirect", url=authorisation_url)
    return ProviderPayment(
        provider_payment_id=identifier_of(seen.request),
        state=state,
        amount=amount,
        received=amount if state == "succeeded" else None,
        provider_status=status,
        failure=failure_of(status) if state == "failed" else None,
        next_action=action,
        metadata=_metadata(markers),
    )


def _state(seen: Seen, status: str) -> PaymentState:
    if seen.payment is not None:
        return _PAYMENT_STATES.get(status, "unknown")
    if seen.mandate_status in _DEAD_MANDATES:
        # Nothing can be taken on it any more.
        return "canceled"
    return _REQUEST_STATES.get(status, "unknown")


def _amount(seen: Seen, markers: Markers | None) -> Money | None:
    if seen.payment is not None:
        return money_of(seen.payment)
    return markers.amount if markers else None


def _metadata(markers: Markers | None) -> dict[str, str]:
    if markers is None:
        return {}
    return {MARKER_TRANSACTION: markers.transaction, MARKER_ORGANIZATION: markers.organization}
