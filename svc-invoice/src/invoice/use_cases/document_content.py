"""From an invoice or credit note to its content: the one source of page and XML."""

from datetime import date
from decimal import Decimal
from typing import Final

from gateway_contracts.events.transaction import Party
from invoice.domain.content import (
    Adjustment,
    DocumentContent,
    DocumentLine,
    DocumentParty,
    PaymentFacts,
    PostalAddress,
    Preceding,
    VatBreakdown,
    VatTreatment,
)
from invoice.domain.draft import OrderedItem
from invoice.domain.invoice import Invoice
from invoice.domain.seller import Seller
from invoice.domain.totals import allocate
from invoice.domain.vat_notes import VatNote
from invoice.use_cases.document_terms import party_of, with_terms

_NOTED: Final[dict[VatNote, VatTreatment]] = {
    "reverse_charge": VatTreatment("AE", "0", reason_code="VATEX-EU-AE"),
    "intra_community": VatTreatment("K", "0", reason_code="VATEX-EU-IC"),
    "export": VatTreatment("G", "0", reason_code="VATEX-EU-G"),
    "outside_scope": VatTreatment("O", None, reason_code="VATEX-EU-O"),
    "zero_rated": VatTreatment("Z", "0"),
}


def content_of(invoice: Invoice, seller: Seller, buyer: Party | None, ship_to: Party | None = None) -> DocumentContent:
    """The content of a document with its parties in clear; of a draft that of a pro forma."""
    totals, correction, payment = invoice.totals, invoice.correction, invoice.payment
    method = payment.method if payment else None
    supplied_on = invoice.dates.supplied_on if invoice.dates else None
    plain = DocumentContent(
        id=invoice.id,
        kind=invoice.kind,
        livemode=invoice.livemode,
        language=invoice.language,
        currency=totals.currency,
        amount_type=totals.amount_type,
        seller=_seller(seller),
        lines=_lines(invoice, seller),
        groups=tuple(
            VatBreakdown(_treatment(one.rate, invoice, seller), one.net, one.vat, one.gross) for one in totals.groups
        ),
        net=totals.net,
        vat=totals.vat,
        total=totals.total,
        adjustments=_adjustments(invoice, seller),
        number=invoice.numbering.number if invoice.numbering else None,
        issued_on=invoice.issued_on,
        supplied_on=date.fromisoformat(supplied_on) if supplied_on else None,
        buyer=party_of(buyer) if buyer else None,
        corrects=_preceding(invoice),
        payment=PaymentFacts(
            method=method.type if method else None,
            brand=method.brand if method else None,
            last4=method.last4 if method else None,
            provider=payment.provider_type if payment else None,
            paid_on=invoice.paid_on,
            reason=correction.reason if correction else None,
            iban=seller.iban,
            account_name=seller.name if seller.iban else None,
        ),
        external_reference=invoice.external_reference,
    )
    return with_terms(plain, invoice, ship_to)


def _lines(invoice: Invoice, seller: Seller) -> tuple[DocumentLine, ...]:
    return tuple(
        DocumentLine(
            name=line.description,
            quantity=Decimal(line.quantity),
            unit_price=line.unit_price,
            total=line.total,
            net=line.net,
            vat=_of_item(_written(invoice, line.item), line.vat_rate, invoice, seller),
        )
        for line in invoice.totals.lines
    )


def _written(invoice: Invoice, item: int | None) -> OrderedItem | None:
    return invoice.order.items[item] if invoice.order is not None and item is not None else None


def _of_item(item: OrderedItem | None, rate: str | None, invoice: Invoice, seller: Seller) -> VatTreatment:
    if item is None or item.category is None:
        return _treatment(rate, invoice, seller)
    return VatTreatment(item.category, None if item.category == "O" else rate, reason=item.reason)


def _treatment(rate: str | None, invoice: Invoice, seller: Seller) -> VatTreatment:
    """The category that a rate means, with the notes of the document where it is 0."""
    if rate not in (None, "0"):
        return VatTreatment("S", rate)
    named = {
        (item.category, item.reason) for item in (invoice.order.items if invoice.order else ()) if item.category != "S"
    }
    if len(named) == 1 and (only := next(iter(named)))[0] is not None:
        return VatTreatment(only[0], None if only[0] == "O" else "0", reason=only[1])
    if invoice.vat_notes == ("exempt",):
        return VatTreatment("E", "0", reason=seller.vat_exemption_note)
    noted = _NOTED.get(invoice.vat_notes[0]) if len(invoice.vat_notes) == 1 else None
    return noted or VatTreatment(None, rate)


def _adjustments(invoice: Invoice, seller: Seller) -> tuple[Adjustment, ...]:
    """Discounts, split over the groups that they lowered."""
    totals = invoice.totals
    taken = sum(one.total for one in totals.allowances)
    worth = [sum(line.total for line in totals.lines if line.vat_rate == group.rate) for group in totals.groups]
    description = "; ".join(dict.fromkeys(one.description for one in totals.allowances if one.description))
    return tuple(
        Adjustment(False, description, share, group.allowance_net, _treatment(group.rate, invoice, seller))
        for group, share in zip(totals.groups, allocate(taken, worth, totals.currency), strict=True)
        if share
    )


def _preceding(invoice: Invoice) -> Preceding | None:
    correction = invoice.correction
    if correction is None:
        return None
    issued_on = correction.invoice_issued_on
    day = date.fromisoformat(issued_on) if issued_on else correction.invoice_issued_at.date()
    return Preceding(correction.invoice_number, day)


def _seller(seller: Seller) -> DocumentParty:
    return DocumentParty(
        name=seller.name,
        address=PostalAddress(
            seller.street, seller.street2, seller.postal_code, seller.city, seller.state, seller.country
        ),
        email=seller.email,
        vat_id=seller.vat_id,
        tax_number=seller.tax_number,
        register=seller.register,
        representatives=seller.representatives,
    )
