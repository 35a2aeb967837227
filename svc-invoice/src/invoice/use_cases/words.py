"""Words that a document gets in its own language where its merchant wrote none."""

from typing import Final

from gateway_contracts.requests.invoice import CreditReason
from invoice.languages import N_, language_of

_CREDITS: Final[dict[CreditReason, str]] = {
    "refund": N_("Refund of invoice %(number)s"),
    "dispute": N_("Chargeback of invoice %(number)s"),
    "void": N_("Reversal of invoice %(number)s"),
    "manual": N_("Credit for invoice %(number)s"),
}


def credit_words(reason: CreditReason, number: str, language: str) -> str:
    """The text of a credit note's line that stands for no line of the sale."""
    return language_of(language).say(_CREDITS[reason], number=number)


def payment_words(number: str, language: str) -> str:
    """The text of the checkout by which an invoice is paid."""
    return language_of(language).say(N_("Invoice %(number)s"), number=number)
