"""The whole service on real servers: requests in, events and configuration out."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import pytest_asyncio
from nats.js.errors import KeyNotFoundError

from domains.app import SERVICE, build
from domains.settings import Settings
from gateway_contracts.actor import Actor
from gateway_contracts.config import DomainConfig, SiteConfig
from gateway_contracts.envelope import Envelope
from gateway_contracts.errors import Conflict, Forbidden, Invalid, NotFound, Unreadable
from gateway_contracts.events.tenancy import SiteDeletedV1
from gateway_contracts.ids import new_event_id, new_object_id
from gateway_contracts.requests.domains import (
    GET_DOMAIN,
    LIST_DOMAINS,
    REGISTER_DOMAIN,
    REMOVE_DOMAIN,
    VERIFY_DOMAIN,
    DomainPage,
    DomainQuery,
    DomainRecord,
    DomainRef,
    RegisterDomain,
)
from gateway_contracts.topology import CONFIG_BUCKET
from gateway_kit.nats import rpc
from gateway_kit.service import Runtime, running
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.settings import settings_for
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

ALL = ("domain:create", "domain:read", "domain:execute", "domain:delete")
TARGET = "pay.gateway.example"


class Merchant:
    """One organization with a site, and its requests."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.organization_id = new_object_id()
        self.site_id = new_object_id()

    def actor(self, *scopes: str, site_id: str | None = None) -> Actor:
        return Actor(
            kind="api_key", organization_id=self.organization_id, scopes=scopes or ALL, site_id=site_id, livemode=False
        )

    async def open_site(self) -> None:
        site = SiteConfig(id=self.site_id, organization_id=self.organization_id, version=1, name="Shop")
        bucket = await self.runtime.js.key_value(CONFIG_BUCKET)
        await bucket.put(f"site.{self.site_id}", site.wire_json())

    async def register(self, name: str, *, operation_id: str | None = None, **actor: Any) -> DomainRecord:
        request = RegisterDomain(domain_id=new_object_id(), site_id=self.site_id, name=name)
        return await self.runtime.rpc.call(
            REGISTER_DOMAIN, request, actor=self.actor(**actor), operation_id=operation_id
        )

    async def verify(self, domain_id: str) -> DomainRecord:
        return await self.runtime.rpc.call(VERIFY_DOMAIN, DomainRef(domain_id=domain_id), actor=self.actor())

    async def read(self, domain_id: str) -> DomainRecord:
        return await self.runtime.rpc.call(GET_DOMAIN, DomainRef(domain_id=domain_id), actor=self.actor())

    async def remove(self, domain_id: str, operation_id: str | None = None) -> DomainRecord:
        return await self.runtime.rpc.call(
            REMOVE_DOMAIN, DomainRef(domain_id=domain_id), actor=self.actor(), operation_id=operation_id
        )

    async def names(self) -> list[str]:
        page = await self.runtime.rpc.call(LIST_DOMAINS, DomainQuery(), actor=self.actor())
        assert page.total == len(page.domains)
        return [domain.name for domain in page.domains]


@pytest.fixture
def settings(topology: NatsServer, database: TestDatabase, dns_server: Any) -> Settings:
    return settings_for(
        Settings,
        topology,
        database,
        main_frontend_domain=TARGET,
        dns_servers=f"127.0.0.1:{dns_server.port}",
        dns_deadline_s=60,
    )


def started(settings: Settings) -> AbstractAsyncContextManager[tuple[Runtime, Any]]:
    return running(settings, SERVICE, build)


@pytest_asyncio.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    async with started(settings) as (runtime, _):
        yield runtime


@pytest_asyncio.fixture
async def merchant(runtime: Runtime) -> Merchant:
    merchant = Merchant(runtime)
    await merchant.open_site()
    return merchant


def fresh_name() -> str:
    return f"pay.{secrets.token_hex(6)}.de"


async def published(runtime: Runtime, name: str) -> DomainConfig | None:
    bucket = await runtime.js.key_value(CONFIG_BUCKET)
    try:
        entry = await bucket.get(f"domain.{name}")
    except KeyNotFoundError:
        return None
    return DomainConfig.model_validate(json.loads(entry.value or b"{}"))


async def published_state(runtime: Runtime, name: str) -> str | None:
    record = await published(runtime, name)
    return None if record is None else record.state


async def events_of(runtime: Runtime, domain_id: str) -> list[str]:
    rows = runtime.db.outbox.find({"kind": "event", "entity_id": domain_id}).sort("sequence", 1)
    return [row["body"]["type"] async for row in rows]


