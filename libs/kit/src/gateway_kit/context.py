"""Context of the current work: set at the edges (HTTP, request, event), read by logs, events and requests."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

request_id: ContextVar[str] = ContextVar("request_id", default="")
correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
causation_id: ContextVar[str] = ContextVar("causation_id", default="")


@contextmanager
def working_on(*, correlation: str = "", causation: str = "", request: str = "") -> Iterator[None]:
    """Bind the ids for the duration of one piece of work."""
    tokens = [
        (variable, variable.set(value))
        for variable, value in ((correlation_id, correlation), (causation_id, causation), (request_id, request))
        if value
    ]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


async def within(held: Context, work: Coroutine[Any, Any, T]) -> T:
    """Do the work as if it were done where the context was taken (`contextvars.copy_context`): its ids, its trace."""
    return await asyncio.create_task(work, context=held)
