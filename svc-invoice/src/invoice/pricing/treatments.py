"""Rules of VAT categories on one line or adjustment, and between them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from gateway_contracts.invoice_fields import VatCategory
from gateway_contracts.limits import VAT_RATE_DECIMALS_MAX
from invoice.domain.content import WITHOUT_VAT, VatTreatment
from invoice.domain.totals import decimal_text
from invoice.pricing.draft import DraftAdjustment, DraftLine
from invoice.pricing.errors import PricingRefused

VATEX: Final[dict[VatCategory, str]] = {
    "AE": "VATEX-EU-AE",
    "K": "VATEX-EU-IC",
    "G": "VATEX-EU-G",
    "O": "VATEX-EU-O",
}
"""The code of each category whose reason is always the same."""


def checked_treatments(
    lines: Sequence[DraftLine], adjustments: Sequence[DraftAdjustment]
) -> tuple[list[VatTreatment | None], list[VatTreatment | None]]:
    """The treatments of lines and adjustments in one form: plain rates, reason codes filled in.

    Raises:
        PricingRefused: one is wrong by itself or beside the others.
    """
    of_lines = [_checked(line.treatment, f"lines[{place}]") for place, line in enumerate(lines)]
    of_adjustments = [_checked(one.treatment, f"adjustments[{place}]") for place, one in enumerate(adjustments)]
    given = list(_named(of_lines, of_adjustments))
    # What costs nothing has no VAT, whatever its rate.
    priced = [treatment for line, treatment in zip(lines, of_lines, strict=True) if line.unit_price]
    if any(treatment is None for treatment in priced) and given:
        raise PricingRefused("lines", "some have a VAT treatment and some have none", code="TAX_RATE_REQUIRED")
    outside = [field for field, treatment in given if treatment.category == "O"]
    if outside and len(outside) != len(given):
        raise PricingRefused(outside[0], "outside the scope of VAT stands alone", code="VAT_CATEGORY_CONFLICT")
    return of_lines, of_adjustments


def _named(*parts: list[VatTreatment | None]) -> Iterator[tuple[str, VatTreatment]]:
    for name, treatments in zip(("lines", "adjustments"), parts, strict=True):
        for place, treatment in enumerate(treatments):
            if treatment is not None:
                yield f"{name}[{place}].treatment.category", treatment


def _checked(treatment: VatTreatment | None, field: str) -> VatTreatment | None:
    if treatment is None or treatment.category is None:
        return None
    category = treatment.category
    reason = (treatment.reason or "").strip() or None
    code = (treatment.reason_code or "").strip() or VATEX.get(category)
    if category in ("S", "Z") and (reason or code):
        raise PricingRefused(
            f"{field}.treatment.reason", "VAT is charged, or its rate is zero", code="VAT_REASON_REFUSED"
        )
    if category == "E" and not reason and not code:
        raise PricingRefused(f"{field}.treatment.reason", "why is it exempt?", code="VAT_REASON_REQUIRED")
    return VatTreatment(category, _rate(category, treatment.rate, f"{field}.treatment.rate"), reason, code)


def _rate(category: VatCategory, text: str | None, field: str) -> str | None:
    """The rate that the category has: above 0 for S, none for O, else 0."""
    try:
        rate = Decimal((text or "").strip() or "0")
    except InvalidOperation as exc:
        raise PricingRefused(field, "is no rate", code="VAT_RATE_INVALID") from exc
    if not rate.is_finite() or not 0 <= rate <= 100 or rate != round(rate, VAT_RATE_DECIMALS_MAX):
        raise PricingRefused(
            field,
            f"is a percentage from 0 to 100 with at most {VAT_RATE_DECIMALS_MAX} decimals",
            code="VAT_RATE_INVALID",
        )
    if category in WITHOUT_VAT and rate:
        raise PricingRefused(field, f"category {category} has no VAT", code="VAT_RATE_INVALID")
    if category not in WITHOUT_VAT and not rate:
        raise PricingRefused(field, f"category {category} has a rate above 0", code="VAT_RATE_INVALID")
    return None if category == "O" else decimal_text(rate)
