"""The effect of an operation, once for each operation id."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx, UnitOfWork

T = TypeVar("T")


async def run_once(
    uow: UnitOfWork,
    work: Callable[[Tx], Awaitable[T]],
    *,
    operation: Operation | None,
    again: Callable[[str], Awaitable[T]],
) -> T:
    """Run ``work`` in a transaction, or ``again`` with the entity's id if the operation took effect before.

    Without an operation nothing is remembered, and ``work`` always runs.
    """
    try:
        return await uow.run(work, operation=operation)
    except OperationReplayed as replay:
        return await again(replay.entity_id)


async def nothing_left(_entity_id: str) -> None:
    """For ``again``: the first execution did everything."""
