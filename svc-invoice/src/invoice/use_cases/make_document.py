"""Documents that are made for one request and kept nowhere: the pro forma of a draft, the receipt of a payment."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import NotFound, TooLarge
from gateway_contracts.time_zones import day_in
from gateway_kit.logging import get_logger
from invoice.domain.content import DocumentContent, PaymentFacts
from invoice.domain.invoice import Invoice
from invoice.domain.legal_dates import legal_day
from invoice.domain.printed import PrintedDocument
from invoice.domain.rendering import Effort
from invoice.domain.seller import seller_from_settings
from invoice.domain.settlement import Settlement
from invoice.errors import DraftIncomplete, InvoiceNotIssued
from invoice.languages import N_, language_of
from invoice.ports import Looks, PdfRenderer
from invoice.use_cases.assign_number import zone_of
from invoice.use_cases.changing import existing, existing_draft, settings_of
from invoice.use_cases.complete_draft import completed
from invoice.use_cases.deps import Deps
from invoice.use_cases.document_content import content_of

log = get_logger(__name__)

MADE_BYTES_MAX: Final = 350_000
"""Of a PDF that travels in a reply."""
_UTC: Final = "UTC"


@dataclass(frozen=True)
class Made:
    """A PDF; ``name`` becomes that of its file."""

    name: str
    pdf: bytes


class DocumentMaker:
    """Prints within the budget of every document. The same state of an invoice gives the same bytes."""

    def __init__(self, deps: Deps, *, renderer: PdfRenderer, looks: Looks) -> None:
        self._deps = deps
        self._renderer = renderer
        self._looks = looks

    async def pro_forma(self, invoice_id: str, *, scope: Scope) -> Made:
        """A draft as it would be issued now, without a number.

        Raises:
            InvoiceNotFound: none with this id in the caller's scope.
            InvoiceIssuedAlready: it has a document of its own.
            DraftIncomplete: it has no lines.
            SettingsUnavailable: the organization's settings are not known yet.
        """
        draft = await existing_draft(None, scope, invoice_id, self._deps)
        if not draft.totals.lines:
            raise DraftIncomplete(draft.draft_reasons)
        cipher, settings = self._deps.cipher, settings_of(scope, draft.site_id, self._deps)
        seller = seller_from_settings(settings.name, settings.country, settings.invoicing)
        today = day_in(self._deps.clock.now(), zone_of(settings))
        shown = completed(draft, settings, today)
        content = content_of(shown, seller, cipher.open_buyer(draft), cipher.open_ship_to(draft))
        return Made(f"{content.kind}-{draft.id}", await self._print(draft, content))

    async def receipt(self, invoice_id: str, transaction_id: str, *, scope: Scope) -> Made:
        """The receipt of one payment of an issued invoice, over the amount that it settled.

        Raises:
            InvoiceNotFound: none with this id in the caller's scope.
            InvoiceNotIssued: it is a draft.
            NotFound: the payment settles something else.
        """
        invoice = await existing(None, scope, invoice_id, self._deps)
        if invoice.numbering is None:
            raise InvoiceNotIssued(invoice.draft_reason)
        if transaction_id not in invoice.transaction_ids:
            raise NotFound("the invoice has no such payment")
        place = invoice.transaction_ids.index(transaction_id)
        cipher = self._deps.cipher
        issued = content_of(
            invoice, cipher.open_seller(invoice), cipher.open_buyer(invoice), cipher.open_ship_to(invoice)
        )
        content = _receipt(issued, invoice, invoice.settlements[place], place + 1)
        return Made(content.number or "", await self._print(invoice, content))

    async def _print(self, invoice: Invoice, content: DocumentContent) -> bytes:
        choice = await self._looks.choose(invoice, content.kind, content.seller.address.country)
        look = await self._looks.open(invoice.scope, choice)
        page = PrintedDocument(content, look, invoice.organization_id, invoice.created_at)
        made = await self._renderer.render(page, cpu_s=Effort().allowance_s(page, 0))
        if made.template_error:
            log.warning("invoice.template_failed", invoice_id=invoice.id, template=choice.template)
            await self._looks.failed(invoice.scope, choice, made.template_error)
        if len(made.pdf) > MADE_BYTES_MAX:
            raise TooLarge("the document is too large to be made for a request", code="DOCUMENT_TOO_LARGE")
        return made.pdf


def _receipt(issued: DocumentContent, invoice: Invoice, paid: Settlement, place: int) -> DocumentContent:
    """The receipt of the payment in that place, counted from 1. Its number is the invoice's with that place."""
    assert issued.issued_on is not None, "only issued invoices have receipts"
    language = language_of(issued.language, issued.seller.address.country)
    zone = invoice.dates.time_zone if invoice.dates else _UTC
    paid_on = date.fromisoformat(legal_day(paid.paid_at, zone))
    words = N_("Receipt for invoice %(number)s of %(date)s. It is not an invoice and gives no right to deduct VAT.")
    method = paid.method
    return replace(
        issued,
        kind="receipt",
        number=f"{issued.number}/{place}",
        issued_on=paid_on,
        paid=paid.settled,
        payment=PaymentFacts(
            method=method.type if method else None,
            brand=method.brand if method else None,
            last4=method.last4 if method else None,
            provider=paid.provider_type,
            paid_on=paid_on,
        ),
        notes=(language.say(words, number=issued.number or "", date=language.day(issued.issued_on)),),
    )
