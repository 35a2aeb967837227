"""A refund of which the provider says nothing any more waits for a person, with its amount reserved until then."""

from dataclasses import replace

from gateway_contracts.errors import OutcomeUnknown
from gateway_contracts.requests.case import CaseKind
from gateway_contracts.requests.transaction import Failure
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Case, ProviderOperation
from transaction.domain.refund import UNDECIDED, Refund, RefundState, RefundUpdate
from transaction.domain.states import Trigger
from transaction.domain.transition import Transition
from transaction.ports import Deps
from transaction.provider_operations.keep_requests import close_operation, postpone_operation
from transaction.transitions.close_case import close_case
from transaction.transitions.load import load_pair
from transaction.transitions.open_case import open_case
from transaction.transitions.settle_refund import EventSource, missing_key, settle_refund

log = get_logger(__name__)

NOT_SHOWN = "the provider no longer shows it"
UNDECIDED_THERE = "the provider did not decide it in the time for which it is asked"
NO_ANSWER = "the provider did not answer in the time for which it is asked"
_MISSING = Failure(code="REFUND_MISSING", message="The payment provider no longer knows this refund.")


class RefundNotShown(OutcomeUnknown):
    """The provider does not show a refund that it had shown before."""


async def look_again(operation: ProviderOperation, *, deps: Deps) -> None:
    """After a look that did not find it: once more, or it becomes a case."""
    timing, missed = deps.timing, operation.missed + 1
    log.warning("provider.refund_not_shown", refund_id=operation.refund_id, missed=missed)
    if missed > timing.refund_missing_looks:
        await give_up(operation, NOT_SHOWN, deps=deps)
        return
    due_at = deps.clock.now() + timing.refund_missing / timing.refund_missing_looks
    await deps.uow.run(lambda tx: postpone_operation(tx, operation, due_at, is_attempt=False, missed=missed, deps=deps))


async def give_up(operation: ProviderOperation, why: str, *, deps: Deps) -> None:
    """Stop asking; a person decides about the outcome of the refund."""

    async def work(tx: Tx) -> None:
        await close_operation(tx, operation, "abandoned", deps=deps)
        refund = await deps.refunds.get(tx, operation.scope, operation.refund_id or "")
        if refund is None or refund.state not in UNDECIDED:
            return
        if not await deps.cases.exists(tx, refund.scope, missing_key(refund)):
            await _open(tx, refund, why, deps=deps)

    await deps.uow.run(work)


async def _open(tx: Tx, refund: Refund, why: str, *, deps: Deps) -> None:
    transaction, _ = await load_pair(tx, refund.scope, refund.transaction_id, deps=deps)
    about = Transition(
        Trigger.UNKNOWN_FACT,
        "janitor",
        provider_payment_id=refund.provider_payment_id,
        amount=refund.money,
        note=f"refund {refund.id} ({refund.provider_refund_id or 'without an id there'}): {why}",
    )
    await open_case(
        tx, CaseKind.REFUND_MISSING, about, transaction, deps=deps, key=missing_key(refund), refund_id=refund.id
    )


async def settle_missing(tx: Tx, case: Case, *, is_done: bool, dispatch_ipn: bool, deps: Deps) -> None:
    """A person knows: it was paid and is booked, or it was not and its amount is free again."""
    closed = await close_case(tx, case, "accepted" if is_done else "dismissed", deps=deps, refund_id=case.refund_id)
    refund = await deps.refunds.get(tx, closed.scope, closed.refund_id or "")
    if refund is None or refund.state not in UNDECIDED:
        return
    update = RefundUpdate(RefundState.SUCCEEDED) if is_done else RefundUpdate(RefundState.FAILED, failure=_MISSING)
    event_source = EventSource("operator", dispatch_ipn=dispatch_ipn, manual=True)
    await settle_refund(
        tx, refund, replace(update, provider_refund_id=refund.provider_refund_id), event_source, deps=deps
    )
