"""The whole service on real servers: events in, figures out."""

import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden, Invalid
from gateway_contracts.ids import new_event_id, new_object_id
from gateway_contracts.requests.reporting import SUMMARY, Incidents, Summary, SummaryQuery, Waiting
from gateway_kit.service import Runtime, running
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.settings import settings_for
from gateway_testkit.waiting import eventually
from reporting.app import SERVICE, build
from reporting.settings import Settings

pytestmark = pytest.mark.integration
EXAMPLES = Path(__file__).resolve().parents[3] / "libs/contracts/examples"
DAY = date(2026, 1, 15)
PUBLISHED = ("transaction.succeeded", "ledger.posted", "case.opened", "invoice.drafted", "ipn.exhausted")


class Merchant:
    """One organization, its events and its requests."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.organization_id = new_object_id()

    def event(self, name: str, *, sequence: int = 3) -> dict[str, Any]:
        """The published example of a type."""
        example: dict[str, Any] = json.loads((EXAMPLES / f"{name}.v1/full.json").read_text())
        example |= {"id": new_event_id(), "organizationId": self.organization_id, "sequence": sequence}
        return example

    async def publish(self, *events: dict[str, Any]) -> None:
        for event in events:
            await self.runtime.js.publish(f"{event['type']}.{self.organization_id}", json.dumps(event).encode())

    async def ask(self, **actor: Any) -> Summary:
        values = {"organization_id": self.organization_id, "scopes": ("transaction:read",), **actor}
        query = SummaryQuery(from_day=DAY, to_day=DAY)
        return await self.runtime.rpc.call(SUMMARY, query, actor=Actor(kind="api_key", **values))


@pytest_asyncio.fixture
async def merchant(topology: NatsServer, database: TestDatabase) -> AsyncIterator[Merchant]:
    settings = settings_for(Settings, topology, database)
    async with running(settings, SERVICE, build) as (runtime, _):
        yield Merchant(runtime)


async def test_events_are_counted_once_and_shown_to_their_organization_alone(merchant: Merchant) -> None:
    other = Merchant(merchant.runtime)
    events = [merchant.event(name) for name in PUBLISHED]
    await merchant.publish(*events)
    # The bus forgets what it published, and a producer repeats: another message, the same event.
    for event in events:
        await merchant.runtime.js.publish(
            f"{event['type']}.{merchant.organization_id}", json.dumps(event).encode(), headers={"Nats-Msg-Id": "again"}
        )
    await merchant.publish(merchant.event("case.closed", sequence=4))

    async def is_counted() -> bool:
        found = await merchant.ask()
        return found.waiting.due_invoices == 1 and found.waiting.open_cases == 0 and found.current.cases_opened == 1

    await eventually(is_counted)
    await eventually(lambda: _is_idle(merchant.runtime))
    found = await merchant.ask()
    [money] = found.money
    assert (money.currency, money.current.volume, money.current.fees, money.current.net) == ("EUR", 4900, 98, 4802)
    [provider] = found.providers
    assert (provider.current.succeeded, provider.current.success_rate) == (1, 1.0)
    assert found.current == Incidents(cases_opened=1, notifications_failed=1, invoices_held_back=1)
    assert found.waiting == Waiting(failed_notifications=1, due_invoices=1)
    assert [day.day for day in found.days] == [DAY]
    for stranger in (await other.ask(), await merchant.ask(livemode=True), await merchant.ask(site_id="f" * 24)):
        assert (stranger.money, stranger.waiting) == ((), Waiting())


async def _is_idle(runtime: Runtime) -> bool:
    """Whether the consumers have no message left."""
    names = (("TRANSACTIONS", "transactions"), ("TRANSACTIONS", "ledger"), ("IPN", "notifications"))
    infos = [await runtime.js.consumer_info(stream, f"reporting-on-{name}") for stream, name in names]
    return all(info.num_pending == 0 and info.num_ack_pending == 0 for info in infos)


async def test_rights_and_rules_are_checked_here(merchant: Merchant) -> None:
    with pytest.raises(Forbidden):
        await merchant.ask(scopes=("event:read",))
    with pytest.raises(Forbidden):
        await merchant.ask(organization_id="")
    query = SummaryQuery(from_day=DAY, to_day=date(2025, 1, 1))
    actor = Actor(kind="api_key", organization_id=merchant.organization_id, scopes=("*:*",))
    with pytest.raises(Invalid) as refused:
        await merchant.runtime.rpc.call(SUMMARY, query, actor=actor)
    assert refused.value.code == "PERIOD_INVALID"
    usual = await merchant.runtime.rpc.call(SUMMARY, SummaryQuery(), actor=actor)
    assert (usual.period.last_day - usual.period.first_day).days == 29
