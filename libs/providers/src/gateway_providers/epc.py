"""The EPC QR code of a SEPA credit transfer (EPC069-12, version 002): what a banking app reads into its form."""

import io
import re
from dataclasses import dataclass
from typing import Final

import segno

from gateway_contracts.money import Money
from gateway_providers.remittance import is_valid_reference, normalized_iban

_PAYLOAD_BYTES_MAX: Final = 331
_NAME_MAX: Final = 70
_TEXT_MAX: Final = 140
_AMOUNT_MIN: Final = 1
_AMOUNT_MAX: Final = 999_999_999_99
_BIC: Final = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_UTF8: Final = "1"


@dataclass(frozen=True)
class Transfer:
    """A credit transfer: to whom, how much, and exactly one of ``reference`` (ISO 11649) and ``text``."""

    name: str
    iban: str
    amount: Money
    bic: str | None = None
    reference: str | None = None
    text: str | None = None


def has_epc(amount: Money) -> bool:
    """Whether the standard covers the amount: euro, 0.01 to 999,999,999.99."""
    return amount.currency == "EUR" and _AMOUNT_MIN <= amount.amount_minor <= _AMOUNT_MAX


def epc_payload(transfer: Transfer) -> str:
    """The text that the QR code carries.

    Raises:
        ValueError: not euro, amount outside 0.01 to 999,999,999.99, both or neither of reference and text, or a field
            that breaks its rule.
    """
    lines = [
        "BCD",
        "002",
        _UTF8,
        "SCT",
        _bic(transfer.bic),
        _one_line(transfer.name, _NAME_MAX, "name"),
        normalized_iban(transfer.iban),
        _amount(transfer.amount),
        "",
        *_remittance(transfer),
    ]
    payload = "\n".join(lines)
    if len(payload.encode()) > _PAYLOAD_BYTES_MAX:
        raise ValueError(f"the payload is longer than {_PAYLOAD_BYTES_MAX} bytes")
    return payload


def epc_svg(payload: str, *, scale: int = 4) -> str:
    """The payload as an SVG picture. Error correction M and at most version 13, as the guideline asks."""
    code = segno.make(payload, error="m", boost_error=False, micro=False, encoding="utf-8")
    if int(code.version) > 13:
        raise ValueError("the payload does not fit into a QR code of version 13")
    out = io.BytesIO()
    code.save(out, kind="svg", scale=scale, border=4, xmldecl=False)
    return out.getvalue().decode()


def _remittance(transfer: Transfer) -> list[str]:
    if (transfer.reference is None) == (transfer.text is None):
        raise ValueError("exactly one of reference and text")
    if transfer.text is not None:
        return ["", _one_line(transfer.text, _TEXT_MAX, "text")]
    reference = (transfer.reference or "").replace(" ", "")
    if not is_valid_reference(reference):
        raise ValueError("not a creditor reference")
    return [reference]


def _amount(amount: Money) -> str:
    if not has_epc(amount):
        raise ValueError("EPC QR codes are for 0.01 to 999999999.99 euro only")
    return f"EUR{amount.decimal_text()}"


def _bic(bic: str | None) -> str:
    compact = (bic or "").replace(" ", "").upper()
    if compact and not _BIC.fullmatch(compact):
        raise ValueError("not a BIC")
    return compact


def _one_line(text: str, longest: int, field: str) -> str:
    cleaned = " ".join(text.split())
    if not 0 < len(cleaned) <= longest:
        raise ValueError(f"{field} must have 1 to {longest} characters")
    return cleaned
