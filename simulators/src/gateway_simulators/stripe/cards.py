"""Stripe's public test cards: by number for the card form, by token for servers."""

from dataclasses import dataclass
from typing import Any, Literal

from gateway_simulators.stripe.errors import ApiError

RefundBehaviour = Literal["succeeds", "pending", "fails"]

DECLINED = "Your card was declined."


@dataclass(frozen=True)
class Decline:
    """Why a bank says no."""

    code: str
    decline_code: str
    message: str = DECLINED


@dataclass(frozen=True)
class Card:
    """One test card and how it behaves.

    Attributes:
        challenge: the bank wants 3-D Secure first.
        decline: what happens to the charge (after the challenge, if there is one).
    """

    number: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    challenge: bool = False
    decline: Decline | None = None
    refunds: RefundBehaviour = "succeeds"


_GENERIC = Decline("card_declined", "generic_decline")
_INSUFFICIENT = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
_LOST = Decline("card_declined", "lost_card")
_STOLEN = Decline("card_declined", "stolen_card")
_VELOCITY = Decline("card_declined", "card_velocity_exceeded", DECLINED)
_EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
_CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
_PROCESSING = Decline(
    "processing_error", "processing_error", "An error occurred while processing your card. Try again in a little bit."
)

TOKENS: dict[str, Card] = {
    "pm_card_visa": Card("4242424242424242"),
    "pm_card_visa_debit": Card("4000056655665556", funding="debit"),
    "pm_card_mastercard": Card("5555555555554444", brand="mastercard"),
    "pm_card_amex": Card("378282246310005", brand="amex"),
    "pm_card_de": Card("4000002760000016", country="DE"),
    "pm_card_chargeDeclined": Card("4000000000000002", decline=_GENERIC),
    "pm_card_chargeDeclinedInsufficientFunds": Card("4000000000009995", decline=_INSUFFICIENT),
    "pm_card_chargeDeclinedLostCard": Card("4000000000009987", decline=_LOST),
    "pm_card_chargeDeclinedStolenCard": Card("4000000000009979", decline=_STOLEN),
    "pm_card_chargeDeclinedVelocityLimitExceeded": Card("4000000000006975", decline=_VELOCITY),
    "pm_card_chargeDeclinedExpiredCard": Card("4000000000000069", decline=_EXPIRED),
    "pm_card_chargeDeclinedIncorrectCvc": Card("4000000000000127", decline=_CVC),
    "pm_card_chargeDeclinedProcessingError": Card("4000000000000119", decline=_PROCESSING),
    "pm_card_authenticationRequired": Card("4000002760003184", country="DE", challenge=True),
    "pm_card_authenticationRequiredOnSetup": Card("4000002500003155", country="FR", challenge=True),
    "pm_card_threeDSecure2Required": Card("4000000000003220", challenge=True),
    "pm_card_threeDSecureRequiredChargeDeclined": Card("4000008400001629", challenge=True, decline=_GENERIC),
    "pm_card_pendingRefund": Card("4000000000007726", refunds="pending"),
    "pm_card_refundFail": Card("4000000000005126", refunds="fails"),
}
_NUMBERS = {card.number: card for card in TOKENS.values()}


def card_of_token(token: str) -> Card | None:
    """The card of ``pm_card_…``; the spelling with the brand (``pm_card_visa_chargeDeclined``) works too."""
    return TOKENS.get(token) or TOKENS.get(token.replace("pm_card_visa_", "pm_card_", 1))


def card_of_number(number: str) -> Card:
    """
    Raises:
        ApiError: no card number at all, or a real one, which test mode refuses.
    """
    if not passes_luhn(number):
        raise _card_error("incorrect_number", "Your card number is incorrect.", "number")
    card = _NUMBERS.get(number)
    if card is None:
        raise ApiError(
            402,
            "Your card was declined. It is not one of the test cards, which are the only ones that work here.",
            kind="card_error",
            code="card_declined",
            decline_code="test_mode_live_card",
        )
    return card


def passes_luhn(number: str) -> bool:
    """Whether 12 to 19 digits end in the right check digit."""
    if not number.isascii() or not number.isdigit() or not 12 <= len(number) <= 19:
        return False
    total = 0
    for position, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if position % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def check_details(fields: dict[str, Any], card: Card, *, year: int, month: int) -> tuple[int, int]:
    """Expiry month and year of a typed-in card, after the checks that Stripe makes before any charge.

    Raises:
        ApiError: expiry or security code cannot be right.
    """
    exp_month, exp_year = _number(fields.get("exp_month")), _number(fields.get("exp_year"))
    exp_year = exp_year + 2000 if 0 <= exp_year < 100 else exp_year
    if not 1 <= exp_month <= 12:
        raise _card_error("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    if (exp_year, exp_month) < (year, month) or exp_year > year + 50:
        raise _card_error("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    cvc = str(fields.get("cvc", ""))
    if not cvc.isascii() or not cvc.isdigit() or len(cvc) != (4 if card.brand == "amex" else 3):
        raise _card_error("invalid_cvc", "Your card's security code is invalid.", "cvc")
    return exp_month, exp_year


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else -1


def _card_error(code: str, message: str, param: str) -> ApiError:
    return ApiError(402, message, kind="card_error", code=code, param=param)
