"""A pass: fees that providers only named are asked for, and booked."""

from typing import Final

from gateway_contracts.errors import GatewayError
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import Pass, PassLimits
from gateway_providers.ports import Settlement
from transaction.domain.records import Call
from transaction.domain.reports import FeeReported
from transaction.domain.states import Trigger
from transaction.domain.transition import transition_of
from transaction.ports import Deps
from transaction.provider_operations.account import provider_of
from transaction.provider_operations.postpone_call import postpone
from transaction.provider_port import BACKGROUND_CALLS_PER_ACCOUNT
from transaction.transitions.apply_transition import apply_transition
from transaction.transitions.load import load_pair

# A lookup is one short call, and each payment of a provider that keeps its fee apart needs one.
LIMITS: Final = PassLimits(per_tenant=250, at_once_per_tenant=BACKGROUND_CALLS_PER_ACCOUNT)


def fetch_fees(deps: Deps) -> Pass[Call]:
    """Works off the lookups that wait."""

    async def work(call: Call) -> None:
        try:
            await _fetch(call, deps=deps)
        except GatewayError as exc:
            await postpone(call, exc, attempts=call.attempts + 1, deps=deps)

    return Pass(
        "fetch-fees",
        rows=deps.calls.waiting,
        work=work,
        clock=deps.clock,
        letters=deps.letters,
        limits=LIMITS,
    )


async def _fetch(call: Call, *, deps: Deps) -> None:
    transaction = await deps.transactions.get(call.scope, call.transaction_id)
    assert transaction is not None, "a call is stored together with its transaction"
    provider = await provider_of(transaction, deps=deps)
    told = await deps.providers.fetch_settlement(provider, call.object_id or "")

    async def work(tx: Tx) -> None:
        await deps.calls.close(tx, call, "done" if told else "refused")
        if told is None or told == Settlement():
            return
        present, checkout = await load_pair(tx, call.scope, call.transaction_id, deps=deps)
        transition = transition_of(_report(call, told, tx), present, checkout, source="janitor", event_id=None)
        await apply_transition(tx, transition, present, checkout, deps=deps)

    await deps.uow.run(work)


def _report(call: Call, told: Settlement, tx: Tx) -> FeeReported:
    return FeeReported(
        trigger=Trigger.UNKNOWN_FACT,
        event_type="asked",
        provider_status="",
        occurred_at=tx.now,
        label="fee_booked",
        amount=told.fee,
        provider_object_id=call.object_id,
        exchange=(told.exchange.gone, told.exchange.come) if told.exchange else None,
        rounding=told.rounding,
    )
