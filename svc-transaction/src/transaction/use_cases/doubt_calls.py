"""After a restoration from a backup: a call that had no outcome then may have been made since."""

from typing import Final

from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import ProviderOperation
from transaction.ports import BookKeeping

BATCH: Final = 200


async def doubt_calls(*, deps: BookKeeping) -> int:
    """Count a try of each call without an outcome that has none; how many.

    Repeated calls look at the provider's records first, and know that its idempotency keys end.
    """
    count = 0
    while calls := await deps.operations.untried(limit=BATCH):
        for call in calls:
            await deps.uow.run(lambda tx, call=call: _doubt(tx, call, deps))  # type: ignore[misc]  # a default binds it
        count += len(calls)
    return count


async def _doubt(tx: Tx, call: ProviderOperation, deps: BookKeeping) -> None:
    await deps.operations.postpone(tx, call, call.due_at)
