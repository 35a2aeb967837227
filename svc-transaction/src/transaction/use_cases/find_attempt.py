"""Find the attempt to pay that the id of one of its parts leads to."""

import asyncio
from collections.abc import Sequence
from typing import Any

from gateway_contracts.aggregates import Scope
from gateway_contracts.ids import is_object_id, is_prefixed_id
from transaction.domain.transaction import Transaction
from transaction.ports import Deps


async def find_attempt(identifier: str, *, scope: Scope, deps: Deps) -> Transaction | None:
    """By the id of a refund, dispute, case or call, or of a webhook of which reports or notes are stored.

    Every part is read by its own id, or by the beginning of it, so that no further index is needed.
    """
    named = next((part.transaction_id for part in await _parts(identifier, scope=scope, deps=deps)), None)
    return None if named is None else await deps.transactions.get(None, scope, named)


async def _parts(identifier: str, *, scope: Scope, deps: Deps) -> Sequence[Any]:
    if is_object_id(identifier):
        stores: tuple[Any, ...] = (deps.refunds, deps.disputes, deps.cases)
        found: Sequence[Any] = await asyncio.gather(*(store.get(None, scope, identifier) for store in stores))
    elif is_prefixed_id(identifier):
        found = [await deps.operations.get(None, scope, identifier)]
    else:
        # A report that is set aside is named by its row: the event, and its number in it.
        event_id = identifier.partition(":")[0]
        found = await asyncio.gather(deps.parked.of_event(scope, event_id), deps.notes.of_event(scope, event_id))
    return [part for part in found if part is not None and part.transaction_id is not None]
