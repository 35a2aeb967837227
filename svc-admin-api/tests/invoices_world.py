"""Owners with invoices in every state that pages show, for the console."""

import base64
from typing import Any, Final

from admin_world import Api
from owned_objects import AT, OTHER_ID, SITE, an_invoice

from gateway_contracts.events.transaction import Party
from gateway_contracts.requests import invoice, notify
from gateway_contracts.requests import invoice_changes as changes

DRAFT, OPEN, PAID = (f"65f0c0ffee65f0c0ffee66e{number}" for number in range(3))
NOTE: Final = "65f0c0ffee65f0c0ffee66f0"
PAYER: Final = "65f0c0ffee65f0c0ffee66d0"
"""The payment that has settled the paid one."""
_BUYER: Final = Party(company="Beispiel & Söhne GmbH", address1="Main 1", postcode="10115", city="Berlin", country="DE")
_SELLER: Final = Party(company="Shop GmbH", city="Hamburg", country="DE", vat_id="DE123456789")
_LINES: Final = (
    invoice.InvoiceLine(description="<Consulting>", quantity="2.5", unit_price=10000, total=25000, vat_rate="19"),
    invoice.InvoiceLine(description="Travel", quantity=1, unit_price=4500, total=4500, vat_rate="19"),
)
_ITEMS: Final = (
    invoice.InvoiceItemRecord(
        description="<Consulting>", quantity="2.5", unit_price=10000, amount_type="net", tax_rate="19", category="S"
    ),
    invoice.InvoiceItemRecord(description="Travel", quantity="1", unit_price=4500, amount_type="net", tax_rate="19"),
)
_SUMS: Final[dict[str, Any]] = {
    "currency": "EUR",
    "amount_type": "net",
    "net": 29500,
    "vat": 5605,
    "total": 35105,
    "lines": _LINES,
    "vat_groups": (invoice.VatGroup(rate="19", category="S", net=29500, vat=5605, gross=35105),),
}
_ROW: Final = invoice.RegisterEntry(position=7, document_hash="d" * 64, seal="5" * 64)


def a_document(**changes_: Any) -> invoice.InvoiceRecord:
    """An open invoice over two lines, with changes."""
    values: dict[str, Any] = {
        **_SUMS,
        "id": OPEN,
        "number": "INV-2026-00007",
        "state": "open",
        "transaction_id": None,
        "checkout_id": None,
        "livemode": True,
        "settled": 0,
        "outstanding": 35105,
        "buyer": _BUYER,
        "buyer_name": _BUYER.company,
        "seller": _SELLER,
        "due_date": "2026-02-28",
        "issued_on": "2026-01-15",
        "issued_at": AT,
        "pdf_object": "walk.pdf",
        "notes": "Thank you.",
        "register_entries": (_ROW,),
    }
    return an_invoice(**{**values, **changes_})


def a_draft(**changes_: Any) -> invoice.InvoiceRecord:
    """A draft over the same lines, which lacks a client."""
    values: dict[str, Any] = {
        "id": DRAFT,
        "number": None,
        "status": "draft",
        "state": "draft",
        "seller": None,
        "register_entries": (),
        "pdf_object": None,
        "issued_on": None,
        "issued_at": None,
        "items": _ITEMS,
        "draft_reasons": ("BUYER_REQUIRED",),
        "accounting_rate": invoice.InvoiceAccountingRecord(
            currency="PLN", rate="4.2755", source="ECB", date="2026-01-30", vat=23964
        ),
    }
    return a_document(**{**values, **changes_})


def a_paid_one() -> invoice.InvoiceRecord:
    """An invoice that a payment has settled."""
    paid = invoice.InvoiceSettlement(transaction_id=PAYER, provider_type="stripe", paid_at=AT, settled=35105)
    return a_document(
        id=PAID,
        number="INV-2026-00008",
        state="settled",
        settled=35105,
        outstanding=0,
        transaction_id=PAYER,
        settlements=(paid,),
    )


def a_note() -> invoice.CreditNoteRecord:
    """A credit note over the open invoice."""
    return invoice.CreditNoteRecord(
        id=NOTE,
        number="CN-0001",
        invoice_id=OPEN,
        invoice_number="INV-2026-00007",
        reason="manual",
        note="Broken <cup>",
        origin_id=NOTE,
        site_id=SITE,
        livemode=True,
        buyer=_BUYER,
        buyer_name=_BUYER.company,
        seller=_SELLER,
        **_SUMS,
        pdf_object="walk.pdf",
        register_entries=(_ROW,),
        created_at=AT,
        issued_at=AT,
    )