async def test_a_domain_from_registration_to_removal(merchant: Merchant, dns_server: Any) -> None:
    name = fresh_name()
    registered = await merchant.register(f" {name.upper()}. ")
    assert (registered.name, registered.state, registered.cname_target) == (name, "pending", TARGET)

    missing = await merchant.verify(registered.id)
    assert missing.state == "pending"
    assert f"{name} CNAME {TARGET}" in (missing.problem or "")
    assert (missing.problem_code, missing.problem_values) == ("unknown_name", {"name": name, "target": TARGET})

    dns_server.cname = {name: TARGET}
    active = await merchant.verify(registered.id)
    assert (active.state, active.problem, active.problem_code) == ("active", None, None)
    await eventually(lambda: _is(merchant, name, "active"))

    dns_server.cname = {name: "elsewhere.example"}
    failing = await merchant.verify(registered.id)
    assert failing.state == "failing"
    await eventually(lambda: _is(merchant, name, "failing"))
    assert await merchant.read(registered.id) == failing

    assert (await merchant.remove(registered.id)).state == "removed"
    await eventually(lambda: _is(merchant, name, None))
    assert await merchant.names() == []
    with pytest.raises(NotFound):
        await merchant.read(registered.id)
    assert await events_of(merchant.runtime, registered.id) == [
        "domain.registered.v1",
        "domain.activated.v1",
        "domain.removed.v1",
    ]


async def _is(merchant: Merchant, name: str, state: str | None) -> bool:
    return await published_state(merchant.runtime, name) == state


