"""Ways to pay that a customer sees described in the same words."""

from enum import StrEnum


class PaymentFamily(StrEnum):
    """How a customer pays: decides fields, buttons and texts of the hosted pages."""

    CARD = "card"
    REDIRECT = "redirect"
    DIRECT_DEBIT = "direct_debit"
    TRANSFER = "transfer"
