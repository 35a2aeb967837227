"""Credit notes that a person asks for: a reversal, or a part of an invoice that nothing was paid of."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Invalid
from gateway_contracts.requests.invoice import CreditReason
from gateway_contracts.requests.invoice_changes import CreateCreditNote, CreditLine, VoidInvoice
from gateway_contracts.time_zones import day_in
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.credit import ReturnedLine, compute_credit
from invoice.domain.invoice import Invoice, series_name
from invoice.domain.register import register_name
from invoice.domain.totals import Totals
from invoice.errors import InvoiceNotIssued, InvoiceVoided, NothingToCredit, RefundRequired
from invoice.use_cases.assign_number import layout_of, zone_of
from invoice.use_cases.changing import existing, once, settings_of
from invoice.use_cases.credit_notes import correction_of, credit_note_of, issue_note
from invoice.use_cases.deps import Deps
from invoice.use_cases.events import emit_voided
from invoice.use_cases.find_documents import credit_notes_of
from invoice.use_cases.words import credit_words


@dataclass(frozen=True)
class _TakeBack:
    """A credit note that no money goes back with."""

    scope: Scope
    invoice_id: str
    note_id: str
    reason: CreditReason
    text: str | None
    lines: Sequence[CreditLine] = ()
    operation_id: str | None = None


async def void_invoice(command: VoidInvoice, *, scope: Scope, operation_id: str | None, deps: Deps) -> Invoice:
    """The reversed invoice: a credit note takes back all that is left of it.

    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceNotIssued: it is a draft.
        InvoiceVoided: it was reversed before.
        RefundRequired: money was paid.
        NothingToCredit: credit notes have taken back all of it.
    """
    wanted = _TakeBack(
        scope, command.invoice_id, command.credit_note_id, "void", command.reason, operation_id=operation_id
    )
    return await _take_back(wanted, deps)


async def create_credit_note(
    command: CreateCreditNote, *, scope: Scope, operation_id: str | None, deps: Deps
) -> Invoice:
    """The credit note over the named lines, or over all that is left of the invoice.

    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        Invalid: a line is not the invoice's, or more than is left of it.
        As `void_invoice`.
    """
    wanted = _TakeBack(
        scope, command.invoice_id, command.credit_note_id, "manual", command.reason, command.lines, operation_id
    )
    return await _take_back(wanted, deps)


async def _take_back(wanted: _TakeBack, deps: Deps) -> Invoice:
    """The invoice that was reversed, or else the credit note."""
    seen = await existing(None, wanted.scope, wanted.invoice_id, deps)
    settings = settings_of(wanted.scope, seen.site_id, deps)
    layout, time_zone = layout_of(settings, "credit_note"), zone_of(settings)
    name = register_name(seen.organization_id, "credit_note", livemode=seen.livemode)

    async def work(tx: Tx) -> Invoice:
        invoice = await existing(tx, wanted.scope, wanted.invoice_id, deps)
        _check(invoice)
        earlier = [note.totals for note in await credit_notes_of(tx, invoice, deps.stores)]
        totals = _totals(invoice, earlier, wanted)
        is_void = wanted.reason == "void"
        correction = correction_of(invoice, wanted.reason, invoice.id if is_void else wanted.note_id, wanted.text)
        draft = credit_note_of(invoice, totals, correction, deps.cipher, note_id=wanted.note_id, at=tx.now)
        pages = deps.series.pages(tx)
        note = await issue_note(tx, draft, invoice, layout, time_zone, pages=pages, stores=deps.stores)
        changed = invoice.changed(credited=invoice.credited + totals.total, voided=is_void)
        reversed_ = deps.stores.invoices.replace(tx, invoice, changed)
        if not is_void:
            return note
        emit_voided(tx, reversed_, note)
        return reversed_

    async with deps.series.lane(name):
        await deps.series.prepare(name, series_name(name, layout, day_in(deps.clock.now(), time_zone)))
        entity_id = wanted.invoice_id if wanted.reason == "void" else wanted.note_id
        return await once(work, operation_id=wanted.operation_id, entity_id=entity_id, scope=wanted.scope, deps=deps)


def _check(invoice: Invoice) -> None:
    if invoice.status == "draft":
        raise InvoiceNotIssued(invoice.draft_reason)
    if invoice.voided:
        raise InvoiceVoided
    if invoice.balance.settled > 0:
        raise RefundRequired


def _totals(invoice: Invoice, earlier: Sequence[Totals], wanted: _TakeBack) -> Totals:
    left = invoice.totals.total - sum(note.total for note in earlier)
    amount = sum(line.amount for line in wanted.lines) or left
    if left > 0 and amount > left:
        raise Invalid.field("lines", f"are more than what is left of the invoice ({left})", code="CREDIT_TOO_LARGE")
    assert invoice.numbering is not None, "drafts are not corrected"
    totals = compute_credit(
        invoice.totals,
        earlier,
        amount,
        description=credit_words(wanted.reason, invoice.numbering.number, invoice.language),
        lines=[_returned(invoice, place, line) for place, line in enumerate(wanted.lines)],
    )
    if totals is None:
        raise NothingToCredit
    return totals


def _returned(invoice: Invoice, place: int, line: CreditLine) -> ReturnedLine:
    if line.line >= len(invoice.totals.lines):
        raise Invalid.field(f"lines[{place}].line", "is no line of the invoice", code="UNKNOWN_LINE")
    return ReturnedLine(invoice.totals.lines[line.line].item, line.amount)
