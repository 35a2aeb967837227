"""The payer: fields from the merchant, and from PayPal after the approval."""

from gateway_simulators.paypal.context import new_id
from gateway_simulators.paypal.errors import unprocessable
from gateway_simulators.paypal.fields import part, text
from gateway_simulators.store import Json

_ADDRESS = {"address_line_1": "1 Test Street", "admin_area_2": "Berlin", "postal_code": "10115", "country_code": "DE"}


def known_payer(body: Json) -> Json:
    """Name, e-mail and address that the order names, in the payment source or in the older ``payer``.

    Raises:
        ApiError: another way to pay than PayPal's wallet, or a part that is no object.
    """
    source = part(body, "payment_source")
    for name in source:
        if name == "card":
            raise unprocessable("PAYEE_NOT_ENABLED_FOR_CARD_PROCESSING", "Payee account is not set up for cards.")
        if name != "paypal":
            raise unprocessable("PAYMENT_SOURCE_CANNOT_BE_USED", f"{name} is not enabled for this account.")
    wallet, older = part(source, "paypal", "/payment_source/paypal"), part(body, "payer")
    text(wallet, "email_address", "/payment_source/paypal/email_address", 254)
    text(older, "email_address", "/payer/email_address", 254)
    known = {name: wallet.get(name) or older.get(name) for name in ("email_address", "name", "address", "phone")}
    return {name: value for name, value in known.items() if value}


def approved_payer(known: Json) -> Json:
    """The customer as PayPal shows them once they agreed; what was not known is made up."""
    return {
        "email_address": "buyer@example.com",
        "name": {"given_name": "Terry", "surname": "Test"},
        "address": {"country_code": "DE"},
        **known,
        "payer_id": new_id()[:13],
    }


def wallet_of(payer: Json) -> Json:
    """``payment_source.paypal`` of an approved order."""
    return {
        "account_id": payer["payer_id"],
        "account_status": "VERIFIED",
        **{name: payer[name] for name in ("email_address", "name", "address")},
    }


def shipping_of(payer: Json) -> Json:
    """Where the goods go when the merchant named no address."""
    name = payer["name"]
    full = name.get("full_name") or f"{name.get('given_name', '')} {name.get('surname', '')}".strip()
    return {"name": {"full_name": full}, "address": dict(_ADDRESS)}
