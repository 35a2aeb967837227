"""ISO 11649 creditor references (``RF…``) and IBAN checks: both are mod 97-10 of ISO 7064."""

import re
from typing import Final

_DIGITS36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OBJECT_ID: Final = re.compile(r"[0-9a-f]{24}")
_REFERENCE: Final = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}")
# 96 bits of an object id fit into 19 digits of base 36; the reference has room for 21.
_BODY_LENGTH: Final = 19

# Whole length per country, from the IBAN registry: countries of SEPA, where a transfer form will check it.
# fmt: off
_IBAN_LENGTHS: Final = {
    "BE": 16, "DK": 18, "FI": 18, "FO": 18, "GL": 18, "NL": 18, "MK": 19, "SI": 19, "AT": 20, "EE": 20, "LT": 20,
    "LU": 20, "CH": 21, "HR": 21, "LI": 21, "LV": 21, "BG": 22, "DE": 22, "GB": 22, "IE": 22, "ME": 22, "RS": 22,
    "VA": 22, "GI": 23, "AD": 24, "CZ": 24, "ES": 24, "MD": 24, "RO": 24, "SE": 24, "SK": 24, "PT": 25, "IS": 26,
    "FR": 27, "GR": 27, "IT": 27, "MC": 27, "SM": 27, "AL": 28, "CY": 28, "HU": 28, "PL": 28, "NO": 15, "MT": 31,
}
# fmt: on


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
    return f"RF{_check_digits('RF', body)}{body}"


def transaction_id_of(reference: str) -> str | None:
    """The transaction that a reference names, in electronic or printed form; None when it is not valid."""
    compact = reference.replace(" ", "").upper()
    if not is_valid_reference(compact) or len(compact) != 4 + _BODY_LENGTH:
        return None
    number = int(compact[4:], 36)
    return f"{number:024x}" if number < 1 << 96 else None


def is_valid_reference(text: str) -> bool:
    """Whether the text is an ISO 11649 reference in electronic form with the right check digits."""
    return _REFERENCE.fullmatch(text) is not None and _mod97(text[4:] + text[:4]) == 1


def printed(reference: str) -> str:
    """The reference or IBAN in groups of four, as people read it."""
    return " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))


def normalized_iban(text: str) -> str:
    """The IBAN in electronic form.

    Raises:
        ValueError: wrong form, wrong length for its country, or wrong check digits.
    """
    iban = re.sub(r"[ \-]", "", text).upper()
    if not _IBAN.fullmatch(iban):
        raise ValueError("not an IBAN")
    if len(iban) != _IBAN_LENGTHS.get(iban[:2], len(iban)):
        raise ValueError(f"an IBAN of {iban[:2]} has {_IBAN_LENGTHS[iban[:2]]} characters")
    # 00, 01 and 99 pass the remainder test but are never issued.
    if iban[2:4] in ("00", "01", "99") or _mod97(iban[4:] + iban[:4]) != 1:
        raise ValueError("the check digits of the IBAN are wrong")
    return iban


def _check_digits(prefix: str, body: str) -> str:
    return f"{98 - _mod97(body + prefix + '00'):02d}"


def _mod97(text: str) -> int:
    return int("".join(str(_DIGITS36.index(character)) for character in text)) % 97
