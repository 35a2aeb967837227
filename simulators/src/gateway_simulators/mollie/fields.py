"""The fields that callers send, each checked as Mollie documents it."""

import json
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import urlsplit

from gateway_simulators.mollie import money
from gateway_simulators.mollie.catalog import METHODS
from gateway_simulators.mollie.errors import ApiError, unprocessable
from gateway_simulators.store import Json

_LOCALES_TEXT: Final = """
ca_ES cs_CZ da_DK de_AT de_CH de_DE de_LU el_GR en_BE en_GB en_NL en_US es_ES fi_FI fr_BE fr_FR fr_LU hu_HU is_IS it_IT
lt_LT lv_LV nb_NO nl_BE nl_NL pl_PL pt_PT sk_SK sl_SI sv_SE tr_TR
"""
_LOCALES: Final = frozenset(_LOCALES_TEXT.split())
_TEXT_MAX: Final = 255
_METADATA_BYTES_MAX: Final = 1024

_UPDATE_TEXT: Final = """
billingAddress cancelUrl description dueDate issuer locale metadata method redirectUrl restrictPaymentMethodsToCountry
shippingAddress testmode webhookUrl
"""
_CREATE_TEXT: Final = """
amount captureDelay captureMode company consumerDateOfBirth customerReference digitalGoods extraMerchantData lines
sequenceType storeCredentials
"""
_METHODS_TEXT: Final = """
amount[currency] amount[value] billingCountry include includeWallets locale orderLineCategories resource sequenceType
testmode
"""
UPDATE: Final = frozenset(_UPDATE_TEXT.split())
CREATE: Final = UPDATE | set(_CREATE_TEXT.split())
REFUND: Final = frozenset({"amount", "description", "externalReference", "metadata", "testmode"})
CAPTURE: Final = frozenset({"amount", "description", "metadata", "testmode"})
WEBHOOK: Final = frozenset({"eventTypes", "name", "testmode", "url"})
NOTHING: Final = frozenset({"testmode"})
ONE: Final = frozenset({"embed", "include", "testmode"})
PAGE: Final = ONE | {"from", "limit", "sort"}
METHODS_QUERY: Final = frozenset(_METHODS_TEXT.split())


def refuse_unknown(given: Json, known: frozenset[str], *, part: str = "body") -> None:
    """
    Args:
        part: ``body``, or ``query`` for parameters of the address.

    Raises:
        ApiError: a name is none of this call's.
    """
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f' Did you mean: "{near[0]}"?' if near else ""
            raise unprocessable(f'Non-existent {part} parameter "{name}" for this API call.{hint}', name)


def payment_fields(params: Json, known: frozenset[str]) -> Json:
    """Fields of a payment without its amount; only those given.

    Raises:
        ApiError: a field is unknown or wrong.
    """
    refuse_unknown(params, known)
    checks: dict[str, Callable[[], Any]] = {
        "description": lambda: description(params, required=True),
        "redirectUrl": lambda: url(params, "redirectUrl"),
        "cancelUrl": lambda: url(params, "cancelUrl"),
        "webhookUrl": lambda: url(params, "webhookUrl"),
        "metadata": lambda: metadata(params),
        "locale": lambda: _choice(params, "locale", _LOCALES),
        "method": lambda: _method(params),
        "captureMode": lambda: _choice(params, "captureMode", frozenset({"automatic", "manual"})),
        "sequenceType": lambda: _sequence(params),
        "restrictPaymentMethodsToCountry": lambda: _country(params),
        "billingAddress": lambda: _object(params, "billingAddress"),
        "shippingAddress": lambda: _object(params, "shippingAddress"),
    }
    return {name: check() for name, check in checks.items() if name in params}


def description(params: Json, *, required: bool = False) -> str | None:
    """
    Raises:
        ApiError: it is missing although required, or too long.
    """
    text = params.get("description")
    if text in (None, "") and not required:
        return None
    if not isinstance(text, str) or not text:
        raise unprocessable("The description is required for payments", "description")
    if len(text) > _TEXT_MAX:
        raise unprocessable(f"The description cannot be longer than {_TEXT_MAX} characters", "description")
    return text


def metadata(params: Json) -> Any:
    """
    Raises:
        ApiError: it is larger than a kilobyte.
    """
    given = params.get("metadata")
    if given is not None and len(json.dumps(given).encode()) > _METADATA_BYTES_MAX:
        raise unprocessable("The metadata is too long", "metadata")
    return given


def url(params: Json, name: str, *, required: bool = False) -> str | None:
    """
    Raises:
        ApiError: it is missing although required, or no address of the web.
    """
    given = params.get(name)
    if given is None and not required:
        return None
    if given is None:
        raise ApiError(422, f"The {name} is required for payments", field=name)
    try:
        parts = urlsplit(given) if isinstance(given, str) else None
        fits = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits:
        raise ApiError(422, f"The {name} is invalid", field=name)
    return str(given)


def lines(params: Json, amount: Json) -> list[Json] | None:
    """Order lines, whose totals are the amount.

    Raises:
        ApiError: a line lacks something, or the totals do not add up.
    """
    given = params.get("lines")
    if given is None:
        return None
    if not isinstance(given, list) or not given or not all(isinstance(line, dict) for line in given):
        raise unprocessable("The lines are invalid", "lines")
    total = money.value_of(amount) * 0
    for index, line in enumerate(given):
        field = f"lines.{index}"
        if not isinstance(line.get("description"), str) or not isinstance(line.get("quantity"), int):
            raise unprocessable("A line needs a description and a quantity", field)
        money.checked(line.get("unitPrice"), f"{field}.unitPrice", signed=True)
        total += money.value_of(money.checked(line.get("totalAmount"), f"{field}.totalAmount", signed=True))
    if total != money.value_of(amount):
        raise unprocessable("The amount of the payment does not match the total amount of the lines", "lines")
    return given


def _choice(params: Json, name: str, allowed: frozenset[str]) -> str | None:
    value = params[name]
    if value is not None and (not isinstance(value, str) or value not in allowed):
        raise unprocessable(f"The {name} is invalid", name)
    return value


def _method(params: Json) -> Any:
    given = params["method"]
    for name in given if isinstance(given, list) else [given]:
        if name is not None and (not isinstance(name, str) or name not in METHODS):
            raise unprocessable("The payment method is invalid", "method")
    return given


def _sequence(params: Json) -> str:
    """Customers and mandates are not simulated, without which only single payments are possible."""
    value = _choice(params, "sequenceType", frozenset({"oneoff", "first", "recurring"}))
    if value in ("first", "recurring"):
        raise unprocessable(f"A customer is required for a payment of sequence type {value}", "customerId")
    return value or "oneoff"


def _country(params: Json) -> str | None:
    value = params["restrictPaymentMethodsToCountry"]
    if value is not None and not (isinstance(value, str) and len(value) == 2 and value.isalpha() and value.isupper()):
        raise unprocessable("The country is invalid", "restrictPaymentMethodsToCountry")
    return value


def _object(params: Json, name: str) -> Json | None:
    value = params[name]
    if value is not None and not isinstance(value, dict):
        raise unprocessable(f"The {name} is invalid", name)
    return value
