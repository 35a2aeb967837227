"""Everything that the life of an invoice adds to the content of its document: payments, terms, references, looks."""

from dataclasses import replace
from datetime import date

from gateway_contracts.events.transaction import Party
from invoice.domain.content import (
    DocumentContent,
    DocumentKind,
    DocumentParty,
    PostalAddress,
    RoutingAddress,
)
from invoice.domain.invoice import Invoice


def with_terms(content: DocumentContent, invoice: Invoice, ship_to: Party | None = None) -> DocumentContent:
    """The content with what does not come from amounts and parties.

    What happened after the issue is not on the document, but for corrections of its texts.
    """
    terms = invoice.terms
    paid = sum(one.settled for one in invoice.settlements if one.at_issue)
    payment = replace(
        content.payment,
        terms=terms.payment_terms,
        due_on=date.fromisoformat(terms.due_on) if terms.due_on else None,
        reference=invoice.numbering.number if invoice.numbering else None,
    )
    return replace(
        content,
        kind=_kind(invoice),
        paid=min(paid, content.total),
        ship_to=party_of(ship_to) if ship_to else None,
        payment=payment,
        buyer_reference=terms.buyer_reference,
        order_reference=terms.order_reference,
        notes=(*content.notes, *_notes(invoice)),
        footer=invoice.footer,
    )


def party_of(party: Party) -> DocumentParty:
    """A buyer, or where the goods go."""
    routing = None
    if party.routing_scheme and party.routing_id:
        routing = RoutingAddress(party.routing_scheme, party.routing_id)
    return DocumentParty(
        name=party.company or party.name or "",
        address=PostalAddress(
            party.address1, party.address2, party.postcode, party.city, party.state, _country(party.country)
        ),
        contact=party.name if party.company else None,
        email=party.email,
        phone=party.phone,
        vat_id=party.vat_id,
        routing=routing,
    )


def _kind(invoice: Invoice) -> DocumentKind:
    return invoice.kind if invoice.status == "issued" else "pro_forma"


def _notes(invoice: Invoice) -> tuple[str, ...]:
    """The merchant's own text; of a credit note, why it was written."""
    why = invoice.correction.note if invoice.correction else None
    return tuple(text for text in (why, invoice.terms.notes) if text)


def _country(code: str | None) -> str | None:
    return code.strip().upper() or None if code else None
