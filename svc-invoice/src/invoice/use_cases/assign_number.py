"""Gives a document its legal number and its row in the register."""

from datetime import datetime
from typing import Final

from gateway_contracts.numbering import (
    DEFAULT_CREDIT_NOTE_LAYOUT,
    DEFAULT_INVOICE_LAYOUT,
    LayoutRefused,
    NumberLayout,
    layout_from_settings,
)
from gateway_contracts.time_zones import day_in, legal_time_zone
from invoice.domain.invoice import Invoice, Kind, Numbering, series_name
from invoice.domain.legal_dates import LegalDates, legal_day
from invoice.errors import LayoutInvalid
from invoice.ports import OrganizationSettings
from invoice.use_cases.number_series import RegisterPages

LAYOUTS: Final[dict[Kind, tuple[str, NumberLayout]]] = {
    "invoice": ("invoiceNumberLayout", DEFAULT_INVOICE_LAYOUT),
    "credit_note": ("creditNoteNumberLayout", DEFAULT_CREDIT_NOTE_LAYOUT),
}


def layout_of(settings: OrganizationSettings, kind: Kind) -> NumberLayout:
    """How the organization's numbers of this kind look.

    Raises:
        LayoutInvalid: the stored layout cannot be used.
    """
    name, default = LAYOUTS[kind]
    try:
        return layout_from_settings(settings.invoicing.get(name), default)
    except LayoutRefused as exc:
        raise LayoutInvalid.field(f"{name}.{exc.field}", exc.reason) from exc


def zone_of(settings: OrganizationSettings) -> str:
    """The time zone that decides the organization's legal dates."""
    return legal_time_zone(settings.invoicing, settings.country)


async def assign_number(
    pages: RegisterPages,
    draft: Invoice,
    layout: NumberLayout,
    *,
    at: datetime,
    time_zone: str,
    supplied_on: str | None = None,
) -> Invoice:
    """The issued document; when the transaction aborts, no number was used.

    Args:
        at: the moment of the issue.
        time_zone: decides the days: of the document, its number's period, and its payment.
        supplied_on: where it is not the day of the payment, or that of the issue before any.

    Raises:
        ChangedMeanwhile: another process issued at the same moment.
    """
    today = day_in(at, time_zone)
    paid_on = legal_day(draft.payment.paid_at, time_zone) if draft.payment else None
    dates = LegalDates(time_zone, today.isoformat(), paid_on, supplied_on or paid_on or today.isoformat())
    series = series_name(draft.register, layout, today)
    stem = layout.stem(today, livemode=draft.livemode)
    number = await pages.next_number(register=draft.register, series=series, stem=stem, start=layout.start_number)
    text = layout.number(number, today, livemode=draft.livemode)
    issued = draft.issue(Numbering(text, series, stem, number), at, dates)
    await pages.append(issued)
    return issued
