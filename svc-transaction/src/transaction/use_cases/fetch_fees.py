"""A job: fees that providers only named are asked for, and booked."""

import asyncio
from typing import Final

from gateway_contracts.errors import GatewayError
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from gateway_providers.ports import Settlement
from transaction.domain.moves import move_of
from transaction.domain.records import Call, Fact
from transaction.domain.states import Trigger
from transaction.ports import Deps
from transaction.use_cases.advance import advance
from transaction.use_cases.load import load_pair, provider_of
from transaction.use_cases.schedule import next_attempt

log = get_logger(__name__)

WORKERS: Final = 8


async def fetch_fees(*, deps: Deps, limit: int = 1000) -> int:
    """Work off what waits, several at a time; returns how many were looked at."""
    work = (_work(limit // WORKERS, deps=deps) for _ in range(WORKERS))
    ended = await asyncio.gather(*work, return_exceptions=True)
    for result in ended:
        if isinstance(result, BaseException):
            raise result  # after the others have come to their end
    return sum(result for result in ended if isinstance(result, int))


async def _work(limit: int, *, deps: Deps) -> int:
    for count in range(limit):
        call = await deps.calls.claim_waiting(deps.clock.now(), deps.timing.lease)
        if call is None:
            return count
        try:
            await _fetch(call, deps=deps)
        except GatewayError as exc:
            await _postpone(call, exc, deps=deps)
    return limit


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
        move = move_of(_fact(call, told, tx), present, checkout, source="janitor", event_id=None)
        await advance(tx, move, present, checkout, deps=deps)

    await deps.uow.run(work)


def _fact(call: Call, told: Settlement, tx: Tx) -> Fact:
    return Fact(
        trigger=Trigger.UNKNOWN_FACT,
        event_type="asked",
        provider_status="",
        occurred_at=tx.now,
        label="fee_booked",
        amount=told.fee,
        provider_object_id=call.object_id,
        is_fee=True,
        exchange=(told.exchange.gone, told.exchange.come) if told.exchange else None,
        rounding=told.rounding,
    )


async def _postpone(call: Call, exc: GatewayError, *, deps: Deps) -> None:
    due_at = next_attempt(call.attempts + 1, deps=deps)
    log.warning("janitor.fee_postponed", call_id=call.id, code=exc.code, given_up=due_at is None)
    if due_at is None:
        await deps.uow.run(lambda tx: deps.calls.close(tx, call, "abandoned"))
    else:
        await deps.calls.postpone(call, due_at)
