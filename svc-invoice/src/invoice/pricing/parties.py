"""Identifiers and facts that the VAT categories of a document need before it is issued."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from invoice.domain.totals import Totals
from invoice.pricing.errors import PricingRefused

PARTY_CODES: Final = frozenset(
    {"BUYER_VAT_ID_REQUIRED", "SELLER_VAT_ID_REQUIRED", "DELIVERY_DATE_REQUIRED", "DELIVERY_COUNTRY_REQUIRED"}
)


@dataclass(frozen=True)
class TaxParties:
    """Identifiers and delivery of a sale."""

    seller_vat_id: str | None = None
    buyer_vat_id: str | None = None
    supplied_on: date | None = None
    delivery_country: str | None = None


def party_problems(totals: Totals, parties: TaxParties) -> tuple[PricingRefused, ...]:
    """All that is missing; a draft with any of it is not issued.

    An electronic form needs more (`invoice.einvoice.readiness`), such as the seller's own number.
    """
    return tuple(_problems({group.category for group in totals.groups if group.gross}, parties))


def _problems(categories: set[str | None], parties: TaxParties) -> Iterator[PricingRefused]:
    across = categories & {"AE", "K"}
    if across and not parties.buyer_vat_id:
        yield PricingRefused(
            "buyer.vatId", "reverse charge and intra-community supply need it", code="BUYER_VAT_ID_REQUIRED"
        )
    if categories & {"AE", "K", "G"} and not parties.seller_vat_id:
        yield PricingRefused("seller.vatId", "sales without VAT across borders need it", code="SELLER_VAT_ID_REQUIRED")
    if "K" in categories and not parties.supplied_on:
        yield PricingRefused("suppliedOn", "intra-community supply needs it", code="DELIVERY_DATE_REQUIRED")
    if "K" in categories and not parties.delivery_country:
        yield PricingRefused("shipTo.country", "intra-community supply needs it", code="DELIVERY_COUNTRY_REQUIRED")
