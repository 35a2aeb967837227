"""Cases: money or facts that wait for the decision of a person."""

from typing import Final

from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.case import CaseKind
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Case
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition, case_key
from transaction.errors import too_many_cases
from transaction.ports import Deps
from transaction.transitions.reversal_events import emit_case_opened

log = get_logger(__name__)

OPEN_CASES_MAX: Final = 5_000
"""Open cases of one organization and mode, beyond which no case without a transaction is opened. Those that are opened
at the same moment count without each other: a bound against a flood, not exact."""


async def open_unassigned_case(tx: Tx, case: Case, *, deps: Deps) -> None:
    """Store it and emit its event.

    Raises:
        Conflict: ``TOO_MANY_CASES``; what would have opened it is set aside.
    """
    if await deps.cases.count_open(tx, case.scope, limit=OPEN_CASES_MAX) >= OPEN_CASES_MAX:
        raise too_many_cases()
    deps.cases.open(tx, case)
    emit_case_opened(tx, case)


async def open_case(
    tx: Tx,
    kind: CaseKind,
    transition: Transition,
    transaction: Transaction,
    *,
    deps: Deps,
    key: str | None = None,
    refund_id: str | None = None,
) -> Case:
    """Keep what fits no transition for a person."""
    case = Case(
        id=new_object_id(),
        organization_id=transaction.organization_id,
        livemode=transaction.livemode,
        kind=kind,
        key=key or case_key(kind, transition, transaction),
        provider_id=transaction.provider_id,
        provider_type=transaction.provider_type,
        created_at=tx.now,
        transaction_id=transaction.id,
        checkout_id=transaction.checkout_id,
        site_id=transaction.site_id,
        provider_event_type=transition.event_type,
        provider_payment_id=transition.provider_payment_id or transaction.provider_payment_id,
        amount=transition.amount.amount_minor if transition.amount else None,
        currency=transition.amount.currency if transition.amount else None,
        amount_format=transaction.amount_format,
        note=transition.note,
        refund_id=refund_id,
    )
    deps.cases.open(tx, case)
    emit_case_opened(tx, case)
    log.warning("case.opened", case_id=case.id, kind=kind.value, transaction_id=transaction.id)
    return case
