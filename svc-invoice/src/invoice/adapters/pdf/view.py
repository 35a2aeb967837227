"""View for the template: every value a text, in the document's language."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

from gateway_contracts.events.transaction import Party
from gateway_contracts.limits import LINE_CHARACTERS_MAX
from invoice.adapters.pdf.addresses import Address, AddressLine, address_lines
from invoice.adapters.pdf.labels import LANGUAGES, Language
from invoice.adapters.pdf.methods import method_text
from invoice.adapters.pdf.texts import description, party_text, printed_buyer, printed_seller
from invoice.domain.invoice import Invoice
from invoice.domain.printed import PrintedInvoice
from invoice.domain.seller import Seller
from invoice.domain.vat_notes import VatNote

# What the style sheet's sizes make of a figure, of a column title's character, and of the space before a cell.
_ADDRESS_LINE_MAX: Final = 2 * LINE_CHARACTERS_MAX + 1
DIGIT_MM: Final = 2.15
TITLE_CHARACTER_MM: Final = 1.75
CELL_PADDING_MM: Final = 4.2
WHOLE_CHARACTERS_MAX: Final = 300
"""A line with a longer description may run on over the end of a page."""


def view_of(printed: PrintedInvoice) -> dict[str, Any]:
    """The template's variables."""
    invoice = printed.invoice
    assert invoice.numbering is not None, "only issued invoices are printed"
    assert invoice.issued_at is not None, "only issued invoices are printed"
    assert invoice.issued_on is not None, "only issued invoices are printed"
    language = LANGUAGES[invoice.language]
    seller, buyer = printed_seller(printed.seller), printed_buyer(printed.buyer)
    return {
        "language": language.code,
        "words": language.words | language.titles[invoice.kind],
        "test": not invoice.livemode,
        "number": invoice.numbering.number,
        "issued": language.day(invoice.issued_on),
        "supplied": language.day(date.fromisoformat(invoice.dates.supplied_on)) if invoice.dates else None,
        "issued_iso": invoice.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "reference": party_text(invoice.external_reference),
        "corrects": _corrects(invoice, language),
        "currency": invoice.totals.currency,
        "seller": seller,
        "seller_address": [line.text for line in _seller_lines(seller, language)],
        "buyer": _buyer_lines(buyer, language),
        "notes": [_note(note, seller, language) for note in invoice.vat_notes],
        "buyer_vat_id": buyer.vat_id if buyer else None,
        **_money(invoice, language),
    }


def _money(invoice: Invoice, language: Language) -> dict[str, Any]:
    totals, currency = invoice.totals, invoice.totals.currency
    rated = [group for group in totals.groups if group.rate is not None]

    def text(minor: int) -> str:
        return language.amount(minor, currency)

    lines = [
        {
            "description": description(line.description),
            "may_break": len(line.description) > WHOLE_CHARACTERS_MAX,
            "quantity": language.quantity(line.quantity),
            "unit_price": text(line.unit_price),
            "rate": language.rate(line.vat_rate) if line.vat_rate is not None else "",
            "total": text(line.total),
        }
        for line in totals.lines
    ]
    return {
        "gross_mode": totals.amount_type == "gross",
        "shows_vat": bool(rated) or totals.vat != 0,
        "lines": lines,
        "widths": _widths(lines, language.words, currency),
        "subtotal": text(sum(line.total for line in totals.lines)),
        "allowances": [
            {"description": description(entry.description), "total": text(-entry.total)} for entry in totals.allowances
        ],
        "groups": [
            {
                "rate": language.rate(group.rate) if group.rate is not None else language.words["without_rate"],
                "net": text(group.net),
                "vat": text(group.vat),
                "gross": text(group.gross),
            }
            for group in totals.groups
            # What costs nothing needs no rate, and no row beside those that have one.
            if group.gross or not rated
        ],
        "net": text(totals.net),
        "total": text(totals.total),
        "paid": _paid(invoice, language),
        "method": _method(invoice, language),
    }


def _widths(lines: list[dict[str, Any]], words: dict[str, str], currency: str) -> dict[str, float]:
    """Widths of the number columns in millimetres.

    They are known before layout, which therefore need not measure every word of every line to find them: that takes
    four times as long as everything else on a document of 200 lines.
    """
    titles = {
        "quantity": words["quantity"],
        "unit_price": words["unit_price"],
        "rate": words["vat"],
        "total": f"{words['amount']} ({currency})",
    }
    return {
        name: round(
            CELL_PADDING_MM + max(len(title) * TITLE_CHARACTER_MM, max(len(line[name]) for line in lines) * DIGIT_MM),
            1,
        )
        for name, title in titles.items()
    }


def _corrects(note: Invoice, language: Language) -> str | None:
    """The preceding invoice, by number and date."""
    if note.correction is None:
        return None
    issued_on = note.correction.invoice_issued_on
    day = language.day(date.fromisoformat(issued_on) if issued_on else note.correction.invoice_issued_at)
    # A number that is too long for one line with its date leaves the date whole.
    return language.words["of_day"].format(number=note.correction.invoice_number, date=day.replace(" ", "\u00a0"))


def _paid(invoice: Invoice, language: Language) -> str | None:
    """When the money came, or went back. What happened after the issue of an invoice is not printed on it."""
    currency, payment = invoice.totals.currency, invoice.payment
    if payment is None or (invoice.kind == "invoice" and payment.settled != invoice.totals.total):
        return None
    amount = f"{currency}\u00a0{language.amount(payment.settled, currency)}"
    words = "paid_on" if invoice.kind == "invoice" else f"{_reason(invoice)}_on"
    return language.words[words].format(amount=amount, date=language.day(invoice.paid_on or payment.paid_at))


def _reason(note: Invoice) -> str:
    return note.correction.reason if note.correction else ""


def _method(document: Invoice, language: Language) -> str:
    if document.payment is None:
        return ""
    text = method_text(document.payment.method, document.payment.provider_type, language.words)
    return language.words["paid_with" if document.kind == "invoice" else "returned_to"].format(method=text)


def _note(note: VatNote, seller: Seller, language: Language) -> str:
    if note == "exempt":
        return seller.vat_exemption_note or ""
    return language.words[f"note_{note}"]


def _seller_lines(seller: Seller, language: Language) -> list[AddressLine]:
    address = Address(
        street=(seller.street, seller.street2),
        postal_code=seller.postal_code,
        city=seller.city,
        state=seller.state,
        country=seller.country,
    )
    return address_lines(address, language.code)


def _buyer_lines(buyer: Party | None, language: Language) -> list[AddressLine]:
    """Name and address as an envelope shows them; the e-mail address only where there is nothing else."""
    if buyer is None:
        return []
    address = Address(
        people=(buyer.company, buyer.name),
        street=(buyer.address1, buyer.address2),
        postal_code=buyer.postcode,
        city=buyer.city,
        state=buyer.state,
        country=buyer.country,
    )
    # Documents of older versions may name a country of any length; a line of them would be laid out for minutes.
    lines = [replace(line, text=line.text[:_ADDRESS_LINE_MAX]) for line in address_lines(address, language.code)]
    return lines if len(lines) > 1 or not buyer.email else [*lines, AddressLine(buyer.email)]
