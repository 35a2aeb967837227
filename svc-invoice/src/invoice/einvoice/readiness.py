"""Everything that a document lacks for a format, by the rules of EN 16931, XRechnung 3.0 and Peppol BIS Billing 3.0.

A document that lacks nothing is written and is valid; the tests run the official rules over what is written here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from gateway_contracts.countries import is_country
from gateway_contracts.currencies import CURRENT, EXPONENTS
from invoice.domain.content import DocumentContent, DocumentParty, PostalAddress, RoutingAddress, VatBreakdown
from invoice.einvoice.formats import EInvoiceFormat

_DECIMALS_MAX: Final = 2
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# Of the list of electronic addresses; an e-mail address (EM) is none for Peppol.
_PEPPOL_SCHEME: Final = re.compile("[0-9]{4}")
_PHONE_DIGITS_MIN: Final = 3
_VAT_COUNTRIES: Final = frozenset({"EL", "XI"})
"""Prefixes of VAT ids beside the codes of countries."""


_PEPPOL_NOT_COVERED: Final = frozenset({"DK", "GR", "IS", "SE"})
"""Countries of sellers with national rules (DK-R, GR-R, IS-R, SE-R)."""


_UNLISTED: Final = frozenset({"XK"})
"""Codes of countries that EN 16931 does not list (BR-CL-14)."""
_UNLISTED_CURRENCIES: Final = frozenset({"STN"})
"""Currencies of today that it does not list (BR-CL-04)."""
_UNLISTED_IN: Final[dict[EInvoiceFormat, frozenset[str]]] = {"zugferd": frozenset({"SS"})}


@dataclass(frozen=True)
class Missing:
    """One thing that a document lacks.

    Attributes:
        code: stable.
        field: of the invoicing settings or of the document, by its public name.
        sentence: for people.
    """

    code: str
    field: str
    sentence: str


def missing_for(content: DocumentContent, format_: EInvoiceFormat, *, strict: bool = False) -> tuple[Missing, ...]:
    """Everything that is missing; nothing for a document that can be written.

    Args:
        strict: also what the writer has a general value for.
    """
    return (*_missing(content, format_), *(_general(content) if strict else ()))


def _missing(content: DocumentContent, format_: EInvoiceFormat) -> Iterator[Missing]:
    yield from _of_document(content)
    yield from _of_accounting(content)
    yield from _of_vat(content)
    yield from _of_seller(content)
    yield from _of_buyer(content)
    yield from _of_countries(content, format_)
    if format_ == "xrechnung":
        yield from _of_xrechnung(content)
    elif format_ == "peppol":
        yield from _of_peppol(content)


def _general(content: DocumentContent) -> Iterator[Missing]:
    """Facts that have a general value: the day of issue, "Payable upon receipt"."""
    if content.supplied_on is None:
        yield Missing("DELIVERY_DATE_MISSING", "suppliedOn", "The day of the supply.")
    if content.due > 0 and not content.payment.due_on and not content.payment.terms:
        yield Missing("PAYMENT_TERMS_MISSING", "paymentTerms", "The terms of payment or the day on which it is due.")
    if content.kind == "credit_note" and content.corrects is None:
        yield Missing("CORRECTED_INVOICE_MISSING", "invoiceId", "The invoice that the credit note corrects.")


def _of_document(content: DocumentContent) -> Iterator[Missing]:
    if content.kind not in ("invoice", "credit_note") or not content.number or not content.issued_on:
        yield Missing("DOCUMENT_NOT_ISSUED", "number", "Only issued invoices and credit notes are electronic invoices.")
    if content.currency not in CURRENT or content.currency in _UNLISTED_CURRENCIES:
        yield Missing("CURRENCY_NOT_LISTED", "currency", f"The standard does not list {content.currency}.")
    elif EXPONENTS[content.currency] > _DECIMALS_MAX:
        yield Missing(
            "CURRENCY_HAS_THREE_DECIMALS",
            "currency",
            f"Electronic invoices have amounts with two decimals; documents in {content.currency} are PDF only.",
        )


def _of_accounting(content: DocumentContent) -> Iterator[Missing]:
    if (vat := content.accounting) is None:
        return
    is_listed = vat.currency in CURRENT and vat.currency not in _UNLISTED_CURRENCIES
    if not is_listed or EXPONENTS[vat.currency] > _DECIMALS_MAX:
        yield Missing(
            "ACCOUNTING_CURRENCY_NOT_LISTED",
            "accountingRate.currency",
            f"Electronic invoices state no VAT in {vat.currency}: the standard lists it not, or with two decimals.",
        )


def _of_vat(content: DocumentContent) -> Iterator[Missing]:
    categories = _categories(content)
    parts = {line.vat.category for line in content.lines} | {one.vat.category for one in content.adjustments}
    if None in categories | parts:
        yield Missing("VAT_CATEGORY_MISSING", "items[].category", "A line has no VAT category.")
    if "O" in categories and len(categories) > 1:
        yield Missing("VAT_CATEGORY_CONFLICT", "items[].category", "Outside the scope of VAT stands alone.")
    for group in content.groups:
        vat = group.vat
        if vat.category not in ("S", "Z", None) and not vat.reason and not vat.reason_code:
            yield Missing("VAT_REASON_MISSING", "items[].reason", f"Category {vat.category} needs its reason.")
        if not _is_near(group, EXPONENTS[content.currency]):
            yield Missing("VAT_ROUNDING_TOO_FAR", "rounding", "VAT that was rounded per line is too far from its rate.")


def _is_near(group: VatBreakdown, exponent: int) -> bool:
    """The rules compute VAT again, with two decimals in every currency, and allow less than 1 of difference."""
    net, amount = (Decimal(minor).scaleb(-exponent) for minor in (group.net, group.amount))
    again = (net * Decimal(group.vat.rate or 0) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return abs(amount - again) < 1


def _of_seller(content: DocumentContent) -> Iterator[Missing]:
    seller, categories = content.seller, _categories(content)
    if not seller.name.strip():
        yield Missing("SELLER_NAME_MISSING", "companyName", "The seller's name is missing.")
    yield from _vat_id(seller, "SELLER", "vatId")
    if categories & {"AE", "K", "G"} and not seller.vat_id:
        yield Missing("SELLER_VAT_ID_MISSING", "vatId", "Sales without VAT across borders need the seller's VAT id.")
    elif categories - {"O"} and not seller.vat_id and not seller.tax_number:
        yield Missing("SELLER_VAT_ID_MISSING", "vatId", "The seller needs a VAT id or a tax number.")
    elif "O" in categories and not seller.tax_number and not seller.registration_id:
        # A VAT id is not shown then, so something else has to tell who it is (BR-CO-26).
        yield Missing("SELLER_IDENTIFIER_MISSING", "taxNumber", "The seller needs a tax number or registration number.")


def _of_buyer(content: DocumentContent) -> Iterator[Missing]:
    buyer, categories = content.buyer, _categories(content)
    if buyer is None or not buyer.name.strip():
        yield Missing("BUYER_NAME_MISSING", "buyer.name", "The buyer's name is missing.")
        buyer = buyer or DocumentParty("")
    yield from _vat_id(buyer, "BUYER", "buyer.vatId")
    if categories & {"AE", "K"} and not buyer.vat_id:
        yield Missing("BUYER_VAT_ID_MISSING", "buyer.vatId", "The VAT category needs the buyer's VAT id.")


def _of_countries(content: DocumentContent, format_: EInvoiceFormat) -> Iterator[Missing]:
    """Countries of seller, buyer and delivery, as codes that the format lists."""
    buyer = content.buyer or DocumentParty("")
    addresses = [("SELLER", "companyAddress", content.seller.address), ("BUYER", "buyer", buyer.address)]
    if content.ship_to and content.ship_to.address.country:
        addresses.append(("DELIVERY", "shipTo", content.ship_to.address))
    for role, field, address in addresses:
        code = address.country or ""
        if not is_country(code) or not code.isupper() or code in _UNLISTED | _UNLISTED_IN.get(format_, frozenset()):
            yield Missing(f"{role}_COUNTRY_MISSING", f"{field}.country", "The country as a code that the format lists.")


def _of_xrechnung(content: DocumentContent) -> Iterator[Missing]:
    """Rules BR-DE of XRechnung."""
    buyer = content.buyer or DocumentParty("")
    if not content.buyer_reference:
        yield Missing("BUYER_REFERENCE_MISSING", "buyerReference", "The buyer's reference, such as a Leitweg-ID.")
    yield from _of_german_seller(content)
    yield from _place(buyer.address, "BUYER", "buyer")
    if content.ship_to and content.ship_to.address.country:
        yield from _place(content.ship_to.address, "DELIVERY", "shipTo")
    if not buyer.routing and not _is_email(buyer.email):
        yield Missing("BUYER_ROUTING_ADDRESS_MISSING", "buyer.email", "The buyer's electronic or e-mail address.")


def _of_peppol(content: DocumentContent) -> Iterator[Missing]:
    """Rules of Peppol BIS Billing, and those of Germany (DE-R) for German sellers."""
    buyer = content.buyer or DocumentParty("")
    if not content.buyer_reference and not content.order_reference:
        yield Missing("BUYER_REFERENCE_MISSING", "buyerReference", "The buyer's reference or the number of its order.")
    if not _is_routable(content.seller.routing):
        yield Missing(
            "SELLER_ROUTING_ADDRESS_MISSING", "eInvoice.sellerPeppolRoutingAddress", "The seller's address in Peppol."
        )
    if not _is_routable(buyer.routing):
        yield Missing("BUYER_ROUTING_ADDRESS_MISSING", "buyer.routingAddress", "The buyer's address in Peppol.")
    country = content.seller.address.country
    if country in _PEPPOL_NOT_COVERED:
        yield Missing(
            "PEPPOL_COUNTRY_NOT_COVERED",
            "companyAddress.country",
            f"Peppol has further rules for sellers in {country}, which documents of this gateway do not meet.",
        )
    if country == "DE":
        yield from _of_german_seller(content)
        yield from _place(buyer.address, "BUYER", "buyer")


def _of_german_seller(content: DocumentContent) -> Iterator[Missing]:
    """Address, contact and bank account, as both formats want them of German sellers."""
    seller = content.seller
    yield from _place(seller.address, "SELLER", "companyAddress")
    if not seller.contact:
        yield Missing("SELLER_CONTACT_MISSING", "companyContact", "A person or department of the seller to ask.")
    if sum(char.isdigit() for char in seller.phone or "") < _PHONE_DIGITS_MIN:
        yield Missing("SELLER_PHONE_MISSING", "companyPhone", "The phone number of the seller's contact.")
    if not _is_email(seller.email):
        yield Missing("SELLER_EMAIL_MISSING", "companyEmail", "The e-mail address of the seller's contact.")
    if not is_iban(content.payment.iban):
        yield Missing("SELLER_IBAN_MISSING", "bankIBAN", "The seller's bank account as a valid IBAN.")


def _categories(content: DocumentContent) -> set[str | None]:
    return {group.vat.category for group in content.groups}


def _vat_id(party: DocumentParty, role: str, field: str) -> Iterator[Missing]:
    prefix = (party.vat_id or "")[:2]
    if party.vat_id and not is_country(prefix) and prefix not in _VAT_COUNTRIES:
        yield Missing(f"{role}_VAT_ID_INVALID", field, "The VAT id begins with the code of its country, such as DE.")


def _place(address: PostalAddress, role: str, field: str) -> Iterator[Missing]:
    if not address.city:
        yield Missing(f"{role}_CITY_MISSING", f"{field}.city", "The city of the address.")
    if not address.postal_code:
        yield Missing(f"{role}_POSTAL_CODE_MISSING", f"{field}.postalCode", "The postal code of the address.")


def _is_email(text: str | None) -> bool:
    return text is not None and _EMAIL.fullmatch(text) is not None


def _is_routable(routing: RoutingAddress | None) -> bool:
    return routing is not None and _PEPPOL_SCHEME.fullmatch(routing.scheme) is not None and bool(routing.identifier)


def is_iban(text: str | None) -> bool:
    """Whether it is an IBAN with right check digits (ISO 7064, modulo 97)."""
    plain = (text or "").replace(" ", "").upper()
    if not _IBAN.fullmatch(plain):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1
