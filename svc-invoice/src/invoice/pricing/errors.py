"""Drafts whose amounts cannot be computed, each with a stable code and the field that is wrong.

QUANTITY_INVALID        not above 0, or with more than 4 decimals
PRICE_NEGATIVE          a price, discount or charge below 0 (BR-27)
DISCOUNT_TOO_LARGE      a line or VAT group would be negative
AMOUNT_TOO_LARGE        a sum that no document can have
TAX_RATE_REQUIRED       some lines have a VAT treatment and some have none
VAT_RATE_INVALID        the rate does not fit the category
VAT_REASON_REQUIRED     exempt without a reason (BR-E-10)
VAT_REASON_REFUSED      a reason where VAT is charged or the rate is zero (BR-S-10, BR-Z-10)
BUYER_VAT_ID_REQUIRED, SELLER_VAT_ID_REQUIRED, DELIVERY_DATE_REQUIRED, DELIVERY_COUNTRY_REQUIRED
                        the category needs it of the parties (`invoice.pricing.parties`)
VAT_CATEGORY_CONFLICT   outside the scope beside another category (BR-O-11)
"""

from gateway_contracts.errors import FieldProblem, Invalid


class PricingRefused(Invalid):
    """A draft without amounts."""

    def __init__(self, place: str, message: str, *, code: str) -> None:
        super().__init__(f"{place}: {message}", code=code, details=[FieldProblem(place, message)])
