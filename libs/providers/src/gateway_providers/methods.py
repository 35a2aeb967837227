"""How a customer paid, from what a provider says. What is odd is left out, not refused: no money depends on it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.events.transaction import PaymentMethod

_WORD: Final = re.compile(r"[A-Za-z0-9_ -]{1,40}")
_LAST4: Final = re.compile(r"[A-Za-z0-9]{4}")


def method_from(kind: object, *, brand: object = None, last4: object = None) -> PaymentMethod | None:
    """The method, with the parts that are usable; None without a usable kind."""
    known = _matching(_WORD, kind)
    if known is None:
        return None
    label = _matching(_WORD, brand)
    return PaymentMethod(type=known.lower(), brand=label and label.lower(), last4=_matching(_LAST4, last4))


def stripe_method(charge: object) -> PaymentMethod | None:
    """From a charge of Stripe; None where it is only named or says nothing."""
    details = charge.get("payment_method_details") if isinstance(charge, Mapping) else None
    if not isinstance(details, Mapping):
        return None
    kind = details.get("type")
    part: Any = details.get(kind) if isinstance(kind, str) else None
    part = part if isinstance(part, Mapping) else {}
    return method_from(kind, brand=part.get("brand") if kind == "card" else None, last4=part.get("last4"))


def mollie_method(payment: Mapping[str, Any]) -> PaymentMethod | None:
    """From a payment of Mollie."""
    details = payment.get("details")
    details = details if isinstance(details, Mapping) else {}
    number = details.get("cardNumber")
    last4 = number[-4:] if isinstance(number, str) else None
    return method_from(payment.get("method"), brand=details.get("cardLabel"), last4=last4)


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
