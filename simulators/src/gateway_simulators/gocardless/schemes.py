"""Direct debit and instant payment schemes: which currency each collects, and when."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from gateway_simulators.gocardless.errors import invalid
from gateway_simulators.store import Json

DEFAULTS: Final = {
    "AUD": "becs",
    "CAD": "pad",
    "DKK": "betalingsservice",
    "EUR": "sepa_core",
    "GBP": "bacs",
    "NZD": "becs_nz",
    "SEK": "autogiro",
    "USD": "ach",
}
"""The scheme of a mandate in each currency."""

_CURRENCY_OF: Final = {scheme: currency for currency, scheme in DEFAULTS.items()} | {"pay_to": "AUD"}
_INSTANT_DEFAULTS: Final = {"AUD": "pay_to", "EUR": "sepa_credit_transfer", "GBP": "faster_payments"}
_INSTANT_CURRENCY_OF: Final = {scheme: currency for currency, scheme in _INSTANT_DEFAULTS.items()} | {
    "sepa_instant_credit_transfer": "EUR"
}
_COUNTRY_OF: Final = {"AUD": "AU", "CAD": "CA", "DKK": "DK", "GBP": "GB", "NZD": "NZ", "SEK": "SE", "USD": "US"}
LEAD_DAYS: Final = 3
"""Days from a payment's creation to the first day on which it can be charged."""


def mandate_scheme(wanted: Json) -> tuple[str, str]:
    """Currency and scheme that a ``mandate_request`` names.

    Raises:
        ApiError: a currency that is not collected, or a scheme that is not its own.
    """
    return _pair(wanted, DEFAULTS, _CURRENCY_OF, "mandate_request")


def payment_scheme(wanted: Json) -> tuple[str, str]:
    """Currency and scheme that a ``payment_request`` names.

    Raises:
        ApiError: a currency in which nothing is paid at once, or a scheme that is not its own.
    """
    return _pair(wanted, _INSTANT_DEFAULTS, _INSTANT_CURRENCY_OF, "payment_request")


def currency_of(scheme: str) -> str:
    """The only currency of a scheme."""
    return (_CURRENCY_OF | _INSTANT_CURRENCY_OF)[scheme]


def country_of(currency: str) -> str:
    """Where the simulated customer lives who pays in it."""
    return _COUNTRY_OF.get(currency, "DE")


def first_charge_date(now: float, day_s: float) -> date:
    """The next working day on which a payment made now can be charged."""
    day = datetime.fromtimestamp(now + LEAD_DAYS * day_s, UTC).date()
    return _working_day(day)


def charge_date(given: object, earliest: date) -> date:
    """The day that a caller asks for, rolled forwards to a working day; the earliest if it asks for none.

    Raises:
        ApiError: it is no date, or too early.
    """
    if given is None:
        return earliest
    try:
        wanted = date.fromisoformat(given) if isinstance(given, str) and len(given) == 10 else None
    except ValueError:
        wanted = None
    if wanted is None:
        raise invalid("charge_date", "must be a date in the format YYYY-MM-DD")
    if wanted < earliest:
        raise invalid("charge_date", "must be on or after the mandate's next_possible_charge_date")
    return _working_day(wanted)


def _working_day(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def _pair(wanted: Json, defaults: dict[str, str], currencies: dict[str, str], place: str) -> tuple[str, str]:
    currency = wanted.get("currency")
    if not isinstance(currency, str) or currency not in defaults:
        raise invalid(f"{place}.currency", "is not supported")
    scheme = wanted.get("scheme") or defaults[currency]
    if not isinstance(scheme, str) or currencies.get(scheme) != currency:
        raise invalid(f"{place}.scheme", f"does not collect {currency}")
    return currency, scheme
