"""The documents of svc-invoice as they lie in MongoDB."""

from datetime import datetime
from typing import Any, ClassVar, Final

from beanie import Document
from pydantic import ConfigDict, TypeAdapter

from gateway_contracts.encrypted import EncryptedValue
from invoice.domain.invoice import Correction, Invoice, Kind, Numbering, Sealed, Settlement
from invoice.domain.legal_dates import LegalDates
from invoice.domain.totals import Totals
from invoice.domain.vat_notes import VatNote

INVOICES: Final = "invoices"
SEQUENCES: Final = "invoice_sequences"
REGISTER: Final = "register"
HEADS: Final = "register_heads"
UNINVOICED: Final = "uninvoiced"

SCHEMA_VERSION: Final = 1

_INVOICE: Final = TypeAdapter(Invoice)

Row = dict[str, Any]


class InvoiceDocument(Document):
    """One invoice or credit note. Written only through inserts and guarded updates, never with ``save``."""

    model_config = ConfigDict(extra="ignore")

    id: str  # type: ignore[assignment]  # ours are 24-hex texts, allocated before the insert
    schema_version: int = SCHEMA_VERSION
    organization_id: str
    livemode: bool
    site_id: str
    status: str
    kind: Kind
    totals: Totals
    payment: Settlement
    created_at: datetime
    numbering: Numbering | None = None
    issued_at: datetime | None = None
    dates: LegalDates | None = None
    draft_reason: str | None = None
    external_reference: str | None = None
    language: str
    vat_notes: tuple[VatNote, ...] = ()
    buyer: Sealed | None = None
    seller: Sealed | None = None
    version: int
    pdf_object: str | None = None
    pdf_sha256: str | None = None
    correction: Correction | None = None
    document_key: EncryptedValue | None = None
    render_state: str | None = None
    render_at: datetime | None = None
    render_attempts: int = 0

    class Settings:
        name: ClassVar[str] = INVOICES

    def to_domain(self) -> Invoice:
        """The invoice without the store's own fields."""
        return _INVOICE.validate_python(dict(self))


def to_row(invoice: Invoice) -> Row:
    """The stored form; an issued invoice waits to be rendered from the start."""
    row: Row = _INVOICE.dump_python(invoice)
    row["_id"] = row.pop("id")
    row["schema_version"] = SCHEMA_VERSION
    row["render_state"] = "pending" if invoice.status == "issued" else None
    row["render_at"] = invoice.issued_at
    row["render_attempts"] = 0
    return row


def from_row(row: Row) -> Invoice:
    """The invoice of a raw row, for lists and sweeps."""
    return _INVOICE.validate_python({**row, "id": row["_id"]})
