"""An issued invoice says something else beside its amounts: with a reason, a trail and a row in the register."""

from dataclasses import asdict, replace
from typing import Final

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Invalid
from gateway_contracts.events.transaction import Party
from gateway_contracts.invoice_fields import TermsFields
from gateway_contracts.limits import CORRECTIONS_MAX
from gateway_contracts.requests.invoice_changes import CorrectInvoice
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice, Sealed, SnapshotCorrection
from invoice.errors import InvoiceNotIssued, InvoiceVoided, TooManyCorrections
from invoice.use_cases.changing import existing, once, render_again
from invoice.use_cases.deps import Deps
from invoice.use_cases.events import emit_corrected

STORED_AS: Final = {"due_date": "due_on"}
"""Names of terms that differ from those of the API."""
_CLIENT: Final = "client"


async def correct_invoice(
    command: CorrectInvoice, *, scope: Scope, actor: Actor, operation_id: str | None, deps: Deps
) -> Invoice:
    """The invoice with the given buyer's data and texts, never the client's record (ADR 0073).

    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceNotIssued: a draft is edited.
        InvoiceVoided: it was reversed.
        TooManyCorrections: there is a bound.
        Invalid: nothing would change.
    """
    seen = await existing(None, scope, command.invoice_id, deps)

    async def work(tx: Tx) -> Invoice:
        before = await existing(tx, scope, command.invoice_id, deps)
        _check(before)
        after, fields = _corrected(before, command, deps)
        if not fields:
            raise Invalid.field("changes", "change nothing", code="NOTHING_CHANGED")
        tenant = {"organization_id": before.organization_id, "invoice_id": before.id}
        entry = SnapshotCorrection(
            at=tx.now,
            by=f"{actor.kind}:{actor.subject_id}",
            reason=deps.cipher.seal_reason(command.reason, **tenant),
            terms=before.terms,
            buyer=deps.cipher.former_buyer(before),
        )
        written = after.changed(corrections=(*before.corrections, entry), pdf_sha256=None)
        stored = deps.stores.invoices.replace(tx, before, written)
        await deps.series.pages(tx).append(stored, corrections=len(stored.corrections))
        await render_again(tx, stored, deps)
        emit_corrected(tx, stored, fields)
        return stored

    async with deps.series.lane(seen.register):
        return await once(work, operation_id=operation_id, entity_id=command.invoice_id, scope=scope, deps=deps)


def _check(invoice: Invoice) -> None:
    if invoice.status == "draft":
        raise InvoiceNotIssued(invoice.draft_reason)
    if invoice.voided:
        raise InvoiceVoided
    if len(invoice.corrections) >= CORRECTIONS_MAX:
        raise TooManyCorrections


def _corrected(before: Invoice, command: CorrectInvoice, deps: Deps) -> tuple[Invoice, list[str]]:
    """The document with the given values, and the names of those that differ."""
    given = {name: getattr(command, name) for name in TermsFields.model_fields if getattr(command, name) is not None}
    kept = asdict(before.terms)
    terms = {STORED_AS.get(name, name): value for name, value in given.items()}
    fields = [name for name in given if kept[STORED_AS.get(name, name)] != terms[STORED_AS.get(name, name)]]
    buyer, is_other = _buyer(before, command.buyer, deps)
    names = [*([_CLIENT] if is_other else []), *(_camel(name) for name in fields)]
    return before.changed(terms=replace(before.terms, **terms), buyer=buyer), names


def _buyer(before: Invoice, given: Party, deps: Deps) -> tuple[Sealed | None, bool]:
    present = deps.cipher.open_buyer(before) or Party()
    changes = {name: value for name, value in given.model_dump().items() if value is not None}
    after = present.model_copy(update=changes)
    if after == present:
        return before.buyer, False
    tenant = {"organization_id": before.organization_id, "invoice_id": before.id}
    return deps.cipher.seal_buyer(after, **tenant), True


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
