"""Invoices as they travel in replies."""

import base64
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from pydantic.alias_generators import to_camel

from gateway_contracts.events.transaction import Party
from gateway_contracts.limits import SETTLEMENTS_MAX
from gateway_contracts.requests.invoice import (
    CreditNoteRecord,
    CustomerDocument,
    DocumentRef,
    InvoiceAccountingRecord,
    InvoiceCorrection,
    InvoicePaymentLink,
    InvoiceRecord,
    MadeDocument,
)
from gateway_contracts.requests.invoice_changes import DraftPreview
from gateway_kit.crypto.errors import DecryptionFailed, KeyUnavailable
from gateway_kit.logging import get_logger
from invoice.domain.accounting import accounting_vat
from invoice.domain.invoice import Invoice
from invoice.domain.seller import Seller
from invoice.einvoice.formats import EInvoiceFormat
from invoice.field_cipher import FieldCipher
from invoice.use_cases.get_e_invoice import EInvoice
from invoice.use_cases.make_document import Made

log = get_logger(__name__)

_SHOWN_AS: Final = {"due_on": "dueDate"}


def record_of(invoice: Invoice, cipher: FieldCipher | None = None, *, now: datetime | None = None) -> InvoiceRecord:
    """The merchant's view at that moment; without the cipher that of lists, which shows no personal data."""
    balance, terms, order = invoice.balance, invoice.terms, invoice.order
    facts = _facts(invoice, cipher) | {
        "state": invoice.state,
        "number": invoice.numbering.number if invoice.numbering else None,
        "settled": balance.settled,
        "refunded": balance.refunded,
        "outstanding": balance.outstanding,
        "settlements": invoice.settlements[:SETTLEMENTS_MAX],
        "draft_reason": invoice.draft_reason,
        "scheduled_finalize_at": invoice.finalize_at,
        **asdict(terms),
        "due_date": terms.due_on,
        "accounting_rate": _accounting_rate(invoice),
        "payment_link": _payment_link(invoice, cipher, now) if cipher and now else None,
        "corrections": tuple(_correction(invoice, place, cipher) for place in range(len(invoice.corrections))),
    }
    if order is not None:
        facts |= {
            "items": [asdict(item) | {"amount_type": order.amount_type} for item in order.items],
            "discount": order.discount and asdict(order.discount),
            "shipping": order.shipping and asdict(order.shipping),
        }
    if cipher is not None:
        facts["shipping_address"] = cipher.open_ship_to(invoice)
    return InvoiceRecord.model_validate(facts, from_attributes=True)


def _accounting_rate(invoice: Invoice) -> InvoiceAccountingRecord | None:
    given, found = invoice.accounting, accounting_vat(invoice.totals, invoice.accounting)
    if given is None:
        return None
    return InvoiceAccountingRecord(
        currency=given.currency, rate=given.rate, source=given.source, date=given.day, vat=found.amount if found else 0
    )


def _payment_link(invoice: Invoice, cipher: FieldCipher, now: datetime) -> InvoicePaymentLink | None:
    link = invoice.usable_link(now)
    url = cipher.open_link(invoice, link)
    if link is None or link.expires_at is None or url is None:
        return None
    return InvoicePaymentLink(payment_url=url, amount=link.amount, expires_at=link.expires_at)


def _correction(invoice: Invoice, place: int, cipher: FieldCipher | None) -> InvoiceCorrection:
    entry, after = invoice.corrections[place], invoice.as_corrected(place + 1)
    before, now = asdict(entry.terms), asdict(after.terms)
    fields = [_SHOWN_AS.get(name, to_camel(name)) for name in before if before[name] != now[name]]
    if (entry.buyer and entry.buyer.digest) != (after.buyer and after.buyer.digest):
        fields.append("client")
    reason = cipher.open_reason(invoice, place) if cipher is not None else None
    return InvoiceCorrection(at=entry.at, by=entry.by, reason=reason, fields=tuple(fields))


def preview_of(draft: Invoice) -> DraftPreview:
    """The totals of a draft, and what it lacks."""
    facts = {**vars(draft.totals), **_sums(draft), "draft_reasons": draft.draft_reasons}
    return DraftPreview.model_validate(facts, from_attributes=True)


