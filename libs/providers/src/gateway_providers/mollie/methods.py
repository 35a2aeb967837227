"""How a customer paid at Mollie."""

from collections.abc import Mapping
from typing import Any

from gateway_contracts.events.transaction import PaymentMethod
from gateway_providers.methods import method_from


def mollie_method(payment: Mapping[str, Any]) -> PaymentMethod | None:
    """From a payment of Mollie."""
    details = payment.get("details")
    details = details if isinstance(details, Mapping) else {}
    number = details.get("cardNumber")
    last4 = number[-4:] if isinstance(number, str) else None
    return method_from(payment.get("method"), brand=details.get("cardLabel"), last4=last4)
