"""Words for what the API says of invoices by codes."""

from collections.abc import Mapping
from typing import Final

from admin_api.console.translations import N_

REASONS: Final[Mapping[str, str]] = {
    "ITEMS_REQUIRED": N_("There are no lines."),
    "TOTAL_REQUIRED": N_("The total is 0."),
    "BUYER_REQUIRED": N_("There is no client."),
    "ITEMS_DO_NOT_ADD_UP": N_("The lines are not the amount that was paid."),
    "TAX_RATE_REQUIRED": N_("Some lines have a VAT rate and some have none."),
    "QUANTITY_INVALID": N_("A quantity is not above 0, or has more than four decimals."),
    "PRICE_NEGATIVE": N_("A price is below 0. Use a discount."),
    "DISCOUNT_TOO_LARGE": N_("A discount is more than what it is taken off."),
    "AMOUNT_TOO_LARGE": N_("An amount is larger than any may be."),
    "VAT_RATE_INVALID": N_("A VAT rate does not fit its category."),
    "VAT_RATE_MISSING": N_("The exchange rate into the accounting currency is missing."),
    "VAT_REASON_REQUIRED": N_("A line is exempt without a reason."),
    "VAT_REASON_REFUSED": N_("A line has a reason for no VAT, and VAT."),
    "VAT_CATEGORY_CONFLICT": N_("A line outside the scope of VAT stands beside another category."),
    "BUYER_VAT_ID_REQUIRED": N_("The client's VAT id is missing."),
    "SELLER_VAT_ID_REQUIRED": N_("The seller's VAT id is missing: see the invoicing settings."),
    "DELIVERY_DATE_REQUIRED": N_("The date of delivery is missing."),
    "DELIVERY_COUNTRY_REQUIRED": N_("The country of delivery is missing."),
}
"""What a draft lacks, by its ``draftReasons``."""


CATEGORIES: Final[Mapping[str, str]] = {
    "S": N_("Standard or reduced rate"),
    "Z": N_("Zero rate"),
    "E": N_("Exempt"),
    "AE": N_("Reverse charge"),
    "K": N_("Intra-community supply"),
    "G": N_("Export"),
    "O": N_("Outside the scope of VAT"),
}
"""Categories of VAT by their codes (UNTDID 5305)."""


def category_word(code: str) -> str:
    """The category in English; one that is not known stands for itself."""
    return CATEGORIES.get(code, code)


def lacking(code: str) -> str:
    """The sentence for a reason of a draft, in English; one that is not known yet stands for itself."""
    return REASONS.get(code, code)
