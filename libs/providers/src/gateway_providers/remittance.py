"""ISO 11649 creditor references (``RF…``) and the electronic form of IBANs."""

import re
from typing import Final

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

from gateway_providers.setup_checks import iban_problem

_DIGITS36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OBJECT_ID: Final = re.compile(r"[0-9a-f]{24}")
_REFERENCE: Final = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}")
# 96 bits of an object id fit into 19 digits of base 36; the reference has room for 21.
_BODY_LENGTH: Final = 19


def reference_for(transaction_id: str) -> str:
    """The creditor reference of a transaction, in electronic form. Different transactions get different ones.

    Raises:
        ValueError: not an object id.
    """
    if not _OBJECT_ID.fullmatch(transaction_id):
        raise ValueError("not an object id")
    number, body = int(transaction_id, 16), ""
    while number:
        number, digit = divmod(number, 36)
        body = _DIGITS36[digit] + body
    body = body.rjust(_BODY_LENGTH, "0")
    return f"RF{mod_97_10.calc_check_digits(f'{body}RF')}{body}"


def transaction_id_of(reference: str) -> str | None:
    """The transaction that a reference names, in electronic or printed form; None when it is not valid."""
    compact = reference.replace(" ", "").upper()
    if not is_valid_reference(compact) or len(compact) != 4 + _BODY_LENGTH:
        return None
    number = int(compact[4:], 36)
    return f"{number:024x}" if number < 1 << 96 else None


def is_valid_reference(text: str) -> bool:
    """Whether the text is an ISO 11649 reference in electronic form with the right check digits."""
    return _REFERENCE.fullmatch(text) is not None and iso11649.is_valid(text)


def printed(reference: str) -> str:
    """The reference or IBAN in groups of four, as people read it."""
    return " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))


def normalized_iban(text: str) -> str:
    """The IBAN in electronic form.

    Raises:
        ValueError: wrong form, wrong length for its country, or wrong check digits.
    """
    iban = re.sub(r"[ \-]", "", text).upper()
    if problem := iban_problem(iban):
        raise ValueError(f"IBAN: {problem}")
    return iban
