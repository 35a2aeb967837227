"""Amounts of documents that a merchant writes: from lines, discounts and charges to totals that add up exactly.

`compute_totals` (`invoice.domain.totals`) does the same for the items of a checkout, where VAT comes as rates or as tax
items; both use its roundings.
"""

from invoice.pricing.draft import DraftAdjustment, DraftLine, Rounding
from invoice.pricing.errors import PricingRefused
from invoice.pricing.price import price

__all__ = ["DraftAdjustment", "DraftLine", "PricingRefused", "Rounding", "price"]
