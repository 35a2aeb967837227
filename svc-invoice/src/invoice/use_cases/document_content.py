"""From an invoice or credit note to its content: the one source of page and XML."""

from datetime import date

from gateway_contracts.events.transaction import Party
from invoice.domain.accounting import accounting_vat
from invoice.domain.content import (
    DocumentContent,
    DocumentParty,
    PaymentFacts,
    PostalAddress,
    Preceding,
    RoutingAddress,
)
from invoice.domain.invoice import Correction, Invoice
from invoice.domain.priced_content import priced_content
from invoice.domain.seller import Seller
from invoice.use_cases.document_notes import vat_sentences
from invoice.use_cases.document_terms import party_of, with_terms


def content_of(
    invoice: Invoice, seller: Seller, buyer: Party | None, ship_to: Party | None = None, *, link: str | None = None
) -> DocumentContent:
    """The content of a document with its parties in clear; of a draft that of a pro forma.

    Args:
        link: address of the payment page.
    """
    totals = invoice.totals
    priced = priced_content(totals, invoice.vat_notes, seller.vat_exemption_note)
    supplied_on = invoice.dates.supplied_on if invoice.dates else None
    plain = DocumentContent(
        id=invoice.id,
        kind=invoice.kind,
        livemode=invoice.livemode,
        language=invoice.language,
        currency=totals.currency,
        amount_type=totals.amount_type,
        seller=seller_party(seller),
        lines=priced.lines,
        groups=priced.groups,
        adjustments=priced.adjustments,
        net=totals.net,
        vat=totals.vat,
        total=totals.total,
        number=invoice.numbering.number if invoice.numbering else None,
        issued_on=invoice.issued_on,
        supplied_on=date.fromisoformat(supplied_on) if supplied_on else None,
        buyer=party_of(buyer) if buyer else None,
        corrects=_preceding(invoice.correction) if invoice.correction else None,
        payment=_payment(invoice, seller, link),
        accounting=accounting_vat(totals, invoice.accounting),
        external_reference=invoice.external_reference,
        notes=vat_sentences(invoice, seller),
    )
    return with_terms(plain, invoice, ship_to)


def seller_party(seller: Seller) -> DocumentParty:
    """The seller as a document shows it."""
    return DocumentParty(
        name=seller.name,
        address=PostalAddress(
            seller.street, seller.street2, seller.postal_code, seller.city, seller.state, _country(seller.country)
        ),
        contact=seller.contact,
        email=seller.email,
        phone=seller.phone,
        vat_id=seller.vat_id,
        tax_number=seller.tax_number,
        registration_id=seller.registration_id,
        register=seller.register,
        representatives=seller.representatives,
        routing=_routing(seller),
    )


def _routing(seller: Seller) -> RoutingAddress | None:
    if not seller.routing_scheme or not seller.routing_id:
        return None
    return RoutingAddress(seller.routing_scheme, seller.routing_id)


def _country(code: str | None) -> str | None:
    return code.strip().upper() or None if code else None


def _preceding(correction: Correction) -> Preceding:
    issued_on = correction.invoice_issued_on
    day = date.fromisoformat(issued_on) if issued_on else correction.invoice_issued_at.date()
    return Preceding(correction.invoice_number, day)


def _payment(invoice: Invoice, seller: Seller, link: str | None) -> PaymentFacts:
    paid = invoice.payment
    method = paid.method if paid else None
    return PaymentFacts(
        method=method.type if method else None,
        brand=method.brand if method else None,
        last4=method.last4 if method else None,
        provider=paid.provider_type if paid else None,
        paid_on=invoice.paid_on,
        reason=invoice.correction.reason if invoice.correction else None,
        iban=seller.iban,
        account_name=seller.name if seller.iban else None,
        link=link,
    )
