"""PayPal's objects in our words. Approval is not payment: only a completed capture is."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_contracts.requests.customer import NextAction
from gateway_contracts.requests.transaction import Failure
from gateway_providers.paypal.amounts import from_paypal
from gateway_providers.paypal.markers import markers_of
from gateway_providers.ports import PaymentState, ProviderPayment, ProviderRefund, RefundState
from gateway_providers.words import code, word

_ORDER_STATES: Final[dict[str, PaymentState]] = {
    "CREATED": "pending",
    "SAVED": "pending",
    "PAYER_ACTION_REQUIRED": "pending",
    "APPROVED": "authorized",
    "VOIDED": "canceled",
    # Completed without a capture that we can see: the state of the money is not known.
    "COMPLETED": "processing",
}
_CAPTURE_STATES: Final[dict[str, PaymentState]] = {
    "COMPLETED": "succeeded",
    # It was captured first; that it went back is a refund's story.
    "PARTIALLY_REFUNDED": "succeeded",
    "REFUNDED": "succeeded",
    "PENDING": "processing",
    "DECLINED": "failed",
    "FAILED": "failed",
}
_REFUND_STATES: Final[dict[str, RefundState]] = {
    "COMPLETED": "succeeded",
    "PENDING": "pending",
    "FAILED": "failed",
    "CANCELLED": "canceled",
}
_FAILURES: Final[dict[str, tuple[str, str]]] = {
    "INSTRUMENT_DECLINED": ("PAYMENT_DECLINED", "The payment was declined. Please choose another way to pay."),
    "TRANSACTION_REFUSED": ("PAYMENT_DECLINED", "The payment was declined."),
    "PAYER_CANNOT_PAY": ("PAYMENT_DECLINED", "The payment was declined."),
    "ECHECK": ("PAYMENT_DECLINED", "The bank declined the payment."),
    "PAYER_ACTION_REQUIRED": ("AUTHENTICATION_REQUIRED", "PayPal asks for a confirmation."),
}
_DECLINED: Final = ("PAYMENT_DECLINED", "The payment was declined.")
_APPROVAL_LINKS: Final = ("payer-action", "approve")


def failure_of(reason: object) -> Failure:
    """Why a payment failed, from PayPal's word for it."""
    said = code(reason)
    ours, message = _FAILURES.get(said or "", _DECLINED)
    return Failure(code=ours, message=message, provider_code=said)


def refund_state_of(status: object) -> RefundState:
    """PayPal's word for a refund in ours."""
    return _REFUND_STATES.get(str(status), "unknown")


def text_of(item: Mapping[str, Any], name: str) -> str | None:
    """A text field; None when it is absent or something else."""
    value = item.get(name)
    return value if isinstance(value, str) and value else None


def objects_of(item: Any, name: str) -> list[Mapping[str, Any]]:
    """The objects of a list field; empty when there is none."""
    values = item.get(name) if isinstance(item, Mapping) else None
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def link_of(item: Mapping[str, Any], *relations: str) -> str | None:
    """The address behind the first of these relations."""
    links = {str(link.get("rel")): link.get("href") for link in objects_of(item, "links")}
    return next((str(links[name]) for name in relations if isinstance(links.get(name), str)), None)


def money_of(item: Mapping[str, Any], name: str = "amount") -> Money:
    """An amount of the object.

    Raises:
        Unreadable: none, or not one in a currency that we know.
    """
    try:
        return from_paypal(item.get(name))
    except ValueError as exc:
        raise Unreadable(f"PayPal object without a readable {name}") from exc


def reason_of(capture: Mapping[str, Any]) -> str | None:
    """Why a capture is not complete."""
    details = capture.get("status_details")
    return text_of(details, "reason") if isinstance(details, Mapping) else None


def unit_of(order: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one purchase unit of an order of ours.

    Raises:
        Unreadable: there is none.
    """
    units = objects_of(order, "purchase_units")
    if not units:
        raise Unreadable("PayPal order without a purchase unit")
    return units[0]


def capture_of(order: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The capture that counts: one that has money, else the last; None before the first."""
    captures = objects_of(unit_of(order).get("payments"), "captures")
    paid = [item for item in captures if _CAPTURE_STATES.get(str(item.get("status"))) == "succeeded"]
    found = paid or captures
    return found[-1] if found else None


def payment_of(order: Mapping[str, Any]) -> ProviderPayment:
    """An order as we see it.

    Raises:
        Unreadable: it lacks its id, status or amount.
    """
    identifier, status = text_of(order, "id"), text_of(order, "status")
    if identifier is None or status is None:
        raise Unreadable("PayPal answered something that is no order")
    unit, capture = unit_of(order), capture_of(order)
    state = _ORDER_STATES.get(status, "unknown")
    if capture is not None:
        status = str(capture.get("status"))
        state = _CAPTURE_STATES.get(status, "unknown")
    markers = markers_of(unit.get("custom_id"))
    return ProviderPayment(
        provider_payment_id=identifier,
        state=state,
        amount=money_of(unit),
        received=money_of(capture) if capture is not None and state == "succeeded" else None,
        provider_status=word(status),
        failure=failure_of(reason_of(capture)) if capture is not None and state == "failed" else None,
        next_action=_next_action(order, state),
        metadata=markers.metadata() if markers else {},
    )


def _next_action(order: Mapping[str, Any], state: PaymentState) -> NextAction:
    url = link_of(order, *_APPROVAL_LINKS) if state == "pending" else None
    return NextAction(type="redirect", url=url) if url else NextAction(type="none")


def refund_of(item: Mapping[str, Any]) -> ProviderRefund:
    """A refund as we see it.

    Raises:
        Unreadable: it lacks its id, status or amount.
    """
    identifier, status = text_of(item, "id"), text_of(item, "status")
    if identifier is None or status is None:
        raise Unreadable("PayPal answered something that is no refund")
    markers, state = markers_of(item.get("custom_id")), refund_state_of(status)
    return ProviderRefund(
        provider_refund_id=identifier,
        state=state,
        amount=money_of(item),
        provider_status=word(status),
        refund_id=markers.refund if markers else None,
        failure=failure_of(reason_of(item)) if state == "failed" else None,
    )
