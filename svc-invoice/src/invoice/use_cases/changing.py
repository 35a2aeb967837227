"""One change of an invoice under the caller's operation id."""

from collections.abc import Awaitable, Callable

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict
from gateway_contracts.ids import new_operation_id
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from gateway_kit.telemetry import current_traceparent
from invoice.domain.invoice import Invoice, Kind
from invoice.errors import InvoiceIssuedAlready, InvoiceNotFound, SettingsUnavailable
from invoice.ports import OrganizationSettings
from invoice.use_cases.deps import Deps


async def once(
    work: Callable[[Tx], Awaitable[Invoice]], *, operation_id: str | None, entity_id: str, scope: Scope, deps: Deps
) -> Invoice:
    """The outcome of the work; a repetition of the operation is answered with the document as it is now.

    Raises:
        Conflict: the operation id belongs to something else.
    """
    operation = Operation(operation_id or new_operation_id(), entity_id)
    try:
        return await deps.uow.run(work, operation=operation)
    except OperationReplayed as replay:
        known = await deps.stores.invoices.get(None, scope, replay.entity_id)
        if known is None:
            raise Conflict("this operation id belongs to another request", code="OPERATION_CONFLICT") from replay
        return known


async def existing(tx: Tx | None, scope: Scope, invoice_id: str, deps: Deps, *, kind: Kind = "invoice") -> Invoice:
    """
    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
    """
    found = await deps.stores.invoices.get(tx, scope, invoice_id)
    if found is None or found.kind != kind:
        raise InvoiceNotFound(kind)
    return found


async def existing_draft(tx: Tx | None, scope: Scope, invoice_id: str, deps: Deps) -> Invoice:
    """
    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceIssuedAlready: it is no draft any more.
    """
    found = await existing(tx, scope, invoice_id, deps)
    if found.status != "draft":
        raise InvoiceIssuedAlready
    return found


async def render_again(tx: Tx, invoice: Invoice, deps: Deps) -> None:
    """The document of an issued invoice waits to be made again."""
    task = await deps.stores.render_tasks.get(tx, invoice.scope, invoice.id)
    assert task is not None, "it was found as an invoice"
    again = task.again(tx.now).changed(traceparent=current_traceparent())
    deps.stores.render_tasks.replace(tx, task, again)


def settings_of(scope: Scope, site_id: str, deps: Deps) -> OrganizationSettings:
    """The settings of the organization in the caller's mode, with those of the site.

    Raises:
        SettingsUnavailable: they are not known yet.
    """
    settings = deps.organizations.settings(scope.organization_id, livemode=scope.mode, site_id=site_id)
    if settings is None:
        raise SettingsUnavailable
    return settings
