"""Periods, filters and what waits."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from gateway_contracts.aggregates import Scope
from gateway_contracts.envelope import Envelope, EventData
from gateway_contracts.errors import Invalid
from gateway_contracts.events.checkout import CaseClosedV1, CaseOpenedV1
from gateway_contracts.events.invoice import InvoiceDraftedV1
from gateway_contracts.events.ipn import IpnDeliveredV1, IpnExhaustedV1
from gateway_contracts.requests.reporting import SUMMARY, DayRange, Incidents, Summary, SummaryQuery, Waiting
from gateway_testkit.clock import START, FrozenClock
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from reporting.domain import facts
from reporting.domain.events import facts_of
from reporting.domain.facts import Payment, Tenant
from reporting.domain.figures import Fact
from reporting.store.documents import DOCUMENTS, open_figures
from reporting.use_cases.count_facts import count_facts
from reporting.use_cases.summarize import summarize

TODAY = date(2026, 3, 31)
NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
TENANT = Tenant("o" * 24, livemode=False)


class World:
    """Figures in memory, and one organization."""

    def __init__(self) -> None:
        database = MemoryDatabase(*DOCUMENTS)
        self.figures = open_figures(database.rows, MemoryUnitOfWork(database, clock=FrozenClock(START)))

    async def count(self, *found: Fact) -> int:
        return await count_facts(found, figures=self.figures)

    async def publish(self, data: EventData, sequence: int, *, livemode: bool = False) -> None:
        envelope: Envelope[Any] = Envelope(
            id="e",
            source="s",
            type=data.TYPE,
            time=START,
            dataschema="",
            organization_id=TENANT.organization_id,
            livemode=livemode,
            entity_id="x",
            sequence=sequence,
            correlation_id="c",
            data=data,
        )
        await self.count(*facts_of(envelope))

    async def ask(self, *, livemode: bool = False, site: str | None = None, **query: Any) -> Summary:
        scope = Scope(TENANT.organization_id, livemode, site)
        return await summarize(SUMMARY.read(query), scope=scope, today=TODAY, figures=self.figures)


def attempt(number: int, status: str, *, site: str = "shop", day: int = 30) -> Fact:
    payment = Payment(TENANT, str(number), site, "provider")
    found = facts.outcome(
        payment, 2, status=status, currency="EUR", began_at=datetime(2026, 3, day, 23, 59, tzinfo=UTC)
    )
    assert found is not None
    return found


async def test_the_rate_is_of_decided_attempts_and_is_compared_with_the_days_before() -> None:
    world = World()
    states = ["succeeded", "refunded", "succeeded", "failed", "canceled"]
    await world.count(*(attempt(number, state) for number, state in enumerate(states)))
    await world.count(attempt(10, "failed", day=28), attempt(11, "failed", day=27))

    [provider] = (await world.ask(fromDay="2026-03-29", toDay="2026-03-30")).providers

    assert (provider.provider_id, provider.current.succeeded, provider.current.success_rate) == ("provider", 3, 0.75)
    assert (provider.current.failed, provider.current.canceled) == (1, 1)
    assert (provider.previous.failed, provider.previous.success_rate) == (2, 0.0)


async def test_periods() -> None:
    world = World()
    usual = await world.ask()
    assert usual.period == DayRange(first_day=date(2026, 3, 2), last_day=TODAY)
    assert usual.previous_period == DayRange(first_day=date(2026, 1, 31), last_day=date(2026, 3, 1))
    one = await world.ask(fromDay="2026-03-31")
    assert (one.period.first_day, one.previous_period.last_day) == (TODAY, date(2026, 3, 30))


@pytest.mark.parametrize(
    "query",
    [
        {"fromDay": "2026-03-31", "toDay": "2026-03-30"},
        {"fromDay": "2025-12-29"},
        {"fromDay": "2026-04-01"},
        {"fromDay": "0001-01-01", "toDay": "0001-01-02"},
        {"toDay": "0001-01-01"},
    ],
)
async def test_periods_that_are_refused(query: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        await World().ask(**query)
    assert (refused.value.code, refused.value.details[0].field) == ("PERIOD_INVALID", "from")


@pytest.mark.parametrize("day", ["20260101", "2026-1-1", "2026-02-30", "2026-01-01T00:00:00Z", "1767225600", 5, "", []])
def test_days_that_are_refused(day: Any) -> None:
    with pytest.raises(Invalid) as refused:
        SUMMARY.read({"fromDay": day})
    assert refused.value.code == "DATE_INVALID"


async def test_sites_and_modes_are_apart() -> None:
    world = World()
    await world.count(attempt(1, "succeeded"), attempt(2, "succeeded", site="other"))

    assert (await world.ask()).providers[0].current.succeeded == 2
    assert (await world.ask(site="shop")).providers[0].current.succeeded == 1
    assert (await world.ask(site="none")).providers == ()
    assert (await world.ask(livemode=True)).providers == ()


async def test_a_case_waits_until_it_is_decided_and_stays_counted() -> None:
    world = World()
    about: dict[str, Any] = {"case_id": "k", "kind": "late_payment", "provider_id": "p", "site_id": "shop"}
    opened = CaseOpenedV1(**about, occurred_at=NOON)
    closed = CaseClosedV1(**about, resolution="refunded", opened_at=NOON, occurred_at=NOON)

    await world.publish(opened, 1)
    assert (await world.ask()).waiting == Waiting(open_cases=1)
    await world.publish(closed, 2)
    await world.publish(opened, 1)

    found = await world.ask(currency="EUR", site="shop")
    assert (found.waiting, found.current) == (Waiting(), Incidents(cases_opened=1))


async def test_a_notification_that_is_delivered_later_has_not_failed() -> None:
    world = World()

    def ended(number: str, attempts: int) -> dict[str, Any]:
        about = dict.fromkeys(("transaction_id", "checkout_id"), "t")
        return {
            **about,
            "delivery_id": number,
            "site_id": "shop",
            "ipn_status": 1,
            "attempts": attempts,
            "occurred_at": NOON,
        }

    await world.publish(IpnDeliveredV1(**ended("a", 1)), 3)
    await world.publish(IpnExhaustedV1(**ended("b", 10)), 12)
    await world.publish(IpnExhaustedV1(**ended("c", 1)), 3)
    assert (await world.ask()).waiting == Waiting(failed_notifications=2)
    await world.publish(IpnDeliveredV1(**ended("c", 2)), 5)

    found = await world.ask()
    assert (found.waiting.failed_notifications, found.current.notifications_failed) == (1, 1)


async def test_an_invoice_that_cannot_be_issued_is_due() -> None:
    world = World()
    names = dict.fromkeys(("transaction_id", "checkout_id"), "t")
    drafted = InvoiceDraftedV1(
        **names, invoice_id="i", reason="TAX_RATE_REQUIRED", site_id="shop", currency="EUR", total=1, occurred_at=NOON
    )

    await world.publish(drafted, 1)
    await world.publish(drafted, 1)

    found = await world.ask()
    assert (found.waiting, found.current) == (Waiting(due_invoices=1), Incidents(invoices_held_back=1))


async def test_too_many_figures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    await world.count(*(attempt(number, "failed", site=f"shop-{number}") for number in range(3)))
    monkeypatch.setattr("reporting.use_cases.summarize.BUCKETS_MAX", 2)

    with pytest.raises(Invalid) as refused:
        await world.ask()
    assert refused.value.code == "REPORT_TOO_LARGE"
    assert (await world.ask(site="shop-1")).providers[0].current.failed == 1
    assert SummaryQuery() == SUMMARY.read({})
