"""A pass over parked facts: applied when their transaction appears, after a day a person looks at them."""

from datetime import datetime, timedelta

from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.case import CaseKind
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import Pass
from transaction.domain.records import Case, ParkedReport
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.provider_operations.execute import execute_operations
from transaction.transitions.apply_report import apply_parked_report, must_wait
from transaction.transitions.open_case import open_unassigned_case

log = get_logger(__name__)

# A fact is looked at again after half of its age, within these: its transaction applies it by itself when it appears.
_LOOK_MIN, _LOOK_MAX = timedelta(seconds=5), timedelta(minutes=5)


def release_parked(deps: Deps) -> Pass[ParkedReport]:
    """Applies what waits, once its transaction is there; gives it to a person after a day."""
    return Pass(
        "release-parked",
        rows=deps.parked.waiting,
        work=lambda parked: _release(parked, deps=deps),
        clock=deps.clock,
        letters=deps.letters,
    )


async def _release(parked: ParkedReport, *, deps: Deps) -> datetime | None:
    transaction = await deps.transactions.get(None, parked.scope, parked.fact.transaction_id or "")
    is_known = transaction is not None and transaction.provider_id == parked.provider_id
    if transaction is not None and is_known and not must_wait(parked.fact, transaction):
        outcome = await apply_parked_report(parked, deps=deps)
        await execute_operations(outcome.operations if outcome else (), deps=deps)
        return None
    now = deps.clock.now()
    if now < parked.expires_at:
        return min(now + min(max((now - parked.created_at) / 2, _LOOK_MIN), _LOOK_MAX), parked.expires_at)
    await _give_up(parked, transaction if is_known else None, deps=deps)
    return None


async def _give_up(parked: ParkedReport, transaction: Transaction | None, *, deps: Deps) -> None:
    """Open a case for a report with our marker whose payment is unknown or was never proven as captured. It is not
    applied to any other payment."""
    fact = parked.fact
    note = f"names transaction {fact.transaction_id}, which does not exist here"
    if transaction is not None:
        note = "the provider reports a refund or dispute of a payment that it never reported as captured"

    async def work(tx: Tx) -> None:
        if not await deps.parked.close(tx, parked, "unmatched"):
            return
        case = Case(
            id=new_object_id(),
            organization_id=parked.organization_id,
            livemode=parked.livemode,
            kind=CaseKind.UNMATCHED_EVENT,
            key=f"parked:{parked.id}",
            provider_id=parked.provider_id,
            provider_type=parked.provider_type,
            created_at=tx.now,
            provider_event_type=fact.event_type,
            provider_payment_id=fact.provider_payment_id,
            amount=fact.amount.amount_minor if fact.amount else None,
            currency=fact.amount.currency if fact.amount else None,
            note=note,
            transaction_id=transaction.id if transaction else None,
            site_id=transaction.site_id if transaction else None,
            amount_format=transaction.amount_format if transaction else "minor",
        )
        await open_unassigned_case(tx, case, deps=deps)

    await deps.uow.run(work)
    log.warning("case.opened", kind=CaseKind.UNMATCHED_EVENT.value, event_id=parked.event_id)
