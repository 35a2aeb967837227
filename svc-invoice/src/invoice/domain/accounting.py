"""VAT in the seller's accounting currency, where that is not the document's (BT-6, BT-111)."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from gateway_contracts.currencies import EXPONENTS
from invoice.domain.content import AccountingVat
from invoice.domain.draft import Lacking
from invoice.domain.totals import Totals

RATE_MISSING: Final = Lacking("VAT_RATE_MISSING").code


@dataclass(frozen=True)
class AccountingRate:
    """An exchange rate as the merchant names it.

    Attributes:
        rate: so much of ``currency`` is worth one unit of the document's; decimal text.
        source: who published it.
        day: of its publication (ISO 8601).
    """

    currency: str
    rate: str
    source: str
    day: str


def accounting_vat(totals: Totals, rate: AccountingRate | None) -> AccountingVat | None:
    """The VAT of a document in the accounting currency, rounded half-up; None where it has no VAT."""
    if rate is None or not totals.vat:
        return None
    units = Decimal(totals.vat).scaleb(-EXPONENTS[totals.currency]) * Decimal(rate.rate)
    exponent = EXPONENTS[rate.currency]
    amount = int(units.scaleb(exponent).quantize(Decimal(1), ROUND_HALF_UP))
    return AccountingVat(rate.currency, amount, Decimal(rate.rate), rate.source, date.fromisoformat(rate.day))


def with_rate_reason(
    reasons: tuple[str, ...], totals: Totals, currency: str | None, rate: AccountingRate | None
) -> tuple[str, ...]:
    """The reasons against an issue, with that of a missing rate as it is now: the settings may have changed since."""
    kept = tuple(reason for reason in reasons if reason != RATE_MISSING)
    if not currency or currency == totals.currency or not totals.vat:
        return kept
    return kept if rate and rate.currency == currency else (*kept, RATE_MISSING)
