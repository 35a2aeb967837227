"""Customers, their bank accounts, and the creditor that the token belongs to."""

import hashlib
from typing import Any, Final

from gateway_simulators.gocardless.context import Call, metadata_of, new_id
from gateway_simulators.gocardless.errors import ApiError, invalid, wrong_state
from gateway_simulators.gocardless.schemes import DEFAULTS, country_of
from gateway_simulators.store import Json

_FIELDS: Final = (
    "address_line1",
    "address_line2",
    "address_line3",
    "city",
    "company_name",
    "country_code",
    "danish_identity_number",
    "email",
    "family_name",
    "given_name",
    "language",
    "phone_number",
    "postal_code",
    "region",
    "swedish_identity_number",
)


def create_customer(call: Call, given: Json) -> Json:
    """``POST /customers``.

    Raises:
        ApiError: neither a person's name nor a company's.
    """
    if not given.get("company_name") and not (given.get("given_name") and given.get("family_name")):
        raise invalid("given_name", "is required unless company_name is given")
    customer = new_customer(call, given)
    call.emit("customers", "created", customer)
    return customer


def new_customer(call: Call, given: Json) -> Json:
    """A customer as far as it is known; a billing request begins with an empty one."""
    return call.save(
        "customers",
        {
            "id": new_id("CU"),
            "created_at": call.world.text_now(),
            **_texts(given),
            "language": _texts(given)["language"] or "en",
            "metadata": metadata_of(given),
        },
    )


def update_customer(call: Call, customer: Json, given: Json) -> Json:
    """Changes what is given."""
    changes = {name: value for name, value in _texts(given).items() if name in given}
    if "metadata" in given:
        changes["metadata"] = metadata_of(given)
    return call.save("customers", customer, **changes)


def fill_in(call: Call, customer: Json, currency: str) -> Json:
    """Values that the customer enters on the hosted page where nothing is known yet."""
    entered = {
        "address_line1": "1 Test Street",
        "city": "Testville",
        "country_code": country_of(currency),
        "email": "customer@example.com",
        "family_name": "Test",
        "given_name": "Terry",
        "postal_code": "10115",
    }
    return call.save("customers", customer, **{name: customer[name] or value for name, value in entered.items()})


def create_bank_account(call: Call, given: Json) -> Json:
    """``POST /customer_bank_accounts``.

    Raises:
        ApiError: no customer, no holder, or no account.
    """
    customer = call.find("customers", call.link(given, "customer"))
    if not given.get("account_holder_name"):
        raise invalid("account_holder_name", "is required")
    if not given.get("iban") and not given.get("account_number") and not given.get("bank_account_token"):
        raise invalid("iban", "is required unless account_number is given")
    currency = given.get("currency") or ("EUR" if given.get("iban") else "GBP")
    if not isinstance(currency, str) or currency not in DEFAULTS:
        raise invalid("currency", "is not supported")
    account = new_bank_account(call, customer, currency, given)
    call.emit("customer_bank_accounts", "created", account)
    return account


def new_bank_account(call: Call, customer: Json, currency: str, given: Json) -> Json:
    """The account of which only its last digits are shown."""
    number = str(given.get("iban") or given.get("account_number") or "DE89370400440532013000")
    holder = given.get("account_holder_name") or f"{customer['given_name']} {customer['family_name']}"
    return call.save(
        "customer_bank_accounts",
        {
            "id": new_id("BA"),
            "created_at": call.world.text_now(),
            "account_holder_name": str(holder).upper(),
            "account_number_ending": number.replace(" ", "")[-2:],
            "account_type": given.get("account_type"),
            "bank_account_token": None,
            "bank_name": "TEST BANK",
            "country_code": given.get("country_code") or country_of(currency),
            "currency": currency,
            "enabled": True,
            "payer_name_verification_result": None,
            "trusted_recipient": False,
            "metadata": metadata_of(given),
            "links": {"customer": customer["id"]},
        },
    )


def disable_bank_account(call: Call, identifier: str) -> Json:
    """``POST /customer_bank_accounts/{id}/actions/disable``.

    Raises:
        ApiError: it is disabled already.
    """
    account = call.find("customer_bank_accounts", identifier)
    if not account["enabled"]:
        raise wrong_state("bank_account_disabled", "The bank account is disabled already")
    account = call.save("customer_bank_accounts", account, enabled=False)
    call.emit("customer_bank_accounts", "disabled", account)
    return account


def creditor(call: Call) -> Json:
    """The only creditor of an account."""
    digits = hashlib.sha256(call.account.encode()).hexdigest()[:8].upper()
    accounts = {f"default_{currency.lower()}_payout_account": None for currency in DEFAULTS}
    return {
        "id": call.account,
        "created_at": "2024-01-01T00:00:00.000Z",
        "name": "Simulated creditor",
        "address_line1": "1 Test Street",
        "address_line2": None,
        "address_line3": None,
        "bank_reference_prefix": digits[:4],
        "can_create_refunds": call.world.with_refunds,
        "city": "Berlin",
        "country_code": "DE",
        "creditor_type": "company",
        "custom_payment_pages_enabled": False,
        "fx_payout_currency": None,
        "links": {**accounts, "default_eur_payout_account": f"BA{digits}"},
        "logo_url": None,
        "mandate_imports_enabled": False,
        "merchant_responsible_for_notifications": False,
        "postal_code": "10115",
        "region": None,
        "scheme_identifiers": [],
        "verification_status": "successful",
    }


def one_creditor(call: Call, identifier: str) -> Json:
    """
    Raises:
        ApiError: it is another account's.
    """
    found = creditor(call)
    if identifier != found["id"]:
        raise ApiError(404, f"Resource not found: {identifier}", reason="resource_not_found")
    return found


def _texts(given: Json) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in _FIELDS:
        value = given.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > 255):
            raise invalid(name, "must be a text of at most 255 characters")
        values[name] = value or None
    return values
