"""An operator trusts a customer again."""

from dataclasses import replace

from gateway_contracts.errors import NotFound
from gateway_contracts.requests.dispute import HoldRecord
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.dispute import Hold
from transaction.domain.records import Scope
from transaction.ports import Deps
from transaction.views import hold_record


async def release_hold(hold_id: str, *, scope: Scope, deps: Deps) -> HoldRecord:
    """Idempotent.

    Raises:
        NotFound: there is no such hold in this organization and mode.
    """

    async def work(tx: Tx) -> Hold:
        hold = await deps.holds.get(scope, hold_id, tx)
        if hold is None:
            raise NotFound("there is no such hold", code="HOLD_NOT_FOUND")
        if not hold.active:
            return hold
        released = replace(hold, active=False, released_at=tx.now)
        await deps.holds.put(tx, released)
        return released

    return hold_record(await deps.uow.run(work))
