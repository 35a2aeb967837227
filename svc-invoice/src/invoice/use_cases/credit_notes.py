"""Credit notes: their paper, and their place in the series."""

from datetime import datetime

from gateway_contracts.numbering import NumberLayout
from gateway_contracts.requests.invoice import CreditReason
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Correction, Invoice
from invoice.domain.settlement import Settlement
from invoice.domain.totals import Totals
from invoice.field_cipher import FieldCipher
from invoice.ports import Stores
from invoice.use_cases.assign_number import assign_number
from invoice.use_cases.events import emit_issued
from invoice.use_cases.number_series import RegisterPages


def correction_of(invoice: Invoice, reason: CreditReason, origin_id: str, note: str | None = None) -> Correction:
    """Subject and reason of a credit note of this invoice."""
    assert invoice.numbering is not None, "drafts are not corrected"
    assert invoice.issued_at is not None, "drafts are not corrected"
    issued_on = invoice.issued_on.isoformat() if invoice.issued_on else None
    return Correction(invoice.id, invoice.numbering.number, invoice.issued_at, reason, origin_id, issued_on, note)


def credit_note_of(
    invoice: Invoice,
    totals: Totals,
    correction: Correction,
    cipher: FieldCipher,
    *,
    note_id: str,
    at: datetime,
    settlements: tuple[Settlement, ...] = (),
) -> Invoice:
    """Everything but the number. The parties are those of the invoice, encrypted for the new document."""
    tenant = {"organization_id": invoice.organization_id, "invoice_id": note_id}
    buyer, ship_to = cipher.open_buyer(invoice), cipher.open_ship_to(invoice)
    return Invoice(
        id=note_id,
        organization_id=invoice.organization_id,
        livemode=invoice.livemode,
        site_id=invoice.site_id,
        status="draft",
        kind="credit_note",
        totals=totals,
        settlements=settlements,
        created_at=at,
        external_reference=invoice.external_reference,
        client_id=invoice.client_id,
        language=invoice.language,
        vat_notes=invoice.vat_notes,
        buyer=cipher.seal_buyer(buyer, **tenant) if buyer else None,
        ship_to=cipher.seal_ship_to(ship_to, **tenant) if ship_to else None,
        seller=cipher.seal_seller(cipher.open_seller(invoice), **tenant),
        footer=invoice.footer,
        accounting=invoice.accounting,
        correction=correction,
        document_key=cipher.new_document_key(**tenant),
    )


async def issue_note(
    tx: Tx,
    draft: Invoice,
    invoice: Invoice,
    layout: NumberLayout,
    time_zone: str,
    *,
    pages: RegisterPages,
    stores: Stores,
) -> Invoice:
    """The numbered and stored credit note.

    Raises:
        ChangedMeanwhile: another process issued at the same moment.
    """
    note = await assign_number(pages, draft, layout, at=tx.now, time_zone=time_zone, supplied_on=_supplied_on(invoice))
    emit_issued(tx, note)
    stores.invoices.insert(tx, note)
    return note


def _supplied_on(invoice: Invoice) -> str | None:
    """The supply that is corrected is the invoice's, whenever the money went back."""
    if invoice.dates is not None:
        return invoice.dates.supplied_on
    return invoice.paid_on.isoformat() if invoice.paid_on else None
