"""Checks of account values that several providers share."""

import re
from typing import Final

from gateway_providers.setup import Check

_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


def without_spaces(text: str) -> str:
    """Upper case without white space, as IBAN and BIC are stored."""
    return "".join(text.split()).upper()


def iban_problem(iban: str, _livemode: bool) -> str | None:
    """Form and check digits of an IBAN."""
    if not _IBAN.fullmatch(iban):
        return "is not an IBAN"
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return None if int(digits) % 97 == 1 else "has a wrong check digit"


def bic_problem(bic: str, _livemode: bool) -> str | None:
    """Form of a BIC."""
    return None if _BIC.fullmatch(bic) else "is not a BIC"


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
