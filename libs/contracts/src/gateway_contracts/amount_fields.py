"""Annotated types of amounts, currencies and rates."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from gateway_contracts.currencies import currency_problem, is_currency
from gateway_contracts.limits import PAYMENT_LINK_MIN, QUANTITY_MAX, VAT_RATE_DECIMALS_MAX
from gateway_contracts.money import AMOUNT_MINOR_MAX
from gateway_contracts.rules import broken

_RATE_TEXT_MAX = 32
_CURRENCY_FORMAT = {"format": "iso-4217"}


def _amount(value: Any) -> int:
    if _price(value) < 1:
        raise broken("amount_invalid", "must be at least 1")
    return int(value)


def _price(value: Any) -> int:
    if type(value) is not int:
        raise broken("amount_invalid", "must be an integer: no decimals, no text")
    if abs(value) > AMOUNT_MINOR_MAX:
        raise broken("amount_invalid", "is too large" if value > 0 else "is too small")
    return value


def _unit_price(value: Any) -> int:
    if _price(value) < 0:
        raise broken("amount_invalid", "must be at least 0")
    return int(value)


def _link_amount(value: Any) -> int:
    if _price(value) < PAYMENT_LINK_MIN:
        raise broken("amount_invalid", f"must be at least {PAYMENT_LINK_MIN}")
    return int(value)


def _currency(text: str) -> str:
    code = text.upper()
    if problem := currency_problem(code):
        raise broken("currency_unknown", problem)
    return code


def _known_currency(text: str) -> str:
    code = text.upper()
    return code if is_currency(code) else _currency(code)


def _rate(value: Any) -> str:
    """Percent as decimal text; JSON numbers are read by their digits, so 7.7 stays 7.7."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > _RATE_TEXT_MAX:
        raise broken("vat_rate_invalid", "must be a percentage, such as 19 or 7.7")
    try:
        rate = Decimal(str(value).strip())
    except InvalidOperation:
        raise broken("vat_rate_invalid", "must be a percentage, such as 19 or 7.7") from None
    if not rate.is_finite() or not 0 <= rate <= 100:
        raise broken("vat_rate_invalid", "must be between 0 and 100")
    rate = rate.normalize()
    if int(rate.as_tuple().exponent) < -VAT_RATE_DECIMALS_MAX:
        raise broken("vat_rate_invalid", f"must have at most {VAT_RATE_DECIMALS_MAX} decimals")
    return format(rate, "f")


Amount = Annotated[
    int,
    Field(
        ge=1,
        le=AMOUNT_MINOR_MAX,
        description="A positive amount in minor units (4900 is 49.00 EUR); see amountFormat.",
        examples=[4900],
    ),
    BeforeValidator(_amount),
]
Price = Annotated[int, Field(ge=-AMOUNT_MINOR_MAX, le=AMOUNT_MINOR_MAX), BeforeValidator(_price)]
UnitPrice = Annotated[int, Field(ge=0, le=AMOUNT_MINOR_MAX), BeforeValidator(_unit_price)]
"""A price that is never negative."""
LinkAmount = Annotated[int, Field(ge=PAYMENT_LINK_MIN, le=AMOUNT_MINOR_MAX), BeforeValidator(_link_amount)]
"""The amount of a payment page for an invoice."""
Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MAX, strict=True)]
Currency = Annotated[
    str,
    AfterValidator(_currency),
    Field(
        min_length=3,
        max_length=3,
        description="Code of a currency in use (ISO 4217), in upper or lower case.",
        examples=["EUR"],
        json_schema_extra=_CURRENCY_FORMAT,
    ),
]
KnownCurrency = Annotated[
    str,
    AfterValidator(_known_currency),
    Field(
        min_length=3,
        max_length=3,
        description="Currency code of ISO 4217, in upper or lower case; withdrawn currencies are accepted.",
        examples=["EUR"],
        json_schema_extra=_CURRENCY_FORMAT,
    ),
]
_RateText = Annotated[
    str,
    StringConstraints(
        max_length=_RATE_TEXT_MAX,
        pattern=rf"^(100(\.0{{1,{VAT_RATE_DECIMALS_MAX}}})?|[0-9]{{1,2}}(\.[0-9]{{1,{VAT_RATE_DECIMALS_MAX}}})?)$",
    ),
]
_RateNumber = Annotated[float, Field(ge=0, le=100)]
VatRate = Annotated[str, BeforeValidator(_rate, json_schema_input_type=_RateText | _RateNumber)]
"""Percent as decimal text, such as ``19`` or ``7.7``."""
