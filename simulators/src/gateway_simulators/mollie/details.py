"""``details``: what Mollie knows about how a payment was paid, per method."""

import hashlib
from typing import Final

from gateway_simulators.store import Json

_CONSUMER: Final = {"consumerName": "T. TEST", "consumerAccount": "NL91ABNA0417164300", "consumerBic": "ABNANL2A"}
_CARD: Final = {
    "cardNumber": "6787",
    "cardHolder": "T. TEST",
    "cardAudience": "consumer",
    "cardLabel": "Mastercard",
    "cardCountryCode": "NL",
    "cardExpiryDate": "2031-12-31",
    "cardFunding": "credit",
    "cardSecurity": "3dsecure",
    "cardMaskedNumber": "545454******6787",
    "feeRegion": "intra-eu",
}
_MESSAGES: Final = {
    "authentication_abandoned": "The authentication was not completed.",
    "authentication_failed": "The authentication failed.",
    "card_expired": "The card has expired.",
    "insufficient_funds": "The account has insufficient funds.",
}


def details_of(payment: Json, method: str) -> Json:
    """Details of a payment once its customer chose the method."""
    fingerprint = hashlib.sha256(f"{payment['profileId']}:{_CARD['cardNumber']}".encode()).hexdigest()[:20]
    reference = payment["id"].removeprefix("tr_")[:12].upper()
    known: dict[str, Json] = {
        "ideal": _CONSUMER,
        "bancontact": {**_CONSUMER, "cardNumber": "0007", "cardFingerprint": fingerprint},
        "creditcard": {**_CARD, "cardFingerprint": fingerprint},
        "applepay": {**_CARD, "cardFingerprint": fingerprint, "wallet": "applepay"},
        "banktransfer": {
            **_CONSUMER,
            "bankName": "Stichting Mollie Payments",
            "bankAccount": "NL53ABNA0627535577",
            "bankBic": "ABNANL2A",
            "transferReference": f"RF12-{reference}",
        },
        "directdebit": {
            **_CONSUMER,
            "transferReference": f"SD{reference}",
            "creditorIdentifier": "NL08ZZZ502057730000",
        },
        "paypal": {
            "consumerName": "T. TEST",
            "consumerAccount": "buyer@example.com",
            "paypalReference": reference,
            "paypalPayerId": "WDJJHEBZ4X2LY",
            "sellerProtection": "ELIGIBLE",
            "shippingAddress": None,
            "paypalFee": None,
        },
    }
    return dict(known.get(method, {"consumerName": "T. TEST"}))


def failure(reason: str) -> Json:
    """Additional details of a declined payment."""
    return {"failureReason": reason, "failureMessage": _MESSAGES.get(reason, "The payment was declined.")}
