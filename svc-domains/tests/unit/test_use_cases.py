"""The use cases, against the in-memory twin of the store."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from domains.adapters.names import WorldNames
from domains.domain.dns import DnsAnswer
from domains.domain.domain import Domain
from domains.errors import DomainNotFound, DomainSuspended, DomainTaken, SiteNotFound
from domains.store.documents import DomainDocument
from domains.use_cases.list_domains import list_domains
from domains.use_cases.rebuild_config import rebuild_config
from domains.use_cases.register_domain import register_domain
from domains.use_cases.remove_domain import remove_domain
from domains.use_cases.suspend_domains import suspend_domains
from domains.use_cases.verify_domain import verify_domain
from gateway_contracts.aggregates import Scope
from gateway_contracts.config import DomainConfig, SiteConfig
from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.domains import DomainQuery, RegisterDomain
from gateway_kit.mongo.outbox import OutboxRow
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_testkit.clock import FrozenClock
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork

TARGET = "pay.gateway.example"
RIGHT = DnsAnswer("found", (TARGET,))
WRONG = DnsAnswer("found", ("elsewhere.example",))
NAMES = WorldNames()


@dataclass
class Dns:
    """Answers what a test says."""

    answer: DnsAnswer = RIGHT

    async def look_up(self, name: str, *, organization_id: str) -> DnsAnswer:
        return self.answer


@dataclass
class Sites:
    owners: dict[str, str] = field(default_factory=dict)

    async def fetch_site(self, identifier: str) -> SiteConfig | None:
        owner = self.owners.get(identifier)
        return None if owner is None else SiteConfig(id=identifier, organization_id=owner, version=1, name="Shop")


class World:
    """The service without servers."""

    def __init__(self) -> None:
        self.published: list[OutboxRow] = []
        database = MemoryDatabase(DomainDocument)
        self.store: Store[Domain] = Store(DomainDocument, database.rows(DomainDocument))
        self.uow = MemoryUnitOfWork(database, clock=FrozenClock(), committed=self.published.extend)
        self.dns = Dns()
        self.sites = Sites()

    def merchant(self) -> "Merchant":
        return Merchant(self)

    def events(self) -> list[str]:
        return [row.subject.rpartition(".")[0] for row in self.published if not row.is_config]

    def configured(self) -> list[tuple[str, int, bool]]:
        """Keys put into the configuration, their versions, and whether they stay."""
        return [(row.subject, row.version, row.wire is not None) for row in self.published if row.is_config]


class Merchant:
    """One organization with a site, and what it does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.site_id = new_object_id()
        self.scope = Scope(new_object_id())
        world.sites.owners[self.site_id] = self.scope.organization_id

    async def register(self, name: str, *, operation_id: str = "", scope: Scope | None = None) -> Domain:
        return await register_domain(
            RegisterDomain(domain_id=new_object_id(), site_id=self.site_id, name=name),
            scope=scope or self.scope,
            operation_id=operation_id or secrets.token_hex(8),
            reserved=(),
            names=NAMES,
            sites=self.world.sites,
            uow=self.world.uow,
            store=self.world.store,
        )

    async def verify(self, domain: Domain) -> Domain:
        world = self.world
        return await verify_domain(
            domain.id, scope=self.scope, target=TARGET, dns=world.dns, uow=world.uow, store=world.store
        )

    async def remove(self, domain: Domain, *, operation_id: str = "") -> Domain:
        return await remove_domain(
            domain.id,
            scope=self.scope,
            operation_id=operation_id or secrets.token_hex(8),
            uow=self.world.uow,
            store=self.world.store,
        )

    async def site_deleted(self, event_id: str) -> int:
        return await suspend_domains(
            self.scope.organization_id, self.site_id, event_id=event_id, uow=self.world.uow, store=self.world.store
        )

    async def names(self, scope: Scope | None = None, **query: str) -> Sequence[str]:
        page = await list_domains(DomainQuery.model_validate(query), scope=scope or self.scope, store=self.world.store)
        return [domain.name for domain in page.rows]


@pytest.fixture
def world() -> World:
    return World()


