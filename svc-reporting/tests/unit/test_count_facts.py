"""Random histories: figures counted from events in any order and repeatedly equal those of a rebuild and plain sums."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.envelope import Envelope, EventData
from gateway_contracts.events.ledger import BookedAmounts, BookedEntry, LedgerPostedV1
from gateway_contracts.events.transaction import (
    TransactionCanceledV1,
    TransactionFailedV1,
    TransactionRefundedV1,
    TransactionRestoredV1,
    TransactionSucceededV1,
)
from gateway_contracts.requests.reporting import Summary, SummaryQuery
from gateway_testkit.clock import START, FrozenClock
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from gateway_testkit.nightly import IS_NIGHTLY
from reporting.domain import facts
from reporting.domain.events import facts_of
from reporting.domain.facts import Payment, Tenant
from reporting.domain.figures import Fact
from reporting.store.documents import DOCUMENTS, open_figures
from reporting.use_cases.count_facts import count_facts
from reporting.use_cases.rebuild import rebuild
from reporting.use_cases.summarize import summarize

TENANT = Tenant("o" * 24, livemode=True)
SCOPE = Scope(TENANT.organization_id, livemode=True)
FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
JANUARY = SummaryQuery(from_day=date(2026, 1, 1), to_day=date(2026, 1, 31))
CHANGES = {
    "succeeded": TransactionSucceededV1,
    "failed": TransactionFailedV1,
    "canceled": TransactionCanceledV1,
    "refunded": TransactionRefundedV1,
    "restored": TransactionRestoredV1,
}


@dataclass
class Story:
    """One payment: its steps, and its present state.

    Attributes:
        steps: a status or None for entries alone; the day; captured, refunded and fee of the entry.
    """

    number: int
    site: str
    provider: str
    currency: str
    began: int
    steps: list[tuple[str | None, int, tuple[int, int, int]]] = field(default_factory=list)

    def events(self) -> list[Envelope[Any]]:
        return [self._event(place, step) for place, step in enumerate(self.steps, 2)]

    def _event(self, place: int, step: tuple[str | None, int, tuple[int, int, int]]) -> Envelope[Any]:
        status, day, _ = step
        common: dict[str, Any] = {
            "transaction_id": str(self.number),
            "checkout_id": "c",
            "site_id": self.site,
            "provider_id": self.provider,
            "provider_type": "stripe",
            "booked": (self._entry(place, step),),
            "occurred_at": FIRST + timedelta(days=day),
        }
        data: EventData
        if status is None:
            data = LedgerPostedV1(**common)
        else:
            data = CHANGES[status](
                **common,
                session_public_id=EncryptedValue(v=1, c=""),
                status="succeeded" if status == "restored" else status,
                amount=1,
                currency=self.currency,
                created_at=FIRST + timedelta(days=self.began),
            )
        return event(data, str(self.number), place)

    def _entry(self, place: int, step: tuple[str | None, int, tuple[int, int, int]]) -> BookedEntry:
        captured, refunded, fees = step[2]
        amounts = BookedAmounts(currency=self.currency, captured=captured, refunded=refunded, fees=fees)
        return BookedEntry(kind="entry", reference=str(place), amounts=(amounts,))

    def present(self) -> list[Fact]:
        """Facts of the stored objects."""
        payment = Payment(TENANT, str(self.number), self.site, self.provider)
        booked = [
            fact
            for place, step in enumerate(self.steps, 2)
            for fact in facts.entries(payment, [self._entry(place, step)], at=FIRST + timedelta(days=step[1]))
        ]
        status = self.status
        if status is None:
            return booked
        began_at = FIRST + timedelta(days=self.began)
        found = facts.outcome(payment, self.version, status=status, currency=self.currency, began_at=began_at)
        assert found is not None
        return [found, *booked]

    @property
    def version(self) -> int:
        return max((place for place, step in enumerate(self.steps, 2) if step[0] is not None), default=1)

    @property
    def status(self) -> str | None:
        known = [step[0] for step in self.steps if step[0] is not None]
        return known[-1].replace("restored", "succeeded") if known else None


def event(data: EventData, entity_id: str, sequence: int) -> Envelope[Any]:
    return Envelope(
        id=f"{entity_id}-{sequence}",
        source="svc-transaction",
        type=data.TYPE,
        time=START,
        dataschema="",
        organization_id=TENANT.organization_id,
        livemode=TENANT.livemode,
        entity_id=entity_id,
        sequence=sequence,
        correlation_id="c",
        data=data,
    )


AMOUNTS = st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(-50, 50))
STEPS = st.lists(st.tuples(st.sampled_from([*CHANGES, None, None]), st.integers(0, 30), AMOUNTS), max_size=4)
STORIES = st.lists(
    st.builds(
        Story,
        number=st.just(0),
        site=st.sampled_from(["site-a", "site-b"]),
        provider=st.sampled_from(["provider-a", "provider-b"]),
        currency=st.sampled_from(["EUR", "JPY"]),
        began=st.integers(0, 30),
        steps=STEPS,
    ),
    max_size=5,
).map(lambda stories: [Story(number, *list(vars(story).values())[1:]) for number, story in enumerate(stories)])


class World:
    """Figures in memory."""

    def __init__(self) -> None:
        self.database = MemoryDatabase(*DOCUMENTS)
        self.figures = open_figures(self.database.rows, MemoryUnitOfWork(self.database, clock=FrozenClock(START)))

    async def deliver(self, events: Sequence[Envelope[Any]], size: int) -> None:
        """In groups of this size."""
        for first in range(0, len(events), size):
            group = [fact for each in events[first : first + size] for fact in facts_of(each)]
            await count_facts(group, figures=self.figures)

    async def summary(self, **filters: Any) -> Summary:
        query = JANUARY.model_copy(update=filters)
        return await summarize(query, scope=SCOPE, today=date(2026, 2, 1), figures=self.figures)

    async def rebuild(self, stories: Sequence[Story]) -> None:
        async def history() -> AsyncIterator[Sequence[Fact]]:
            for story in stories:
                yield story.present()

        await rebuild(history(), figures=self.figures)


@settings(max_examples=2_000 if IS_NIGHTLY else 20)
@given(STORIES, st.randoms(use_true_random=False), st.integers(1, 7))
def test_any_order_of_events_gives_the_sums_of_the_ledger(stories: list[Story], random: Any, size: int) -> None:
    asyncio.run(any_order(stories, random, size))


async def any_order(stories: list[Story], random: Any, size: int) -> None:
    events = [each for story in stories for each in story.events()]
    delivered = [*events, *(each for each in events if random.random() < 0.3)]
    random.shuffle(delivered)
    world, rebuilt = World(), World()

    await world.deliver(delivered, size)
    await rebuilt.rebuild(stories)

    counted = await world.summary()
    assert counted == await rebuilt.summary()
    for row in counted.money:
        mine = [step[2] for story in stories if story.currency == row.currency for step in story.steps]
        assert (row.current.volume, row.current.refunded, row.current.fees) == tuple(map(sum, zip(*mine, strict=True)))
        assert row.current.net == sum(captured - refunded - fees for captured, refunded, fees in mine)
        of_days = [day for day in counted.days if day.currency == row.currency]
        assert sum(day.volume for day in of_days) == row.current.volume
        assert sum(day.net for day in of_days) == row.current.net
    for provider in counted.providers:
        of_provider = [story.status for story in stories if story.provider == provider.provider_id]
        succeeded = sum(status in ("succeeded", "refunded") for status in of_provider)
        assert provider.current.succeeded == succeeded
        assert provider.current.failed == of_provider.count("failed")
        assert provider.current.canceled == of_provider.count("canceled")
    for filters in ({"currency": "EUR"}, {"currency": "JPY"}):
        assert {row.currency for row in (await world.summary(**filters)).money} <= set(filters.values())
    # Late repetitions after a rebuild change nothing, and a second rebuild leaves one generation.
    await rebuilt.deliver(delivered, size)
    await rebuilt.rebuild(stories)
    assert await rebuilt.summary() == counted
    assert {bucket["generation"] for bucket in rebuilt.database.stored("buckets")} <= {3}


async def test_events_count_while_a_rebuild_runs() -> None:
    world = World()
    paid = Story(1, "site-a", "provider-a", "EUR", 3, [("succeeded", 4, (900, 0, 0))])
    late = Story(2, "site-a", "provider-a", "EUR", 3, [("succeeded", 5, (500, 0, 0)), (None, 6, (0, 100, 20))])
    await world.deliver(paid.events(), 1)
    seen: list[Summary] = []

    async def history() -> AsyncIterator[Sequence[Fact]]:
        yield []
        # Counted in what is read and in what is built; the history has it too, or not any more.
        await world.deliver(late.events(), 1)
        seen.append(await world.summary())
        yield paid.present()
        yield late.present()

    await rebuild(history(), figures=world.figures)

    assert seen == [await world.summary()]
    assert seen[0].money[0].current.volume == 1400


async def test_a_rebuild_that_was_broken_off_leaves_figures_as_they_were() -> None:
    world = World()
    paid = Story(1, "site-a", "provider-a", "EUR", 3, [("succeeded", 4, (900, 0, 0))])
    await world.deliver(paid.events(), 1)
    before = await world.summary()

    async def broken() -> AsyncIterator[Sequence[Fact]]:
        yield paid.present()
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await rebuild(broken(), figures=world.figures)

    assert await world.summary() == before
    refund = Story(1, "site-a", "provider-a", "EUR", 3, [*paid.steps, ("refunded", 9, (0, 900, 0))])
    await world.deliver(refund.events(), 2)
    assert (await world.summary()).money[0].current.refunded == 900
    await world.rebuild([refund])
    assert (await world.summary()).money[0].current.refunded == 900
    assert {bucket["generation"] for bucket in world.database.stored("buckets")} == {3}
