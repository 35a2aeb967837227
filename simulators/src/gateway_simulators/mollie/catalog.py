"""The methods that Mollie offers, and the caller's profile."""

from typing import Final

from gateway_simulators.mollie import links
from gateway_simulators.mollie.context import Call
from gateway_simulators.mollie.errors import not_found
from gateway_simulators.store import Json

METHODS: Final = {
    "alma": "Alma",
    "applepay": "Apple Pay",
    "bacs": "Bacs Direct Debit",
    "bancomatpay": "BANCOMAT Pay",
    "bancontact": "Bancontact",
    "banktransfer": "Bank transfer",
    "belfius": "Belfius Pay Button",
    "billie": "Billie",
    "bizum": "Bizum",
    "blik": "BLIK",
    "creditcard": "Card",
    "directdebit": "SEPA Direct Debit",
    "eps": "eps",
    "giftcard": "Gift cards",
    "ideal": "iDEAL",
    "in3": "iDEAL in3",
    "kbc": "KBC/CBC Payment Button",
    "klarna": "Klarna",
    "mbway": "MB WAY",
    "mobilepay": "MobilePay",
    "multibanco": "Multibanco",
    "mybank": "MyBank",
    "paybybank": "Pay by Bank",
    "paypal": "PayPal",
    "paysafecard": "paysafecard",
    "pointofsale": "Point of sale",
    "przelewy24": "Przelewy24",
    "riverty": "Riverty",
    "satispay": "Satispay",
    "swish": "Swish",
    "trustly": "Trustly",
    "twint": "TWINT",
    "vipps": "Vipps",
    "voucher": "Vouchers",
    "wero": "Wero",
}
ACTIVATED: Final = ("ideal", "creditcard", "bancontact", "banktransfer")
_IMAGES: Final = "https://www.mollie.com/external/icons/payment-methods"


def method(call: Call, name: str) -> Json:
    """
    Raises:
        ApiError: Mollie has no such method.
    """
    if name not in METHODS:
        raise not_found("method", name)
    activated = name in ACTIVATED
    return {
        "resource": "method",
        "id": name,
        "description": METHODS[name],
        "minimumAmount": {"currency": "EUR", "value": "0.01"},
        "maximumAmount": {"currency": "EUR", "value": "10000.00"} if activated else None,
        "image": {
            "size1x": f"{_IMAGES}/{name}.png",
            "size2x": f"{_IMAGES}/{name}%402x.png",
            "svg": f"{_IMAGES}/{name}.svg",
        },
        "status": "activated" if activated else None,
        "_links": {
            "self": links.hal(f"{call.world.origin}/v2/methods/{name}"),
            "documentation": links.documentation("get-method"),
        },
    }


def profile(call: Call) -> Json:
    """The profile that the key belongs to."""
    base = f"{call.world.origin}/v2"
    return {
        "resource": "profile",
        "id": call.caller.account,
        "mode": call.caller.mode,
        "name": "Simulated shop",
        "website": "https://shop.example",
        "email": "shop@shop.example",
        "phone": "+31200000000",
        "description": "A shop that exists in tests only",
        "countriesOfActivity": ["NL"],
        "businessCategory": "OTHER_MERCHANDISE",
        "status": "verified",
        "createdAt": "2024-01-01T00:00:00+00:00",
        "_links": {
            "self": links.hal(f"{base}/profiles/{call.caller.account}"),
            "dashboard": links.page(f"{links.DASHBOARD}/settings/profiles/{call.caller.account}"),
            **{name: links.hal(f"{base}/{name}") for name in ("chargebacks", "methods", "payments", "refunds")},
            "documentation": links.documentation("get-current-profile"),
        },
    }
