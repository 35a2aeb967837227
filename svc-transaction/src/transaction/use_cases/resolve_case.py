"""A person decides about money or a fact that fitted no transition."""

from typing import assert_never

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict
from gateway_contracts.ids import new_operation_id
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CaseKind, CaseRecord
from gateway_contracts.requests.operation import ResolveCase
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from transaction.domain import ledger
from transaction.domain.ledger import Entry
from transaction.domain.records import Case, ProviderOperation
from transaction.domain.states import PAID, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition
from transaction.errors import case_not_found
from transaction.ports import Deps
from transaction.provider_operations.execute import execute_operations
from transaction.provider_operations.miss_refund import settle_missing
from transaction.provider_operations.refund_case import holds_money, refund_held
from transaction.transitions.apply_transition import apply_transition
from transaction.transitions.close_case import close_case
from transaction.transitions.load import load_pair
from transaction.views import case_record

_STATUS = {"accept": "accepted", "refund": "refunded", "dismiss": "dismissed"}


async def resolve_case(request: ResolveCase, *, scope: Scope, operation_id: str | None, deps: Deps) -> CaseRecord:
    """Accept the money, send it back, or put a fact aside. A refund that its provider no longer knows is accepted as
    paid, or dismissed as never paid. Idempotent: the same decision again is fine.

    Raises:
        NotFound: there is no such case in this organization and mode.
        Conflict: it was decided otherwise (``CASE_CLOSED``), or the decision does not fit (``CASE_NOT_APPLICABLE``).
    """

    async def work(tx: Tx) -> tuple[ProviderOperation, ...]:
        case = await deps.cases.get(tx, scope, request.case_id)
        if case is None:
            raise case_not_found()
        if case.status != "open":
            _require_same(case, request)
            return ()
        return await _decide(tx, case, request, deps=deps)

    operation = Operation(operation_id or new_operation_id(), request.case_id)
    try:
        operations = await deps.uow.run(work, operation=operation)
    except OperationReplayed:
        operations = ()
    await execute_operations(operations, deps=deps)
    case = await deps.cases.get(None, scope, request.case_id)
    if case is None:
        raise case_not_found()
    return case_record(case)


def _require_same(case: Case, request: ResolveCase) -> None:
    if case.status != _STATUS[request.resolution]:
        raise Conflict(f"this case is {case.status}", code="CASE_CLOSED")


async def _decide(tx: Tx, case: Case, request: ResolveCase, *, deps: Deps) -> tuple[ProviderOperation, ...]:
    if case.transaction_id is None:
        if request.resolution != "dismiss":
            raise _unfit("this case names no transaction: it can only be dismissed")
        await close_case(tx, case, "dismissed", deps=deps)
        return ()
    if case.kind == CaseKind.REFUND_MISSING:
        is_done = _was_paid(request)
        await settle_missing(tx, case, is_done=is_done, dispatch_ipn=request.dispatch_ipn, deps=deps)
        return ()
    transaction, _ = await load_pair(tx, case.scope, case.transaction_id, deps=deps)
    is_held = holds_money(case, transaction)
    if request.resolution == "dismiss":
        if is_held:
            raise _unfit("money is held for this case: accept it or send it back")
        await close_case(tx, case, "dismissed", deps=deps)
        return ()
    if not is_held:
        raise _unfit("no money is held for this case: it can only be dismissed")
    match request.resolution:
        case "accept":
            return await _accept(tx, case, request, transaction, deps=deps)
        case "refund":
            outcome = await refund_held(
                tx, case, request.refund_id, source="operator", deps=deps, dispatch_ipn=request.dispatch_ipn
            )
            return outcome.operations
        case _:
            assert_never(request.resolution)


def _was_paid(request: ResolveCase) -> bool:
    """The decision about a refund that its provider does not show."""
    match request.resolution:
        case "accept":
            return True
        case "dismiss":
            return False
        case "refund":
            raise _unfit("accept the case if the refund was paid; dismiss it if not, then refund again")
        case _:
            assert_never(request.resolution)


async def _accept(
    tx: Tx, case: Case, request: ResolveCase, transaction: Transaction, *, deps: Deps
) -> tuple[ProviderOperation, ...]:
    """The money becomes the sale; on a transaction that is paid already, it stays as more than was asked for."""
    money = Money(case.amount or 0, case.currency or transaction.currency)
    if transaction.status in (Status.REFUNDED, Status.INITIATED, Status.UNKNOWN):
        raise _unfit(f"the transaction is {transaction.status.public}: the money can only be sent back")
    if transaction.status not in PAID and not transaction.is_own(case.provider_payment_id):
        raise _unfit("the money came by another payment than the transaction's: it can only be sent back")
    transition = Transition(
        Trigger.CASE_ACCEPTED,
        "operator",
        amount=money,
        note=f"{case.kind} {money.decimal_text()} {money.currency}",
        entries=(_accepted(case, money, transaction),),
        reference=f"case:{case.id}",
        dispatch_ipn=request.dispatch_ipn,
    )
    _, checkout = await load_pair(tx, case.scope, transaction.id, deps=deps)
    outcome = await apply_transition(tx, transition, transaction, checkout, deps=deps)
    await close_case(tx, case, "accepted", deps=deps)
    return outcome.operations


def _accepted(case: Case, money: Money, transaction: Transaction) -> Entry:
    is_surplus = transaction.status is Status.SUCCEEDED and case.kind == CaseKind.AMOUNT_MISMATCH
    if is_surplus:
        return ledger.surplus_kept(money, case.id)
    return ledger.unapplied_accepted(money, transaction.provider_id, case.id)


def _unfit(message: str) -> Conflict:
    return Conflict(message, code="CASE_NOT_APPLICABLE")
