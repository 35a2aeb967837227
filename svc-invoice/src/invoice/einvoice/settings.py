"""Electronic invoices as an organization wants them: its settings ``eInvoice``, read tolerantly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from invoice.einvoice.formats import PROFILES, EInvoiceFormat


@dataclass(frozen=True)
class EInvoiceSettings:
    """Whether documents are offered, in which formats, and whether general values may stand in (not if strict)."""

    enabled: bool = False
    formats: frozenset[EInvoiceFormat] = frozenset(PROFILES)
    strict: bool = False


def e_invoice_settings(invoicing: Mapping[str, Any]) -> EInvoiceSettings:
    """Off unless it is switched on; then all formats, unless some are listed."""
    given = invoicing.get("eInvoice")
    given = given if isinstance(given, Mapping) else {}
    listed = given.get("allowedFormats")
    formats = frozenset(one for one in PROFILES if not isinstance(listed, list | tuple) or one in listed)
    return EInvoiceSettings(given.get("enabled") is True, formats, given.get("strictValidation") is True)
