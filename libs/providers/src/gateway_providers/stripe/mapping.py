"""Stripe's objects in our words. What Stripe says and we do not know becomes ``unknown``, never a failure."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_contracts.requests.customer import NextAction
from gateway_contracts.requests.transaction import Failure
from gateway_providers.ports import PaymentState, ProviderAccount, ProviderPayment
from gateway_providers.stripe.amounts import from_stripe
from gateway_providers.stripe.methods import stripe_method
from gateway_providers.words import code, word

_STATES: Final[dict[str, PaymentState]] = {
    "requires_payment_method": "pending",
    "requires_confirmation": "pending",
    "requires_action": "requires_action",
    "processing": "processing",
    "requires_capture": "authorized",
    "succeeded": "succeeded",
    "canceled": "canceled",
}
_PAYABLE: Final = frozenset({"pending", "requires_action", "failed"})

# Stripe's decline codes and error codes → ours, with a sentence that a customer may read.
_FAILURES: Final[dict[str, tuple[str, str]]] = {
    "insufficient_funds": ("INSUFFICIENT_FUNDS", "The card has insufficient funds."),
    "expired_card": ("CARD_EXPIRED", "The card has expired."),
    "incorrect_cvc": ("CARD_DATA_WRONG", "The card's security code is wrong."),
    "invalid_cvc": ("CARD_DATA_WRONG", "The card's security code is wrong."),
    "incorrect_number": ("CARD_DATA_WRONG", "The card number is wrong."),
    "invalid_number": ("CARD_DATA_WRONG", "The card number is wrong."),
    "invalid_expiry_month": ("CARD_DATA_WRONG", "The card's expiry date is wrong."),
    "invalid_expiry_year": ("CARD_DATA_WRONG", "The card's expiry date is wrong."),
    "incorrect_zip": ("CARD_DATA_WRONG", "The postal code does not match the card."),
    "authentication_required": ("AUTHENTICATION_REQUIRED", "The bank asks for an authentication."),
    "payment_intent_authentication_failure": ("AUTHENTICATION_FAILED", "The authentication with the bank failed."),
    "card_velocity_exceeded": ("LIMIT_EXCEEDED", "The card's limit is exceeded."),
    "withdrawal_count_limit_exceeded": ("LIMIT_EXCEEDED", "The card's limit is exceeded."),
    "currency_not_supported": ("CURRENCY_NOT_SUPPORTED", "The card does not support this currency."),
    "processing_error": ("PROCESSING_ERROR", "The payment could not be processed. Please try again."),
    "try_again_later": ("PROCESSING_ERROR", "The payment could not be processed. Please try again."),
    "issuer_not_available": ("PROCESSING_ERROR", "The bank could not be reached. Please try again."),
    "payment_intent_payment_attempt_expired": ("ATTEMPT_EXPIRED", "The payment was not completed in time."),
}
# Lost, stolen and fraud reasons stay between the bank and us: the customer reads the general sentence.
_DECLINED: Final = ("PAYMENT_DECLINED", "The payment was declined.")


def failure_of(error: object) -> Failure | None:
    """Why a payment failed, from Stripe's error object (``last_payment_error``)."""
    if not isinstance(error, Mapping) or not error:
        return None
    decline_code, error_code = word(error.get("decline_code")), word(error.get("code"))
    ours, message = _FAILURES.get(decline_code) or _FAILURES.get(error_code) or _DECLINED
    return Failure(code=ours, message=message, provider_code=code(decline_code, error_code, error.get("type")))


def metadata_of(stripe_object: Mapping[str, Any]) -> dict[str, str]:
    """The object's metadata; an object without has none."""
    metadata = stripe_object.get("metadata")
    return {str(key): str(value) for key, value in metadata.items()} if isinstance(metadata, Mapping) else {}


def reference_of(value: Any) -> str | None:
    """The id behind a reference, which Stripe may send expanded."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def money_of(stripe_object: Mapping[str, Any], field: str) -> Money:
    """An amount of the object.

    Raises:
        Unreadable: the field is missing, or not an amount in a currency that we know.
    """
    try:
        return from_stripe(stripe_object[field], str(stripe_object["currency"]))
    except (KeyError, ValueError) as exc:
        raise Unreadable(f"Stripe object without a readable {field}") from exc


def payment_of(intent: Mapping[str, Any], account: ProviderAccount) -> ProviderPayment:
    """A PaymentIntent as we see it.

    Raises:
        Unreadable: it lacks its id, status or amount.
    """
    identifier, status = intent.get("id"), intent.get("status")
    if not isinstance(identifier, str) or not isinstance(status, str):
        raise Unreadable("Stripe answered something that is no PaymentIntent")
    failure = failure_of(intent.get("last_payment_error"))
    state = _STATES.get(status, "unknown")
    # Stripe lets a declined intent be tried again; for us a decline ends the attempt.
    if status == "requires_payment_method" and failure is not None:
        state = "failed"
    secret = intent.get("client_secret") if state in _PAYABLE else None
    return ProviderPayment(
        provider_payment_id=identifier,
        state=state,
        amount=money_of(intent, "amount"),
        received=money_of(intent, "amount_received") if intent.get("amount_received") else None,
        failure=failure if state in ("failed", "canceled") else None,
        client_secret=secret,
        next_action=_next_action(secret, account),
        provider_status=word(status),
        metadata=metadata_of(intent),
        method=stripe_method(intent.get("latest_charge")),
    )


def _next_action(client_secret: str | None, account: ProviderAccount) -> NextAction:
    if client_secret is None:
        return NextAction(type="none")
    return NextAction(type="stripe", client_secret=client_secret, publishable_key=account.public.get("publishableKey"))
