"""The parameters of a payment intent, each checked as Stripe documents it."""

import re
from typing import Final
from urllib.parse import urlsplit

from gateway_simulators.store import Json
from gateway_simulators.stripe import forms
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.currencies import checked_currency
from gateway_simulators.stripe.errors import ApiError, missing, no_such

CREATE: Final = frozenset(
    {
        "amount",
        "automatic_payment_methods",
        "capture_method",
        "confirm",
        "confirmation_method",
        "currency",
        "customer",
        "description",
        "error_on_requires_action",
        "expand",
        "metadata",
        "off_session",
        "payment_method",
        "payment_method_data",
        "payment_method_options",
        "payment_method_types",
        "receipt_email",
        "return_url",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
        "use_stripe_sdk",
    }
)
UPDATE: Final = frozenset(
    {
        "amount",
        "currency",
        "customer",
        "description",
        "expand",
        "metadata",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    }
)
CONFIRM: Final = frozenset(
    {
        "client_secret",
        "error_on_requires_action",
        "expand",
        "off_session",
        "payment_method",
        "payment_method_data",
        "payment_method_options",
        "receipt_email",
        "return_url",
        "setup_future_usage",
        "shipping",
        "use_stripe_sdk",
    }
)
CAPTURE: Final = frozenset(
    {"amount_to_capture", "expand", "final_capture", "metadata", "statement_descriptor", "statement_descriptor_suffix"}
)
CANCEL: Final = frozenset({"cancellation_reason", "expand"})
RETRIEVE: Final = frozenset({"client_secret", "expand"})

_ADDRESS: Final = ("city", "country", "line1", "line2", "postal_code", "state")
_TEXTS: Final = ("description", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_TYPE_REFUSED: Final = (
    "Please ensure the provided type is activated in your dashboard "
    "(https://dashboard.stripe.com/account/payments/settings) and your account is enabled for any preview features "
    "that you are trying to use."
)


def descriptive(call: Call) -> Json:
    """Parameters of an intent that a caller may set at any time; absent parameters are None.

    Raises:
        ApiError: an address, a URL or a customer cannot be right.
    """
    params = call.params
    values: Json = {name: forms.text(params, name) for name in _TEXTS}
    _refuse_customer(params)
    values["customer"] = None
    values["receipt_email"] = _email(params)
    values["setup_future_usage"] = _optional_choice(params, "setup_future_usage", ("off_session", "on_session"))
    values["shipping"] = _shipping(params)
    return values


def currency(params: forms.Params) -> str:
    """
    Raises:
        ApiError: absent, or none that Stripe charges in.
    """
    given = forms.text(params, "currency")
    if given is None:
        raise missing("currency")
    return checked_currency(given)


def choice(params: forms.Params, name: str, allowed: tuple[str, ...]) -> str:
    """One of the allowed values, the first if absent.

    Raises:
        ApiError: it is another one.
    """
    return _optional_choice(params, name, allowed) or allowed[0]


def automatic_methods(params: forms.Params) -> Json | None:
    """``automatic_payment_methods``, which is the default without a list of types.

    Raises:
        ApiError: both are given, or a value is unknown.
    """
    given = params.get("automatic_payment_methods")
    if params.get("payment_method_types"):
        if isinstance(given, dict) and forms.boolean(given, "enabled"):
            message = "You may only specify one of these parameters: automatic_payment_methods, payment_method_types."
            raise ApiError(400, message, param="payment_method_types")
        return None
    given = given if isinstance(given, dict) else {}
    if not forms.boolean(given, "enabled", default=True):
        return None
    redirects = choice(given, "allow_redirects", ("always", "never"))
    return {"allow_redirects": redirects, "enabled": True}


def method_types(params: forms.Params) -> list[str]:
    """``payment_method_types``; cards are all that this account has activated.

    Raises:
        ApiError: another type is named.
    """
    types = params.get("payment_method_types") or ["card"]
    if not isinstance(types, list):
        raise ApiError(400, "Invalid array: payment_method_types", param="payment_method_types")
    for given in types:
        if given != "card":
            raise ApiError(
                400,
                f'The payment method type "{given}" is invalid. {_TYPE_REFUSED}',
                code="payment_intent_invalid_parameter",
                param="payment_method_types",
            )
    return ["card"]


def return_url(params: forms.Params) -> str | None:
    """
    Raises:
        ApiError: it is no URL.
    """
    url = forms.text(params, "return_url")
    if url is not None and not urlsplit(url).scheme:
        raise ApiError(400, "Not a valid URL", code="url_invalid", param="return_url")
    return url


def _optional_choice(params: forms.Params, name: str, allowed: tuple[str, ...]) -> str | None:
    value = forms.text(params, name)
    if value is not None and value not in allowed:
        raise ApiError(400, f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
    return value


def _refuse_customer(params: forms.Params) -> None:
    """This simulator keeps no customers, so that none exists."""
    customer = forms.text(params, "customer")
    if customer is not None:
        raise no_such("customer", customer, "customer")


def _email(params: forms.Params) -> str | None:
    email = forms.text(params, "receipt_email")
    if email is not None and not _EMAIL.fullmatch(email):
        raise ApiError(400, f"Invalid email address: {email}", code="email_invalid", param="receipt_email")
    return email


def _shipping(params: forms.Params) -> Json | None:
    given = params.get("shipping")
    if given is None or given == "":
        return None
    if not isinstance(given, dict):
        raise ApiError(400, "Invalid hash: shipping", param="shipping")
    if not isinstance(given.get("address"), dict):
        raise missing("shipping[address]")
    if not given.get("name"):
        raise missing("shipping[name]")
    address = {name: given["address"].get(name) or None for name in _ADDRESS}
    return {"carrier": None, "phone": None, "tracking_number": None, **given, "address": address}
