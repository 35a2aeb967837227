"""Currencies: the codes of ISO 4217 and their decimals (ADR 0040).

`CURRENT` are what a new payment may be in. `WITHDRAWN` are no longer money: payments that were made in them stay
readable, can be given back and are found by filters, but no new one is taken. Units of account, funds and metals
(CLF, XDR, XAU …) are no currency here, nor is VED, a second code of the money that VES names.
"""

from datetime import date
from typing import Final

AS_OF: Final = date(2026, 1, 1)
"""Publication of the table of ISO 4217 that these were compared with last. A test fails when it is old."""

_ZERO_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS: Final = "BHD IQD JOD KWD LYD OMR TND"
_TWO_DECIMALS: Final = """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN
NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"""

CURRENT: Final[dict[str, int]] = {
    **dict.fromkeys(_ZERO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
}
"""Decimal places of the minor unit of every currency that a new payment may be in."""

WITHDRAWN: Final[dict[str, int]] = {
    "ANG": 2,  # 2025: XCG
    "BGN": 2,  # 2026: EUR
    "BYR": 0,  # 2017: BYN
    "CUC": 2,  # 2021: CUP
    "EEK": 2,  # 2011: EUR
    "HRK": 2,  # 2023: EUR
    "LTL": 2,  # 2015: EUR
    "LVL": 2,  # 2014: EUR
    "MRO": 2,  # 2018: MRU
    "SLL": 2,  # 2024: SLE
    "STD": 2,  # 2018: STN
    "VEF": 2,  # 2018: VES
    "ZMK": 2,  # 2013: ZMW
    "ZWL": 2,  # 2024: ZWG
}
"""The same of currencies that were replaced."""

EXPONENTS: Final[dict[str, int]] = {**CURRENT, **WITHDRAWN}
"""Decimal places of every known currency."""


def is_currency(code: str) -> bool:
    """Whether the code is a known currency: a stored payment may be in it."""
    return code in EXPONENTS


def currency_problem(code: str) -> str | None:
    """Why a new payment cannot be in that currency, in words for its sender; None if it can."""
    if code in CURRENT:
        return None
    return "is a currency that was withdrawn" if code in WITHDRAWN else "is not a currency (ISO 4217)"
