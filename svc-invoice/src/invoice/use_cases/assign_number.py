"""Gives a document its legal number and its row in the register."""

from typing import Final

from gateway_contracts.numbering import (
    DEFAULT_CREDIT_NOTE_LAYOUT,
    DEFAULT_INVOICE_LAYOUT,
    LayoutRefused,
    NumberLayout,
    layout_from_settings,
)
from gateway_contracts.time_zones import day_in, legal_time_zone
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice, Kind, Numbering, series_name
from invoice.domain.legal_dates import LegalDates, legal_day
from invoice.errors import LayoutInvalid
from invoice.ports import NumberSequence, OrganizationSettings, Register

_LAYOUTS: Final[dict[Kind, tuple[str, NumberLayout]]] = {
    "invoice": ("invoiceNumberLayout", DEFAULT_INVOICE_LAYOUT),
    "credit_note": ("creditNoteNumberLayout", DEFAULT_CREDIT_NOTE_LAYOUT),
}


def layout_of(settings: OrganizationSettings, kind: Kind) -> NumberLayout:
    """How the organization's numbers of this kind look.

    Raises:
        LayoutInvalid: the stored layout cannot be used.
    """
    name, default = _LAYOUTS[kind]
    try:
        return layout_from_settings(settings.invoicing.get(name), default)
    except LayoutRefused as exc:
        raise LayoutInvalid.field(f"{name}.{exc.field}", exc.reason) from exc


def zone_of(settings: OrganizationSettings) -> str:
    """The time zone that decides the organization's legal dates."""
    return legal_time_zone(settings.invoicing, settings.country)


async def assign_number(
    tx: Tx,
    draft: Invoice,
    layout: NumberLayout,
    *,
    time_zone: str,
    sequence: NumberSequence,
    register: Register,
    supplied_on: str | None = None,
) -> Invoice:
    """The issued document; when the transaction aborts, no number was used.

    Args:
        time_zone: decides the days: of the document, its number's period, and its payment.
        supplied_on: where it is not the day of the payment.

    Raises:
        StaleSeries: another process issued at the same moment.
    """
    today = day_in(tx.now, time_zone)
    paid_on = legal_day(draft.payment.paid_at, time_zone)
    dates = LegalDates(time_zone, today.isoformat(), paid_on, supplied_on or paid_on)
    series = series_name(draft.register, layout, today)
    stem = layout.stem(today, livemode=draft.livemode)
    number = await sequence.next(tx, register=draft.register, series=series, stem=stem, start=layout.start_number)
    text = layout.number(number, today, livemode=draft.livemode)
    issued = draft.issue(Numbering(text, series, stem, number), tx.now, dates)
    await register.append(tx, issued)
    return issued
