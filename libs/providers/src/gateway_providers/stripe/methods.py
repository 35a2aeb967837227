"""How a customer paid at Stripe."""

from collections.abc import Mapping
from typing import Any

from gateway_contracts.events.transaction import PaymentMethod
from gateway_providers.methods import method_from


def stripe_method(charge: object) -> PaymentMethod | None:
    """From a charge of Stripe; None where it is only named or says nothing."""
    details = charge.get("payment_method_details") if isinstance(charge, Mapping) else None
    if not isinstance(details, Mapping):
        return None
    kind = details.get("type")
    part: Any = details.get(kind) if isinstance(kind, str) else None
    part = part if isinstance(part, Mapping) else {}
    return method_from(kind, brand=part.get("brand") if kind == "card" else None, last4=part.get("last4"))
