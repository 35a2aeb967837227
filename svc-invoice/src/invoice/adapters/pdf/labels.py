"""The words of a document in each of its languages, and how amounts, rates and dates are written."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gateway_contracts.money import Money
from invoice.domain.invoice import Kind


@dataclass(frozen=True)
class Language:
    """``date`` is a format of Babel with day, month name and year."""

    code: str
    thousands: str
    decimal: str
    date: str
    words: dict[str, str]
    titles: dict[Kind, dict[str, str]]

    def amount(self, minor: int, currency: str) -> str:
        """The amount with the currency's own number of decimals, grouped by thousands."""
        whole, _, fraction = Money(abs(minor), currency).decimal_text().partition(".")
        grouped = f"{int(whole):,}".replace(",", self.thousands)
        sign = "\u2212" if minor < 0 else ""
        return f"{sign}{grouped}{self.decimal + fraction if fraction else ''}"

    def rate(self, text: str) -> str:
        """A VAT rate with its sign."""
        return f"{text.replace('.', self.decimal)}\u202f%"

    def day(self, moment: datetime.date) -> str:
        """The date, written out."""
        from babel.dates import format_date  # only renderers need it

        return format_date(moment, self.date, locale=self.code)

    def quantity(self, count: int | Decimal) -> str:
        """The quantity, grouped by thousands."""
        whole, _, fraction = f"{count:,f}".partition(".") if isinstance(count, Decimal) else (f"{count:,}", "", "")
        return whole.replace(",", self.thousands) + (self.decimal + fraction if fraction else "")


_ENGLISH: Final = Language(
    code="en",
    thousands=",",
    decimal=".",
    date="d MMMM y",
    words={
        "corrects": "Corrects invoice",
        "of_day": "{number} of\u00a0{date}",
        "supplied": "Date of supply",
        "reference": "Order reference",
        "description": "Description",
        "quantity": "Qty",
        "unit_price": "Unit price",
        "vat": "VAT",
        "amount": "Amount",
        "net_prices": "Prices without VAT",
        "gross_prices": "Prices include VAT",
        "subtotal": "Subtotal",
        "discount": "Discount",
        "net": "Net",
        "net_total": "Net total",
        "vat_rate": "VAT rate",
        "vat_amount": "VAT",
        "without_rate": "No VAT shown",
        "gross": "Gross",
        "paid_on": "{amount} received on {date}",
        "refund_on": "{amount} returned on {date}",
        "dispute_on": "{amount} charged back on {date}",
        "paid_with": "Payment method: {method}",
        "returned_to": "Returned to: {method}",
        "method_card": "Card",
        "method_debit": "Direct debit",
        "method_transfer": "Bank transfer",
        "method_voucher": "Voucher",
        "method_online": "Online payment",
        "page": "Page",
        "of": "of",
        "vat_id": "VAT ID",
        "tax_number": "Tax number",
        "note_reverse_charge": "Reverse charge: VAT is due from the recipient (Article 196, Directive 2006/112/EC).",
        "note_intra_community": "Intra-Community supply, exempt from VAT (Article 138, Directive 2006/112/EC).",
        "note_export": "Export, exempt from VAT (Article 146, Directive 2006/112/EC).",
        "note_outside_scope": "Outside the scope of VAT: the place of supply is that of the recipient.",
        "note_zero_rated": "VAT at 0\u202f%: the supply is exempt or zero-rated.",
        "iban": "IBAN",
        "test": "TEST",
        "test_note": "Test document. It is not an invoice and no money moved.",
    },
    titles={
        "invoice": {
            "title": "Invoice",
            "bill_to": "Billed to",
            "number": "Invoice number",
            "issued": "Invoice date",
            "total": "Total",
            "paid": "Paid in full",
        },
        "credit_note": {
            "title": "Credit note",
            "bill_to": "Credited to",
            "number": "Credit note number",
            "issued": "Credit note date",
            "total": "Total credited",
            "paid": "Returned",
        },
    },
)
_GERMAN: Final = Language(
    code="de",
    thousands=".",
    decimal=",",
    date="d. MMMM y",
    words={
        "corrects": "Zur Rechnung",
        "of_day": "{number} vom\u00a0{date}",
        "supplied": "Leistungsdatum",
        "reference": "Bestellnummer",
        "description": "Beschreibung",
        "quantity": "Menge",
        "unit_price": "Einzelpreis",
        "vat": "USt.",
        "amount": "Betrag",
        "net_prices": "Preise ohne Umsatzsteuer",
        "gross_prices": "Preise inklusive Umsatzsteuer",
        "subtotal": "Zwischensumme",
        "discount": "Rabatt",
        "net": "Netto",
        "net_total": "Nettosumme",
        "vat_rate": "Steuersatz",
        "vat_amount": "USt.",
        "without_rate": "Ohne USt.-Ausweis",
        "gross": "Brutto",
        "paid_on": "{amount} erhalten am {date}",
        "refund_on": "{amount} erstattet am {date}",
        "dispute_on": "{amount} zurückbelastet am {date}",
        "paid_with": "Zahlungsart: {method}",
        "returned_to": "Erstattet auf: {method}",
        "method_card": "Karte",
        "method_debit": "Lastschrift",
        "method_transfer": "Überweisung",
        "method_voucher": "Gutschein",
        "method_online": "Online-Zahlung",
        "page": "Seite",
        "of": "von",
        "vat_id": "USt-IdNr.",
        "tax_number": "Steuernummer",
        "note_reverse_charge": "Steuerschuldnerschaft des Leistungsempfängers (Reverse charge).",
        "note_intra_community": "Steuerfreie innergemeinschaftliche Lieferung (Intra-Community supply).",
        "note_export": "Steuerfreie Ausfuhrlieferung (Export).",
        "note_outside_scope": "Nicht steuerbar: Leistungsort ist der Ort des Empfängers (Outside the scope of VAT).",
        "note_zero_rated": "Umsatzsteuer 0\u202f%: Die Leistung ist steuerfrei oder unterliegt dem Nullsatz.",
        "iban": "IBAN",
        "test": "TEST",
        "test_note": "Testdokument. Dies ist keine Rechnung, es floss kein Geld.",
    },
    titles={
        "invoice": {
            "title": "Rechnung",
            "bill_to": "Rechnung an",
            "number": "Rechnungsnummer",
            "issued": "Rechnungsdatum",
            "total": "Gesamtbetrag",
            "paid": "Vollständig bezahlt",
        },
        "credit_note": {
            "title": "Rechnungskorrektur",
            "bill_to": "Rechnungskorrektur für",
            "number": "Nummer",
            "issued": "Datum",
            "total": "Korrigierter Betrag",
            "paid": "Erstattet",
        },
    },
)

LANGUAGES: Final = {language.code: language for language in (_ENGLISH, _GERMAN)}