def credit_note_of(note: Invoice, cipher: FieldCipher | None = None) -> CreditNoteRecord:
    """The merchant's view of a credit note; without the cipher that of lists."""
    assert note.correction is not None, "a credit note corrects an invoice"
    assert note.numbering is not None, "a credit note is issued at once"
    assert note.issued_at is not None, "a credit note is issued at once"
    facts = _facts(note, cipher) | vars(note.correction) | {"number": note.numbering.number}
    return CreditNoteRecord.model_validate(facts, from_attributes=True)


def _facts(document: Invoice, cipher: FieldCipher | None) -> dict[str, Any]:
    """Fields of the records; amounts are those of the totals."""
    first = document.settlements[0] if document.settlements else None
    return {
        **vars(document),
        "transaction_id": first.transaction_id if first else None,
        "checkout_id": first.checkout_id if first else None,
        **vars(document.totals),
        **_sums(document),
        **_parties(document, cipher),
        **(asdict(document.dates) if document.dates else {}),
    }


def _sums(document: Invoice) -> dict[str, Any]:
    totals = document.totals
    return {"net": totals.net, "vat": totals.vat, "total": totals.total, "vat_groups": totals.groups}


def _parties(document: Invoice, cipher: FieldCipher | None) -> dict[str, Any]:
    if cipher is None:
        return {"buyer": None, "seller": None}
    buyer = cipher.open_buyer(document)
    seller = _party_of(cipher.open_seller(document)) if document.seller else None
    return {"buyer": buyer, "seller": seller, "buyer_name": _name_of(buyer)}


def listed_buyer(document: Invoice, cipher: FieldCipher) -> str | None:
    """The buyer's name for a list. None also where it cannot be read: one document closes no list of others."""
    try:
        return _name_of(cipher.open_buyer(document))
    except (DecryptionFailed, KeyUnavailable) as exc:
        log.error("invoice.buyer_unreadable", invoice_id=document.id, code=exc.code)
        return None


def _name_of(buyer: Party | None) -> str | None:
    return (buyer.company or buyer.name or buyer.email) if buyer else None


def _party_of(seller: Seller) -> Party:
    return Party(
        company=seller.name or None,
        address1=seller.street,
        address2=seller.street2,
        postcode=seller.postal_code,
        city=seller.city,
        state=seller.state,
        country=seller.country,
        email=seller.email,
        phone=seller.phone,
        vat_id=seller.vat_id,
    )


def reference_of(invoice: Invoice, cipher: FieldCipher) -> DocumentRef | None:
    """Where the PDF lies and what opens it; None until it is rendered."""
    if invoice.pdf_object is None or invoice.pdf_sha256 is None or invoice.numbering is None:
        return None
    return DocumentRef(
        object_name=invoice.pdf_object,
        file_name=file_name(invoice.numbering.number),
        sha256=invoice.pdf_sha256,
        key=base64.b64encode(cipher.open_document_key(invoice)).decode(),
    )


def e_invoice_reference(found: EInvoice, format_: EInvoiceFormat, cipher: FieldCipher) -> DocumentRef:
    """Where the electronic form of a document lies and what opens it."""
    assert found.invoice.numbering is not None, "drafts have none"
    number = found.invoice.numbering.number
    is_pdf = format_ == "zugferd"
    return DocumentRef(
        object_name=found.object_name,
        file_name=file_name(number) if is_pdf else file_name(f"{number}-{format_}", "xml"),
        sha256=found.sha256,
        key=base64.b64encode(cipher.open_document_key(found.invoice)).decode(),
        media_type="application/pdf" if is_pdf else "application/xml",
    )


def made_document(made: Made) -> MadeDocument:
    """A document in the reply itself."""
    return MadeDocument(file_name=file_name(made.name), pdf=base64.b64encode(made.pdf).decode())


def file_name(number: str, extension: str = "pdf") -> str:
    """The number as a file name: what a file system or a header could misread becomes a dash."""
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in number) + f".{extension}"


def document_of(invoice: Invoice, cipher: FieldCipher) -> CustomerDocument:
    """The customer's view of an issued invoice."""
    assert invoice.numbering is not None, "drafts are not shown to customers"
    assert invoice.issued_at is not None, "drafts are not shown to customers"
    return CustomerDocument(
        id=invoice.id,
        number=invoice.numbering.number,
        kind=invoice.kind,
        total=invoice.totals.total,
        currency=invoice.totals.currency,
        issued_at=invoice.issued_at,
        document=reference_of(invoice, cipher),
    )
