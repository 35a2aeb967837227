"""An operator trusts a customer again."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import NotFound
from gateway_contracts.requests.dispute import HoldRecord
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.dispute import Hold
from transaction.ports import Deps
from transaction.views import hold_record


async def release_hold(hold_id: str, *, scope: Scope, deps: Deps) -> HoldRecord:
    """Idempotent.

    Raises:
        NotFound: there is no such hold in this organization and mode.
    """

    async def work(tx: Tx) -> Hold:
        hold = await deps.holds.get(tx, scope, hold_id)
        if hold is None:
            raise NotFound("there is no such hold", code="HOLD_NOT_FOUND")
        if not hold.active:
            return hold
        released = hold.changed(active=False, released_at=tx.now)
        return deps.holds.replace(tx, hold, released)

    return hold_record(await deps.uow.run(work))