async def test_a_name_has_one_holder_among_all_organizations(merchant: Merchant) -> None:
    rival = Merchant(merchant.runtime)
    await rival.open_site()
    name = fresh_name()
    attempts = [merchant.register(name), rival.register(name), rival.register(name)]

    outcomes = await asyncio.gather(*attempts, return_exceptions=True)

    won = [outcome for outcome in outcomes if isinstance(outcome, DomainRecord)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert (len(won), [error.code for error in lost]) == (1, ["DOMAIN_TAKEN"] * 2)


async def test_a_removed_name_can_be_registered_by_another_merchant(merchant: Merchant) -> None:
    name = fresh_name()
    first = await merchant.register(name)
    await merchant.remove(first.id)
    rival = Merchant(merchant.runtime)
    await rival.open_site()

    await rival.register(name)

    async def belongs_to_rival() -> bool:
        record = await published(merchant.runtime, name)
        return record is not None and record.organization_id == rival.organization_id and record.version == 3

    await eventually(belongs_to_rival)


async def test_the_same_operation_has_one_effect_and_one_answer(merchant: Merchant) -> None:
    name = fresh_name()
    first = await merchant.register(name, operation_id="op_register_" + name)
    again = await merchant.register(name, operation_id="op_register_" + name)
    assert again == first

    removed = await merchant.remove(first.id, "op_remove_" + name)
    assert await merchant.remove(first.id, "op_remove_" + name) == removed
    with pytest.raises(NotFound):
        await merchant.remove(first.id)
    assert len(await events_of(merchant.runtime, first.id)) == 2


async def test_other_tenants_and_missing_scopes(merchant: Merchant) -> None:
    registered = await merchant.register(fresh_name())
    stranger = Merchant(merchant.runtime)

    for call in (stranger.read(registered.id), stranger.verify(registered.id), stranger.remove(registered.id)):
        with pytest.raises(NotFound):
            await call
    stranger.site_id = merchant.site_id
    with pytest.raises(NotFound):
        await stranger.register(fresh_name())
    assert await stranger.names() == []
    ask, own, actor = merchant.runtime.rpc.call, DomainRef(domain_id=registered.id), merchant.actor("checkout:read")
    for forbidden in (
        ask(LIST_DOMAINS, DomainQuery(), actor=actor),
        ask(GET_DOMAIN, own, actor=actor),
        ask(VERIFY_DOMAIN, own, actor=actor),
        ask(REMOVE_DOMAIN, own, actor=actor),
    ):
        with pytest.raises(Forbidden):
            await forbidden


async def test_a_key_of_one_site_sees_only_that_site(merchant: Merchant) -> None:
    await merchant.register(fresh_name())
    other_site = merchant.actor(site_id=new_object_id())

    page = await merchant.runtime.rpc.call(LIST_DOMAINS, DomainQuery(), actor=other_site)

    assert page.total == 0
    with pytest.raises(NotFound):
        await merchant.register(fresh_name(), site_id=new_object_id())


async def test_domains_are_read_page_by_page_to_the_end(merchant: Merchant) -> None:
    made = [(await merchant.register(fresh_name())).name for _ in range(5)]

    async def page(**fields: Any) -> DomainPage:
        return await merchant.runtime.rpc.call(LIST_DOMAINS, DomainQuery(limit=2, **fields), actor=merchant.actor())

    by_number = [domain.name for number in (1, 2, 3) for domain in (await page(page=number)).domains]
    by_cursor, following = list[str](), None
    while True:
        found = await page(cursor=following)
        by_cursor += [domain.name for domain in found.domains]
        assert (found.total, found.total_capped) == (5, False)
        following = found.next_cursor
        if following is None:
            break

    assert by_number == by_cursor == made[::-1]
    newest_first = [domain for number in (1, 2, 3) for domain in (await page(page=number)).domains]
    later = newest_first[0].created_at
    # On a fast machine some of them were made at the same moment.
    since = [domain.name for domain in newest_first if domain.created_at >= later]
    assert [row.name for row in (await page(created_from=later)).domains] == since[:2]
    assert (await page(created_to=later)).total == 5 - len(since)
    for strange in ("x", "ZDE6bm90LWFuLWlk", "é"):
        with pytest.raises(Unreadable) as refused:
            await page(cursor=strange)
        assert refused.value.code == "CURSOR_INVALID"


@pytest.mark.parametrize("name", ["localhost", "10.0.0.1", "co.uk", TARGET, f"x.{TARGET}", "admin.gateway.example"])
async def test_names_without_an_owner_are_refused(merchant: Merchant, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        await merchant.register(name)

    assert refused.value.code == "DOMAIN_NAME_INVALID"


async def test_a_deleted_site_suspends_its_domains_once(merchant: Merchant, dns_server: Any) -> None:
    name = fresh_name()
    registered = await merchant.register(name)
    runtime = merchant.runtime
    event = Envelope[SiteDeletedV1](
        id=new_event_id(),
        source="svc-admin-api",
        type=SiteDeletedV1.TYPE,
        time=runtime.clock.now(),
        dataschema="urn:gateway:schema:tenancy.site_deleted.v1",
        organization_id=merchant.organization_id,
        livemode=True,
        entity_id=merchant.site_id,
        sequence=2,
        correlation_id="test",
        data=SiteDeletedV1(object_id=merchant.site_id, occurred_at=runtime.clock.now()),
    )
    for _ in range(2):
        await runtime.js.publish(event.subject, event.wire_json(), stream="TENANCY")

    await eventually(lambda: _is(merchant, name, "suspended"))

    dns_server.cname = {name: TARGET}
    with pytest.raises(Conflict) as refused:
        await merchant.verify(registered.id)
    assert refused.value.code == "DOMAIN_SUSPENDED"
    assert await runtime.db.inbox.count_documents({"_id": {"$regex": event.id}}) == 1


async def test_a_restart_repairs_the_configuration(settings: Settings) -> None:
    name, stale = fresh_name(), fresh_name()
    async with started(settings) as (runtime, _):
        merchant = Merchant(runtime)
        await merchant.open_site()
        await merchant.register(name)
        await eventually(lambda: _is(merchant, name, "pending"))
        bucket = await runtime.js.key_value(CONFIG_BUCKET)
        await bucket.purge(f"domain.{name}")
        left_over = DomainConfig(
            name=stale, organization_id=new_object_id(), site_id=new_object_id(), version=9, state="active"
        )
        await bucket.put(f"domain.{stale}", left_over.wire_json())

    async with started(settings) as (runtime, _):
        merchant.runtime = runtime
        await eventually(lambda: _is(merchant, name, "pending"))
        await eventually(lambda: _is(merchant, stale, None))


@pytest.fixture
def brief_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that waits for none of its requests at its end."""
    monkeypatch.setattr(rpc, "FINISH_S", 0.0)


async def test_a_merchant_whose_name_servers_are_silent_leaves_the_checks_of_another_alone(
    brief_end: None, runtime: Runtime, merchant: Merchant, dns_server: Any
) -> None:
    names = [f"n{number}.{secrets.token_hex(4)}.de" for number in range(12)]
    dns_server.silent = set(names)
    ids = [(await merchant.register(name)).id for name in names]
    other = Merchant(runtime)
    await other.open_site()
    good = fresh_name()
    dns_server.cname = {good: TARGET}
    theirs = await other.register(good)
    # As many as the service answers at the same time, and more.
    slow = [asyncio.create_task(merchant.verify(ids[number % len(ids)])) for number in range(400)]
    await eventually(lambda: sum(task.done() for task in slow) >= 392)

    assert (await other.verify(theirs.id)).state == "active"

    assert len(dns_server.silent & set(dns_server.asked)) <= 4
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
