"""Drafts get their numbers: those that wait at the same moment in one transaction."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import GatewayError
from gateway_contracts.numbering import NumberLayout
from gateway_contracts.time_zones import day_in
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.telemetry import current_traceparent
from invoice.domain.accounting import with_rate_reason
from invoice.domain.invoice import Invoice, series_name
from invoice.domain.seller import seller_from_settings
from invoice.errors import DraftIncomplete, InvoiceIssuedAlready, InvoiceNotFound
from invoice.ports import OrganizationSettings
from invoice.use_cases.assign_number import assign_number, layout_of, zone_of
from invoice.use_cases.automatic_links import intended_link
from invoice.use_cases.changing import settings_of
from invoice.use_cases.complete_draft import completed
from invoice.use_cases.deps import Deps
from invoice.use_cases.draft_reasons import with_party_reasons
from invoice.use_cases.events import emit_drafted, emit_issued
from invoice.use_cases.number_series import RegisterPages


@dataclass(frozen=True)
class IssueDraft:
    """A draft to issue.

    Attributes:
        operation_id: of the caller; the same again is answered and not executed.
        is_due: its own time came; where it cannot be issued, it says why and waits for a person.
    """

    scope: Scope
    invoice_id: str
    operation_id: str | None = None
    is_due: bool = False


@dataclass(frozen=True)
class _Plan:
    layout: NumberLayout
    time_zone: str
    settings: OrganizationSettings


async def issue_drafts(wanted: Sequence[IssueDraft], *, deps: Deps) -> list[Invoice | GatewayError]:
    """The issued invoices, or why one could not be issued, in their order.

    Numbers, invoices, register rows and events are one database transaction: when it aborts, no number was used.

    Raises:
        SettingsUnavailable: an organization's settings are not known yet.
        LayoutInvalid: a number layout cannot be used.
        ChangedMeanwhile: another process issued at the same moment.
    """
    seen = [await deps.stores.invoices.get(None, one.scope, one.invoice_id) for one in wanted]
    drafts = {draft.id: draft for draft in seen if draft is not None and draft.status == "draft"}
    plans = {draft.id: _plan(draft, deps) for draft in drafts.values()}
    registers = {
        draft.id: (draft.register, _series(draft, plans[draft.id], deps.clock.now())) for draft in drafts.values()
    }

    async def work(tx: Tx) -> list[Invoice | GatewayError]:
        pages = deps.series.pages(tx)
        return [await _issue(tx, one, plans, pages, deps) for one in wanted]

    async with AsyncExitStack() as lanes:
        # Always in the same order, so that two groups never wait for each other.
        for name in sorted({register for register, _ in registers.values()}):
            await lanes.enter_async_context(deps.series.lane(name))
        for register, series in registers.values():
            await deps.series.prepare(register, series)
        return await deps.uow.run(work)


def _plan(draft: Invoice, deps: Deps) -> _Plan:
    settings = settings_of(draft.scope, draft.site_id, deps)
    return _Plan(layout_of(settings, "invoice"), zone_of(settings), settings)


def _series(draft: Invoice, plan: _Plan, at: datetime) -> str:
    return series_name(draft.register, plan.layout, day_in(at, plan.time_zone))


async def _issue(
    tx: Tx, wanted: IssueDraft, plans: dict[str, _Plan], pages: RegisterPages, deps: Deps
) -> Invoice | GatewayError:
    draft = await deps.stores.invoices.get(tx, wanted.scope, wanted.invoice_id)
    if draft is None or draft.kind != "invoice":
        return InvoiceNotFound()
    if draft.status == "issued":
        is_repeated = wanted.operation_id is not None and draft.issue_operation == wanted.operation_id
        return draft if is_repeated else InvoiceIssuedAlready()
    plan = plans[draft.id]
    if reasons := _reasons(draft, plan, tx.now, deps):
        if wanted.is_due:
            stays = draft.changed(finalize_at=None, draft_reasons=reasons)
            emit_drafted(tx, deps.stores.invoices.replace(tx, draft, stays))
        return DraftIncomplete(reasons)
    complete = _completed(draft, plan, tx.now, deps).changed(issue_operation=wanted.operation_id)
    numbered = await assign_number(pages, complete, plan.layout, at=tx.now, time_zone=plan.time_zone)
    issued = deps.stores.invoices.replace(tx, draft, numbered)
    task = await deps.stores.render_tasks.get(tx, draft.scope, draft.id)
    assert task is not None, "it was found as an invoice"
    deps.stores.render_tasks.replace(tx, task, task.queued(tx.now, current_traceparent()))
    emit_issued(tx, issued)
    return issued


def _reasons(draft: Invoice, plan: _Plan, at: datetime, deps: Deps) -> tuple[str, ...]:
    seller = seller_from_settings(plan.settings.name, plan.settings.country, plan.settings.invoicing)
    reasons = with_rate_reason(draft.draft_reasons, draft.totals, seller.accounting_currency, draft.accounting)
    if draft.order is None:
        return reasons
    buyer, ship_to = deps.cipher.open_buyer(draft), deps.cipher.open_ship_to(draft)
    today = day_in(at, plan.time_zone)
    return with_party_reasons(reasons, draft.totals, seller, buyer, ship_to, supplied_on=today)


def _completed(draft: Invoice, plan: _Plan, at: datetime, deps: Deps) -> Invoice:
    """With everything that the settings say at the moment of the issue."""
    settings = plan.settings
    seller = seller_from_settings(settings.name, settings.country, settings.invoicing)
    tenant = {"organization_id": draft.organization_id, "invoice_id": draft.id}
    sealed = deps.cipher.seal_seller(seller, **tenant)
    complete = completed(draft, settings, day_in(at, plan.time_zone))
    return complete.changed(seller=sealed, payment_link=intended_link(draft, settings))
