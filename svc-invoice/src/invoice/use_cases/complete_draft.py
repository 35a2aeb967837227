"""A draft with everything that the settings add when it is issued."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from invoice.domain.draft import Terms
from invoice.domain.invoice import Invoice
from invoice.ports import OrganizationSettings
from invoice.pricing.order import notes_of


def completed(draft: Invoice, settings: OrganizationSettings, today: date) -> Invoice:
    """The draft as it would be issued on that day, but for its seller and number."""
    is_open = draft.balance.outstanding > 0
    return draft.changed(
        vat_notes=draft.vat_notes if draft.order is None else notes_of(draft.totals),
        terms=_terms(draft.terms, settings.invoicing, today) if is_open else draft.terms,
        footer=settings.invoicing.get("footer"),
    )


def _terms(terms: Terms, invoicing: dict[str, Any], today: date) -> Terms:
    """Terms of the settings where the draft has none."""
    days = invoicing.get("paymentTermDays")
    due_on = (today + timedelta(days=days)).isoformat() if isinstance(days, int) else None
    return replace(
        terms,
        due_on=terms.due_on or due_on,
        payment_terms=terms.payment_terms or invoicing.get("paymentTerms"),
    )
