"""The bank itself tells of money (Wise): booked like a receipt that a merchant records, or left to a person."""

from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CaseKind
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.records import Case
from transaction.domain.reports import TransferReceived
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.transitions.apply_transition import TransitionResult
from transaction.transitions.book_receipt import IncomingTransfer, book_receipt
from transaction.transitions.open_case import open_unassigned_case

log = get_logger(__name__)


async def apply_receipt(
    tx: Tx, report: TransferReceived, transaction: Transaction, checkout: Checkout, *, event_id: str | None, deps: Deps
) -> TransitionResult | None:
    """Book the money; None when this transfer was booked before, by whichever event.

    Raises:
        ChangedMeanwhile: the transaction was changed at the same moment.
    """
    money = _money(report)
    reference = f"{transaction.provider_type}:{report.provider_object_id}"
    if await deps.receipts.by_bank_reference(tx, transaction.scope, reference) is not None:
        return None
    arrived = IncomingTransfer(
        amount=money,
        bank_reference=reference,
        received_at=report.occurred_at,
        source="provider",
        event_id=event_id,
        event_type=report.event_type,
        provider_status=report.provider_status,
    )
    return await book_receipt(tx, arrived, transaction, checkout, deps=deps)


async def note_unmatched(tx: Tx, report: TransferReceived, event: ReceivedProviderEvent, *, deps: Deps) -> None:
    """Money that names no transaction of this organization and account is never applied to one: a person looks."""
    money = _money(report)
    named = report.provider_payment_id
    note = f"the reference {named} names no transaction of this account" if named else "there is no reference of ours"
    case = Case(
        id=new_object_id(),
        organization_id=event.organization_id,
        livemode=event.livemode,
        kind=CaseKind.UNMATCHED_EVENT,
        key=f"receipt:{event.provider_id}:{report.provider_object_id}",
        provider_id=event.provider_id,
        provider_type=event.provider_type,
        created_at=tx.now,
        provider_event_type=report.event_type,
        provider_payment_id=named,
        amount=money.amount_minor,
        currency=money.currency,
        note=f"{note}; transfer {report.provider_object_id}",
    )
    if await deps.cases.exists(tx, case.scope, case.key):
        return
    await open_unassigned_case(tx, case, deps=deps)
    log.warning("case.opened", case_id=case.id, kind=case.kind, provider_id=event.provider_id)


def _money(report: TransferReceived) -> Money:
    assert report.amount is not None, "money that arrived has an amount"
    assert report.provider_object_id, "money that arrived has an id at its bank"
    return report.amount
