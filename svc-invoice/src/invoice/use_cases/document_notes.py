"""Printed notes about VAT, in the document's language."""

from typing import Final

from invoice.domain.invoice import Invoice
from invoice.domain.seller import Seller
from invoice.domain.vat_notes import VatNote
from invoice.languages import N_, language_of

_NOTES: Final[dict[VatNote, str]] = {
    "reverse_charge": N_("Reverse charge: VAT is due from the recipient (Article 196, Directive 2006/112/EC)."),
    "intra_community": N_("Intra-Community supply, exempt from VAT (Article 138, Directive 2006/112/EC)."),
    "export": N_("Export, exempt from VAT (Article 146, Directive 2006/112/EC)."),
    "outside_scope": N_("Outside the scope of VAT: the place of supply is that of the recipient."),
    "zero_rated": N_("VAT at 0%: the supply is exempt or zero-rated."),
}


def vat_sentences(invoice: Invoice, seller: Seller) -> tuple[str, ...]:
    """The notes of the document; an exemption is given in the seller's own words."""
    language = language_of(invoice.language, seller.country)
    said = (
        (seller.vat_exemption_note or "") if note == "exempt" else language.say(_NOTES[note])
        for note in invoice.vat_notes
    )
    return tuple(sentence for sentence in said if sentence)
