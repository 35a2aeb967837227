"""How much is waiting, and where: for tests in which one tenant's backlog stands in the way of another's work."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar
from unittest import mock

from nats.js.api import ConsumerInfo

from gateway_contracts.topology import consumer
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Payment, Seller
from gateway_testkit.waiting import eventually

T = TypeVar("T")
U = TypeVar("U")
# An eighth of the usual places, still twice the work of one tenant at a time. Messages that wait inside a service for
# their turn (`INTAKE_MAX`) need the usual ones.
PLACES = 64


@contextlib.asynccontextmanager
async def few_places(installation: Installation, durable: str) -> AsyncIterator[None]:
    """The consumer with `PLACES` until the block ends, so that fewer messages fill it (see `crowd`).

    Services that start meanwhile in this process expect it like that.
    """
    with mock.patch.dict(vars(consumer(durable)), max_ack_pending=PLACES):
        await _apply_places(installation, durable)
        yield
    await _apply_places(installation, durable)


async def _apply_places(installation: Installation, durable: str) -> None:
    config = (await info_of(installation, durable)).config
    config.max_ack_pending = consumer(durable).max_ack_pending
    await installation.bus.jetstream().add_consumer(consumer(durable).stream, config)


def crowd(durable: str) -> int:
    """More messages than a consumer has places and workers for."""
    spec = consumer(durable)
    return spec.max_ack_pending + spec.workers + 16


async def info_of(installation: Installation, durable: str) -> ConsumerInfo:
    """The consumer as the broker sees it."""
    info: ConsumerInfo = await installation.bus.jetstream().consumer_info(consumer(durable).stream, durable)
    return info


async def places_taken(installation: Installation, durable: str) -> int:
    """Messages that the consumer has given out and that are not acknowledged yet."""
    return (await info_of(installation, durable)).num_ack_pending or 0


async def has_room(installation: Installation, durable: str) -> bool:
    """Whether what failed has left the consumer, instead of waiting for its next try in one of its places."""
    return await places_taken(installation, durable) < consumer(durable).workers


async def is_served(seller: Seller, payment: Payment) -> None:
    """Wait until a payment has succeeded, was notified with its first attempt, and was invoiced once.

    Raises:
        AssertionError: something did not happen, or was given up.
    """
    await seller.succeeded(payment)
    await seller.notified(payment)
    await seller.invoiced(payment)

    async def is_recorded() -> bool:
        [delivery] = await seller.deliveries(payment)
        return [attempt["httpStatus"] for attempt in delivery["attempts"]] == [200]

    await eventually(is_recorded)
    assert await letters_of(seller.installation, seller.tenant.organization_id) == []


async def is_through(installation: Installation, durable: str) -> bool:
    """Whether the consumer has given out everything that its stream holds."""
    return (await info_of(installation, durable)).num_pending == 0


async def letters_of(installation: Installation, organization_id: str) -> list[dict[str, str]]:
    """Headers of the dead letters of one organization, oldest first."""
    js = installation.bus.jetstream()
    state = (await js.stream_info("DEAD_LETTERS")).state
    found: list[dict[str, str]] = []
    for sequence in range(state.first_seq or 1, state.last_seq + 1):
        message: Any = await js.get_msg("DEAD_LETTERS", seq=sequence)
        headers = dict(message.headers or {})
        if organization_id in (*headers.values(), *message.subject.split("."), *_subject_of(headers)):
            found.append(headers)
    return found


def _subject_of(headers: dict[str, str]) -> list[str]:
    return headers.get("Gw-Dead-Subject", "").split(".")


async def all_of(items: Iterable[T], work: Callable[[T], Awaitable[U]], *, at_once: int = 16) -> list[U]:
    """The same work for each item, a few at a time; results in the order of the items.

    Raises:
        Exception: what the first that failed raised; the others are canceled.
    """
    slots = asyncio.Semaphore(at_once)

    async def one(item: T) -> U:
        async with slots:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]
