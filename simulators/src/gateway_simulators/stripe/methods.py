"""Payment methods: a token of a test card, or what a customer typed into the card form."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from gateway_simulators.ids import new_id
from gateway_simulators.store import Json
from gateway_simulators.stripe.cards import TOKENS, Card, card_of_number, card_of_token, check_details
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.errors import ApiError, missing, no_such


def resolve_method(call: Call) -> Json | None:
    """The payment method that the call names or describes, None if it does neither.

    Raises:
        ApiError: unknown token, or card details that cannot be right.
    """
    data = call.params.get("payment_method_data")
    if isinstance(data, dict):
        return _typed_in(call, data)
    named = call.params.get("payment_method")
    return named_method(call, named) if isinstance(named, str) and named else None


def named_method(call: Call, name: str) -> Json:
    """
    Raises:
        ApiError: neither a test token nor a payment method of this account.
    """
    card = card_of_token(name)
    if card is not None:
        return call.save("payment_method", _method(call, card, {"exp_month": 12, "exp_year": _year(call) + 4}, {}))
    found = call.world.store.get("payment_method", name)
    if found is None or found["_account"] != call.caller.account:
        raise no_such("PaymentMethod", name, "payment_method")
    return found


def card_of(method: Json) -> Card:
    """The test card behind a stored payment method."""
    return TOKENS[method["_token"]]


def _typed_in(call: Call, data: Json) -> Json:
    if not data.get("type"):
        raise missing("payment_method_data[type]")
    if data["type"] != "card":
        message = f"Invalid payment_method_data[type]: {data['type']} is not activated for this account; card is."
        raise ApiError(400, message, param="payment_method_data[type]")
    if not isinstance(data.get("card"), dict):
        raise missing("payment_method_data[card]")
    fields = data["card"]
    if not call.caller.publishable:
        raise ApiError(
            402,
            "Card numbers must not be sent with a secret key; use a test token such as pm_card_visa.",
            param="payment_method_data[card]",
        )
    card = card_of_number(str(fields.get("number", "")).replace(" ", ""))
    moment = datetime.fromtimestamp(call.now, UTC)
    exp_month, exp_year = check_details(fields, card, year=moment.year, month=moment.month)
    billing = data.get("billing_details")
    billing = billing if isinstance(billing, dict) else {}
    return call.save("payment_method", _method(call, card, {"exp_month": exp_month, "exp_year": exp_year}, billing))


def fingerprint_of(account: str, number: str) -> str:
    """The same text for the same number at one account, another one at the next."""
    return hashlib.sha256(f"{account}:{number}".encode()).hexdigest()[:16]


def _year(call: Call) -> int:
    return datetime.fromtimestamp(call.now, UTC).year


def _method(call: Call, card: Card, expiry: dict[str, int], billing: dict[str, Any]) -> Json:
    """The number itself is not kept, only its last four digits and the name of the test card."""
    address = billing.get("address")
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": {
                name: (address.get(name) if isinstance(address, dict) else None)
                for name in ("city", "country", "line1", "line2", "postal_code", "state")
            },
            "email": billing.get("email"),
            "name": billing.get("name"),
            "phone": billing.get("phone"),
            "tax_id": None,
        },
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "fail" if card.decline and card.decline.code == "incorrect_cvc" else "pass",
            },
            "country": card.country,
            "display_brand": card.brand,
            **expiry,
            "fingerprint": fingerprint_of(call.caller.account, card.number),
            "funding": card.funding,
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": call.now,
        "customer": None,
        "customer_account": None,
        "livemode": call.caller.livemode,
        "metadata": {},
        "type": "card",
        "_token": next(token for token, entry in TOKENS.items() if entry.number == card.number),
    }