def a_sending() -> notify.NotificationRecord:
    """A mail with an invoice that was refused."""
    return notify.NotificationRecord(
        id=OTHER_ID,
        event="invoice.issued",
        channel="email",
        audience="customer",
        state="failed",
        recipient="j***@example.com",
        error="refused",
        livemode=True,
        correlation_id="req_1",
        created_at=AT,
        kept_until=AT,
    )


def a_preview(request: changes.PreviewDraft) -> changes.DraftPreview:
    """Totals as svc-invoice answers; each line costs what the first of the world costs."""
    reasons = () if request.buyer else ("BUYER_REQUIRED",)
    return changes.DraftPreview(**_SUMS, draft_reasons=reasons if request.items else ("ITEMS_REQUIRED", *reasons))


def a_payment_link(request: changes.CreatePaymentLink) -> changes.PaymentLink:
    """A payment page over what was asked for."""
    return changes.PaymentLink(
        id=request.checkout_id,
        session_public_id="cs",
        short_code="AbCdEfGhIj",
        payment_url="https://pay.example/checkout/AbCdEfGhIj",
        amount=request.amount or 35105,
        currency="EUR",
        expires_at=AT,
    )


def answer_documents(api: Api) -> None:
    """Let svc-invoice and svc-notify answer everything that pages of documents ask."""
    records = {DRAFT: a_draft(), OPEN: a_document(), PAID: a_paid_one()}

    def record(request: Any) -> invoice.InvoiceRecord:
        return records.get(request.invoice_id) or a_draft(id=request.invoice_id)

    def listed(request: invoice.InvoiceQuery) -> invoice.InvoicePage:
        wanted = [one for one in records.values() if request.transaction_id in (None, one.transaction_id)]
        rows = tuple(one.model_copy(update={"lines": (), "buyer": None}) for one in wanted)
        return invoice.InvoicePage(invoices=rows, total=len(rows), page=1, limit=50)

    notes = invoice.CreditNotePage(credit_notes=(a_note(),), total=1, page=1, limit=50)
    messages = notify.NotificationPage(notifications=(a_sending(),), total=1, page=1, limit=50)
    document = invoice.DocumentRef(object_name="walk.pdf", file_name="walk.pdf", sha256="0" * 64, key="")
    made = invoice.MadeDocument(file_name="walk.pdf", pdf=base64.b64encode(b"%PDF-1.7 made").decode())
    api.papers.stored["walk.pdf"] = b"%PDF-1.7 walk"
    api.owners.answers |= {
        invoice.LIST_INVOICES.subject: listed,
        invoice.LIST_CREDIT_NOTES.subject: lambda _: notes,
        invoice.GET_INVOICE.subject: record,
        invoice.GET_CREDIT_NOTE.subject: lambda _: a_note(),
        notify.LIST_NOTIFICATIONS.subject: lambda _: messages,
        notify.SEND_DOCUMENT.subject: lambda _: a_sending(),
        changes.PREVIEW_DRAFT.subject: a_preview,
        changes.CREATE_CREDIT_NOTE.subject: lambda _: a_note(),
        changes.CREATE_PAYMENT_LINK.subject: a_payment_link,
        changes.DELETE_DRAFT.subject: lambda _: invoice_gone(),
        **{method.subject: lambda _: document for method in _DOCUMENTS},
        **{method.subject: lambda _: made for method in (invoice.GET_PRO_FORMA, invoice.GET_RECEIPT)},
        **{method.subject: record for method in _CHANGES},
    }


def invoice_gone() -> Any:
    """The answer to a deletion."""
    return changes.DELETE_DRAFT.reply()


_DOCUMENTS: Final = (invoice.GET_INVOICE_PDF, invoice.GET_CREDIT_NOTE_PDF, invoice.GET_E_INVOICE)
_CHANGES: Final = (
    changes.CREATE_DRAFT,
    changes.REPLACE_DRAFT,
    changes.DRAFT_FROM_TRANSACTION,
    changes.CHANGE_NOTES,
    changes.SCHEDULE_DRAFT,
    changes.LINK_TRANSACTION,
    changes.ISSUE_INVOICE,
    changes.VOID_INVOICE,
    changes.CORRECT_INVOICE,
    changes.REGENERATE_PDF,
)
