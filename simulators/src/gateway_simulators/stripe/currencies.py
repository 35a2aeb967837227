"""The currencies that Stripe charges in, their decimals and the bounds of a charge, in Stripe's minor units.

From Stripe's page "Supported currencies" (docs.stripe.com/currencies), read on 2026-11-29.
"""

from typing import Final

from gateway_simulators.stripe.errors import ApiError

_TEXT: Final = """
aed afn all amd ang aoa ars aud awg azn bam bbd bdt bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny
cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd
jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn
nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb
tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw
"""
PRESENTMENT: Final = frozenset(_TEXT.split())
"""What Stripe documents, in lower case."""

ZERO_DECIMAL: Final = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
# Written with two decimals that must be 00, although the currencies have none.
_WHOLE_HUNDREDS: Final = frozenset({"isk", "ugx"})

_FROM_FIFTY: Final = "ars aud brl cad chf cop eur idr ils inr jpy krw nzd php rub sgd usd zar"
_LEAST: Final = {
    **dict.fromkeys(_FROM_FIFTY.split(), 50),
    **dict.fromkeys(("aed", "myr", "pln", "ron"), 200),
    **dict.fromkeys(("mxn", "thb"), 1000),
    **dict.fromkeys(("nok", "sek"), 300),
    **{"czk": 1500, "dkk": 250, "gbp": 30, "hkd": 400, "huf": 17_500},
}
# Of ways to pay other than cards, which may take twelve digits in every currency.
_MOST: Final = 99_999_999
_MOST_OF: Final = {"idr": 999_999_999_999, "cop": 9_999_999_999, "inr": 999_999_999}


def decimals(currency: str) -> int:
    """Decimal places of the integers that Stripe uses for that currency."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def checked_currency(code: str) -> str:
    """The code in lower case.

    Raises:
        ApiError: Stripe does not charge in it.
    """
    currency = code.lower()
    if currency not in PRESENTMENT:
        supported = ", ".join(sorted(PRESENTMENT))
        raise ApiError(
            400, f"Invalid currency: {code}. Stripe currently supports these currencies: {supported}", param="currency"
        )
    return currency


def checked_amount(amount: int, currency: str, param: str = "amount") -> int:
    """The amount of a charge.

    Raises:
        ApiError: it is out of bounds, or the currency does not take its last digits.
    """
    if amount < 1:
        raise ApiError(
            400, "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param=param
        )
    least, most = _LEAST.get(currency, 1), _MOST_OF.get(currency, _MOST)
    if amount < least:
        message = f"The amount is below the minimum of {least} {currency} (in minor units)."
        raise ApiError(400, message, code="amount_too_small", param=param)
    if amount > most:
        raise ApiError(400, f"The amount must be no more than {most}.", code="amount_too_large", param=param)
    _check_last_digits(amount, currency, param)
    return amount


def _check_last_digits(amount: int, currency: str, param: str) -> None:
    step = 10 if currency in THREE_DECIMAL else 100 if currency in _WHOLE_HUNDREDS else 1
    if amount % step:
        message = f"Invalid amount: an amount in {currency} must be divisible by {step}."
        raise ApiError(400, message, code="invalid_charge_amount", param=param)
