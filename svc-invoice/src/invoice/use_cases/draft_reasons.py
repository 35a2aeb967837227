"""Reasons that keep a draft from being issued and depend on more than what it says: on seller, buyer and delivery."""

from datetime import date

from gateway_contracts.events.transaction import Party
from invoice.domain.seller import Seller
from invoice.domain.totals import Totals
from invoice.pricing.parties import PARTY_CODES, TaxParties, party_problems


def with_party_reasons(
    reasons: tuple[str, ...],
    totals: Totals,
    seller: Seller,
    buyer: Party | None,
    ship_to: Party | None,
    *,
    supplied_on: date,
) -> tuple[str, ...]:
    """The reasons, with those of the parties as they are now: the seller's settings may have changed since."""
    delivered_to = ship_to or buyer
    parties = TaxParties(
        seller_vat_id=seller.vat_id,
        buyer_vat_id=buyer.vat_id if buyer else None,
        supplied_on=supplied_on,
        delivery_country=delivered_to.country if delivered_to else None,
    )
    kept = tuple(reason for reason in reasons if reason not in PARTY_CODES)
    return kept + tuple(problem.code for problem in party_problems(totals, parties))
