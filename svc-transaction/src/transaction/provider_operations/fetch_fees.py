"""A pass: fees that providers only named are asked for, and booked."""

from typing import Final

from gateway_contracts.errors import GatewayError
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import Pass, PassLimits
from gateway_providers.ports import Settlement
from gateway_providers.recording import recording
from transaction.domain.records import ProviderOperation
from transaction.domain.reports import FeeReported
from transaction.domain.states import Trigger
from transaction.domain.transition import transition_of
from transaction.ports import Deps
from transaction.provider_operations.account import provider_of
from transaction.provider_operations.keep_requests import close_operation
from transaction.provider_operations.postpone import postpone
from transaction.provider_port import BACKGROUND_CALLS_PER_ACCOUNT
from transaction.transitions.apply_transition import apply_transition
from transaction.transitions.load import load_pair

# A lookup is one short call, and each payment of a provider that keeps its fee apart needs one.
LIMITS: Final = PassLimits(per_tenant=250, at_once_per_tenant=BACKGROUND_CALLS_PER_ACCOUNT)


def fetch_fees(deps: Deps) -> Pass[ProviderOperation]:
    """Works off the lookups that wait."""

    async def work(operation: ProviderOperation) -> None:
        with recording(operation.id):
            try:
                await _fetch(operation, deps=deps)
            except GatewayError as exc:
                await postpone(operation, exc, attempts=operation.attempts + 1, deps=deps)

    return Pass(
        "fetch-fees",
        rows=deps.operations.waiting,
        work=work,
        clock=deps.clock,
        letters=deps.letters,
        limits=LIMITS,
    )


async def _fetch(operation: ProviderOperation, *, deps: Deps) -> None:
    transaction = await deps.transactions.get(None, operation.scope, operation.transaction_id)
    assert transaction is not None, "a call is stored together with its transaction"
    provider = await provider_of(transaction, deps=deps)
    settlement = await deps.providers.fetch_settlement(provider, operation.object_id or "")

    async def work(tx: Tx) -> None:
        await close_operation(tx, operation, "done" if settlement else "refused", deps=deps)
        if settlement is None or settlement == Settlement():
            return
        present, checkout = await load_pair(tx, operation.scope, operation.transaction_id, deps=deps)
        transition = transition_of(
            _report(operation, settlement, tx), present, checkout, source="janitor", event_id=None
        )
        await apply_transition(tx, transition, present, checkout, deps=deps)

    await deps.uow.run(work)


def _report(operation: ProviderOperation, settlement: Settlement, tx: Tx) -> FeeReported:
    return FeeReported(
        trigger=Trigger.UNKNOWN_FACT,
        event_type="asked",
        provider_status="",
        occurred_at=tx.now,
        label="fee_booked",
        amount=settlement.fee,
        provider_object_id=operation.object_id,
        exchange=(settlement.exchange.gone, settlement.exchange.come) if settlement.exchange else None,
        rounding=settlement.rounding,
    )
