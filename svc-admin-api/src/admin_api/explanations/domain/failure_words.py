"""Why a payment failed, in words for people of the shop; the console translates them."""

from collections.abc import Mapping
from typing import Final

_NO_REASON: Final = "The customer's bank refused and gave no reason; another card or a call to the bank may help"
_OTHER_CARD: Final = "The customer's bank refuses this card; the customer needs another one"
_NO_MONEY: Final = "The customer's account has not enough money"
FAILURES: Final[Mapping[str, str]] = {
    "generic_decline": _NO_REASON,
    "do_not_honor": _NO_REASON,
    "refer_to_payer": _NO_REASON,
    "unknown_reason": _NO_REASON,
    "card_declined": _NO_REASON,
    "lost_card": _OTHER_CARD,
    "stolen_card": _OTHER_CARD,
    "pickup_card": _OTHER_CARD,
    "fraudulent": _OTHER_CARD,
    "insufficient_funds": _NO_MONEY,
    "INSUFFICIENT_FUNDS": _NO_MONEY,
    "PAYMENT_DECLINED": "The customer's bank or the provider refused; another way to pay may help",
    "CARD_EXPIRED": "The card has expired",
    "CARD_DATA_WRONG": "A value of the card is wrong, such as its number or security code",
    "AUTHENTICATION_REQUIRED": "The customer's bank asks for a confirmation",
    "AUTHENTICATION_FAILED": "The customer's confirmation at the bank failed",
    "LIMIT_EXCEEDED": "The card's limit is exceeded",
    "CURRENCY_NOT_SUPPORTED": "The card does not support this currency",
    "PROCESSING_ERROR": "The bank or the provider could not process the payment; another attempt may help",
    "ATTEMPT_EXPIRED": "The customer did not complete the payment in time",
    "ACCOUNT_CLOSED": "The customer's bank account is closed",
    "ACCOUNT_INVALID": "The details of the bank account are not valid",
    "APPROVAL_DENIED": "The customer's bank did not get an approval",
    "MANDATE_INACTIVE": "The mandate for the direct debit is no longer active",
    "PAYMENT_RETURNED": "The bank returned the payment",
    "PAYMENT_FAILED": "The payment failed; no reason was given",
    "REFUND_FAILED": "The refund did not go through; no reason was given",
    "REFUND_NEVER_MADE": "The payment provider knows no such refund",
    "REFUND_MISSING": "The payment provider no longer knows this refund",
}
"""By the provider's code, which says more, or by our own."""

MESSAGES: Final = (
    "The payment provider refused the payment",
    "The payment provider cannot be reached. Please try again or pay otherwise",
)
"""Messages of svc-transaction that stand beside any code."""


def failure_words(code: str, provider_code: str | None, message: str) -> str:
    """The words for a failure in English, without a full stop; the message where there are none."""
    return FAILURES.get(provider_code or "") or FAILURES.get(code) or message.rstrip(".")
