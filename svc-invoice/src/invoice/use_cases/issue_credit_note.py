"""Gives money that went back its credit note."""

from dataclasses import replace
from datetime import datetime

from gateway_contracts.clock import Clock
from gateway_contracts.ids import new_object_id
from gateway_contracts.time_zones import day_in
from gateway_kit.mongo.unit_of_work import InboxKey, Tx, UnitOfWork
from invoice.domain.credit import compute_credit
from invoice.domain.invoice import Invoice, series_name
from invoice.domain.register import register_name
from invoice.domain.reversal import Reversal
from invoice.domain.totals import Totals
from invoice.errors import InvoiceMissing, SettingsUnavailable
from invoice.field_cipher import FieldCipher
from invoice.ports import Organizations, Stores
from invoice.use_cases.assign_number import layout_of, zone_of
from invoice.use_cases.credit_notes import correction_of, credit_note_of, issue_note
from invoice.use_cases.find_documents import credit_notes_of, invoice_of, is_left_out
from invoice.use_cases.number_series import NumberSeries
from invoice.use_cases.words import credit_words


async def issue_credit_note(
    reversal: Reversal,
    *,
    inbox: InboxKey,
    uow: UnitOfWork,
    clock: Clock,
    organizations: Organizations,
    cipher: FieldCipher,
    stores: Stores,
    series: NumberSeries,
) -> Invoice | None:
    """The credit note of the reversal; None where none is due: the payment has no invoice of ours, its invoice is a
    draft or in another currency, nothing is left to take back, or it was issued before. A draft learns of the money.

    Raises:
        AlreadyHandled: the event was handled before.
        SettingsUnavailable: the organization's settings are not known yet.
        LayoutInvalid: the number layout of credit notes cannot be used.
        InvoiceMissing: the event of the payment itself was not handled yet.
        ChangedMeanwhile: another process was at it at the same moment.
    """
    settings = organizations.settings(reversal.organization_id, livemode=reversal.livemode)
    if settings is None:
        raise SettingsUnavailable
    layout, time_zone = layout_of(settings, "credit_note"), zone_of(settings)
    name = register_name(reversal.organization_id, "credit_note", livemode=reversal.livemode)

    async def work(tx: Tx) -> Invoice | None:
        invoice = await _corrected(tx, reversal, stores)
        if invoice is None or invoice.uncredited_of(reversal.origin_id):
            return None
        if invoice.totals.currency != reversal.currency:
            stores.invoices.replace(tx, invoice, invoice.left_uncredited(reversal.origin_id, 0))
            return None
        earlier = await credit_notes_of(tx, invoice, stores)
        if any(note.correction and note.correction.origin_id == reversal.origin_id for note in earlier):
            return None
        totals = _credited(invoice, [note.totals for note in earlier], reversal)
        moved = invoice.money_moved(
            reversal.transaction_id, refunded=reversal.amount, credited=totals.total if totals else 0
        )
        if totals is None:
            stores.invoices.replace(tx, invoice, moved.left_uncredited(reversal.origin_id, reversal.amount))
            return None
        stores.invoices.replace(tx, invoice, moved)
        draft = _draft(invoice, totals, reversal, cipher, at=tx.now)
        of_site = organizations.settings(invoice.organization_id, livemode=invoice.livemode, site_id=invoice.site_id)
        own = layout if of_site is None else layout_of(of_site, "credit_note")
        return await issue_note(tx, draft, invoice, own, time_zone, pages=series.pages(tx), stores=stores)

    async with series.lane(name):
        await series.prepare(name, series_name(name, layout, day_in(clock.now(), time_zone)))
        return await uow.run(work, inbox=inbox)


async def _corrected(tx: Tx, reversal: Reversal, stores: Stores) -> Invoice | None:
    invoice = await invoice_of(tx, reversal.scope, reversal.transaction_id, stores)
    if invoice is None and not await is_left_out(tx, reversal.scope, reversal.transaction_id, stores):
        raise InvoiceMissing("the payment has no invoice yet")
    return invoice


def _credited(invoice: Invoice, earlier: list[Totals], reversal: Reversal) -> Totals | None:
    """Totals of the credit note. A surplus goes back first, and no document takes it back."""
    surplus = invoice.balance.surplus
    if invoice.numbering is None or reversal.amount <= surplus:
        return None
    return compute_credit(
        invoice.totals,
        earlier,
        reversal.amount - surplus,
        description=credit_words(reversal.reason, invoice.numbering.number, invoice.language),
        lines=() if surplus else reversal.lines,
    )


def _draft(invoice: Invoice, totals: Totals, reversal: Reversal, cipher: FieldCipher, *, at: datetime) -> Invoice:
    """Everything but the number, with the money that went back."""
    returned = tuple(
        replace(one, paid_at=reversal.occurred_at, settled=reversal.amount, refunded=0, at_issue=True)
        for one in invoice.settlements
        if one.transaction_id == reversal.transaction_id
    )
    correction = correction_of(invoice, reversal.reason, reversal.origin_id)
    return credit_note_of(invoice, totals, correction, cipher, note_id=new_object_id(), at=at, settlements=returned)
