"""Decimal numbers above 0 that merchants write as text or number, such as quantities and exchange rates."""

from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints

from gateway_contracts.rules import broken

_TEXT_MAX: Final = 32


def positive_decimal(code: str, example: str, *, most: int, decimals: int) -> BeforeValidator:
    """The rule of a decimal text from above 0 to ``most``.

    Args:
        code: of the error, as `broken` takes it.
        example: a value in the sentence of the error.
        decimals: the most that it may have.
    """
    pattern = rf"^([0-9]{{1,{len(str(most)) - 1}}}(\.[0-9]{{1,{decimals}}})?|{most})$"
    # That a text is above 0 stands in the description of its field.
    text = Annotated[str, StringConstraints(max_length=_TEXT_MAX, pattern=pattern)]
    number = Annotated[float, Field(gt=0, le=most)]
    read = partial(_read, code=code, most=most, decimals=decimals, example=example)
    return BeforeValidator(read, json_schema_input_type=text | number)


def _read(value: Any, *, code: str, most: int, decimals: int, example: str) -> str:
    """A decimal text; JSON numbers are read by their digits, so 2.5 stays 2.5."""
    refusal = broken(code, f"must be a number above 0 with at most {decimals} decimals, such as {example}")
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > _TEXT_MAX:
        raise refusal
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise refusal from None
    if not number.is_finite() or not 0 < number <= most:
        raise broken(code, f"must be above 0 and at most {most}")
    number = number.normalize()
    if int(number.as_tuple().exponent) < -decimals:
        raise broken(code, f"must have at most {decimals} decimals")
    return format(number, "f")