async def test_every_change_is_one_version_in_store_configuration_and_events(world: World) -> None:
    merchant = world.merchant()
    domain = await merchant.register("pay.shop.de")
    assert (domain.state, domain.version) == ("pending", 1)

    active = await merchant.verify(domain)
    world.dns.answer = WRONG
    failing = await merchant.verify(domain)
    removed = await merchant.remove(domain)

    assert [(one.state, one.version) for one in (active, failing, removed)] == [
        ("active", 2),
        ("failing", 3),
        ("failing", 4),
    ]
    key = "domain.pay.shop.de"
    assert world.configured() == [(key, 1, True), (key, 2, True), (key, 3, True), (key, 4, False)]
    assert world.events() == ["domain.registered.v1", "domain.activated.v1", "domain.removed.v1"]


async def test_a_name_has_one_holder_and_its_versions_continue(world: World) -> None:
    first, rival = world.merchant(), world.merchant()
    held = await first.register("pay.shop.de")
    with pytest.raises(DomainTaken):
        await rival.register("PAY.shop.de.")
    await first.remove(held)

    assert (await rival.register("pay.shop.de")).version == 3


async def test_a_repeated_operation_answers_as_the_first(world: World) -> None:
    merchant = world.merchant()
    domain = await merchant.register("pay.shop.de", operation_id="op_1")
    assert await merchant.register("pay.shop.de", operation_id="op_1") == domain

    removed = await merchant.remove(domain, operation_id="op_2")
    assert await merchant.remove(domain, operation_id="op_2") == removed
    with pytest.raises(DomainNotFound):
        await merchant.remove(domain)
    with pytest.raises(DomainNotFound):
        await merchant.verify(domain)


async def test_a_lost_race_is_a_conflict_and_publishes_nothing(world: World) -> None:
    merchant = world.merchant()
    domain = await merchant.register("pay.shop.de")

    class Slow(Dns):
        async def look_up(self, name: str, *, organization_id: str) -> DnsAnswer:
            world.dns = Dns()
            await merchant.verify(domain)
            return RIGHT

    world.dns = Slow()
    with pytest.raises(ChangedMeanwhile) as lost:
        await merchant.verify(domain)

    assert (lost.value.status, lost.value.code) == (409, "CHANGED_MEANWHILE")
    assert [version for _, version, _ in world.configured()] == [1, 2]


async def test_a_deleted_site_suspends_its_domains_once(world: World) -> None:
    merchant, other = world.merchant(), world.merchant()
    domain = await merchant.register("pay.shop.de")
    theirs = await other.register("pay.other.de")
    gone = await merchant.register("pay.gone.de")
    await merchant.remove(gone)

    assert await merchant.site_deleted("event-1") == 1
    with pytest.raises(AlreadyHandled):
        await merchant.site_deleted("event-1")
    assert await merchant.site_deleted("event-2") == 0
    with pytest.raises(DomainSuspended):
        await merchant.verify(domain)
    assert (await other.verify(theirs)).state == "active"


async def test_other_tenants_and_sites_see_nothing(world: World) -> None:
    merchant, stranger = world.merchant(), world.merchant()
    domain = await merchant.register("pay.shop.de")
    elsewhere = Scope(merchant.scope.organization_id, site_id=new_object_id())

    for attempt in (stranger.verify(domain), stranger.remove(domain)):
        with pytest.raises(DomainNotFound):
            await attempt
    with pytest.raises(SiteNotFound):
        await merchant.register("pay.two.de", scope=stranger.scope)
    with pytest.raises(SiteNotFound):
        await merchant.register("pay.two.de", scope=elsewhere)
    assert await stranger.names() == []
    assert await merchant.names(elsewhere) == []
    assert await merchant.names(elsewhere, site_id=merchant.site_id) == []
    assert await merchant.names(site_id=merchant.site_id) == ["pay.shop.de"]


async def test_the_configuration_is_made_equal_to_the_database(world: World) -> None:
    merchant = world.merchant()
    domain = await merchant.register("pay.shop.de")
    stale = DomainConfig(
        name="pay.stale.de", organization_id=new_object_id(), site_id=new_object_id(), version=9, state="active"
    )
    world.published.clear()

    assert await rebuild_config([stale], uow=world.uow, store=world.store) == 2

    assert world.configured() == [("domain.pay.shop.de", domain.version, True), ("domain.pay.stale.de", 9, False)]
