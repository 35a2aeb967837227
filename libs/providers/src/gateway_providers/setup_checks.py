"""Checks of account values that several providers share."""

import re
from typing import Final

import stdnum.bic
import stdnum.iban
from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError

from gateway_providers.setup import Check

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_WRONG_DIGITS: Final = "has a wrong check digit"


def without_spaces(text: str) -> str:
    """Upper case without white space, as IBAN and BIC are stored."""
    return "".join(text.split()).upper()


def iban_problem(iban: str, _livemode: bool = True) -> str | None:
    """Form and check digits of an IBAN in electronic form, by the registry of SWIFT."""
    if not _IBAN.fullmatch(iban):
        return "is not an IBAN"
    try:
        stdnum.iban.validate(iban, check_country=False)
    except InvalidComponent:
        pass  # The check digits are right. Banks of countries that are not in the registry have IBANs too.
    except InvalidChecksum:
        return _WRONG_DIGITS
    except ValidationError:
        return f"is not an IBAN of {iban[:2]}"
    # These pass the remainder test but are never issued.
    return _WRONG_DIGITS if iban[2:4] in ("00", "01", "99") else None


def bic_problem(bic: str, _livemode: bool) -> str | None:
    """Form of a BIC and its country."""
    return None if stdnum.bic.compact(bic) == bic and stdnum.bic.is_valid(bic) else "is not a BIC"


def digits_problem(text: str, _livemode: bool) -> str | None:
    """Digits only."""
    return None if text.isascii() and text.isdigit() else "is a number"


def prefix_of_mode(*, test: str, live: str) -> Check:
    """Credentials whose first letters name the mode that they are for."""

    def problem(text: str, livemode: bool) -> str | None:
        if text.startswith(test if livemode else live):
            wrong, right = ("test", "live") if livemode else ("live", "test")
            return f"is for {wrong} payments, but this provider is for {right} ones"
        return None

    return problem
