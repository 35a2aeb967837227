"""The seam of a tax engine: who decides which VAT applies to the lines of a draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from invoice.pricing.draft import DraftLine


@dataclass(frozen=True)
class TaxedSale:
    """Facts that a tax engine may need beside the lines; countries are ISO 3166-1 alpha-2."""

    currency: str
    supplied_on: date
    seller_country: str | None = None
    buyer_country: str | None = None
    seller_vat_id: str | None = None
    buyer_vat_id: str | None = None


class TaxDetermination(Protocol):
    """Gives lines their VAT treatment. A treatment that a line already has is the merchant's decision and stays."""

    async def determine(self, lines: Sequence[DraftLine], sale: TaxedSale) -> Sequence[DraftLine]:
        """The same lines with their treatments; one stays without where it is not known."""


class GivenTreatments:
    """No tax engine: the treatments are those that the lines have."""

    async def determine(self, lines: Sequence[DraftLine], sale: TaxedSale) -> Sequence[DraftLine]:
        return lines
