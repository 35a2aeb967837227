"""Use cases over stores in memory: the same stores as in MongoDB."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from admin_api.app import DOCUMENTS, open_tenancy
from admin_api.edge.ports import AllPorts
from admin_api.people.store.documents import BootstrapDocument, SessionDocument
from admin_api.people.store.passkeys import BootstrapTokens
from admin_api.people.store.sessions import Sessions
from admin_api.people.use_cases import end_all_access as ending
from admin_api.people.use_cases.accept_invitation import accept_invitation
from admin_api.people.use_cases.change_member import change_member_role, remove_member
from admin_api.people.use_cases.end_all_access import end_all_access
from admin_api.people.use_cases.invite_member import Invitation, invite_member, renew_invitation
from admin_api.people.use_cases.open_session import new_session
from admin_api.shared.domain.idempotency import LEASE, Answer, Attempt, Record
from admin_api.shared.domain.roles import scope_of
from admin_api.shared.store.documents import IdempotencyDocument
from admin_api.shared.use_cases.run_idempotently import IdempotentRequest, run_idempotently
from admin_api.shared.use_cases.verify_audit import verify_audit
from admin_api.tenancy.domain.records import Kept, next_version
from admin_api.tenancy.use_cases.create_organization import NewOrganization, create_organization
from admin_api.tenancy.use_cases.create_site import NewSite, create_site
from admin_api.tenancy.use_cases.create_system_key import create_system_key
from admin_api.tenancy.use_cases.delete_organization import delete_organization
from admin_api.tenancy.use_cases.versioned_records import SITE, change_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig, SiteConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import ChangedMeanwhile, Conflict, Transient, Unauthenticated
from gateway_contracts.ids import new_object_id, new_operation_id
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.pages import PageRequest
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import new_keyring
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork

PAGE = "https://admin.example/register"
OPERATOR = Actor(kind="operator", role="global", scopes=("*:*",), subject_id="operator")


@dataclass
class World:
    tenancy: AllPorts
    database: MemoryDatabase
    clock: FrozenClock

    async def organization(self) -> Kept[OrganizationConfig]:
        return await create_organization(
            NewOrganization("Shop GmbH", "DE"), actor=OPERATOR, attempt=attempt(), tenancy=self.tenancy
        )

    async def site(self, organization_id: str) -> Kept[SiteConfig]:
        actor = admin_of(organization_id)
        return await create_site(NewSite("Shop"), actor=actor, attempt=attempt(), tenancy=self.tenancy)


@pytest.fixture
def world(frozen_clock: FrozenClock) -> World:
    database = MemoryDatabase(*DOCUMENTS)
    uow = MemoryUnitOfWork(database, clock=frozen_clock)
    return World(open_tenancy(uow, new_keyring(), frozen_clock, database.rows), database, frozen_clock)


def attempt() -> Attempt:
    return Attempt(new_operation_id(), new_object_id())


def admin_of(organization_id: str) -> Actor:
    return Actor(
        kind="operator", role="admin", scopes=("*:*",), organization_id=organization_id, subject_id=new_object_id()
    )


async def test_a_closed_organization_has_nothing_that_is_open(world: World) -> None:
    tenancy = world.tenancy
    organization = await world.organization()
    await world.site(organization.id)
    await create_system_key("test", tenancy=tenancy)
    await delete_organization(organization.id, actor=OPERATOR, tenancy=tenancy)

    assert await tenancy.organizations.existing(organization.id, organization.id) is None
    assert (await tenancy.sites.listed(scope_of(organization.id), PageRequest())).total == 0
    assert [key.revoked_at async for key in tenancy.api_keys.across_tenants.each({})] == [None], "the system's stays"
    assert {row["deleted"] for row in world.database.stored("sites")} == {True}
    assert len(await tenancy.deks.of_tenant(organization.id)) == 2, "documents that must be kept stay readable"
    reports = await verify_audit(audit=tenancy.audit)
    assert {report.organization_id: report.problem for report in reports} == {"": None, organization.id: None}


async def test_a_change_of_an_old_state_is_refused(world: World) -> None:
    site = await world.site((await world.organization()).id)
    actor = admin_of(site.organization_id)
    await change_record(
        SITE, site.id, lambda one: next_version(one, name="New"), actor=actor, action="site.update",
        tenancy=world.tenancy,
    )  # fmt: skip

    async def late(tx: Tx) -> None:
        record = next_version(site.record, name="Late")
        world.tenancy.sites.replace(tx, site, site.with_record(record, tx.now))

    with pytest.raises(ChangedMeanwhile):
        await world.tenancy.uow.run(late)
    known = await world.tenancy.sites.existing(site.organization_id, site.id)
    assert known is not None
    assert (known.version, known.record.version, known.record.name) == (2, 2, "New")


async def test_members_come_change_and_go(world: World) -> None:
    tenancy, organization_id = world.tenancy, (await world.organization()).id
    actor = admin_of(organization_id)

    async def invited(email: str) -> str:
        invitation = Invitation(organization_id, email, "admin")
        member, token = await invite_member(invitation, actor=actor, attempt=attempt(), page=PAGE, tenancy=tenancy)
        await accept_invitation(token, tenancy=tenancy)
        return member.id

    first, second = await invited("ada@example.com"), await invited("bob@example.com")
    with pytest.raises(Conflict) as again:
        await invited("ADA@example.com")
    assert again.value.code == "ALREADY_MEMBER"

    await change_member_role(organization_id, second, "viewer", actor=actor, tenancy=tenancy)
    with pytest.raises(Conflict) as last:
        await remove_member(organization_id, first, actor=actor, tenancy=tenancy)
    assert last.value.code == "LAST_ADMIN"
    await remove_member(organization_id, second, actor=actor, tenancy=tenancy)

    page = await tenancy.members.page(scope_of(organization_id), PageRequest(), {})
    assert [(member.id, member.role) for member in page.rows] == [(first, "admin")]


async def test_a_request_is_executed_once_and_resumed_after_its_lease(world: World) -> None:
    records: GlobalStore[Record] = GlobalStore(IdempotencyDocument, world.database.rows(IdempotencyDocument))
    request = IdempotentRequest(OPERATOR, "POST /x", "key", {"name": "x"}, "r1")
    seen: list[Attempt] = []
    is_down = True

    async def execute(attempt: Attempt) -> Answer:
        seen.append(attempt)
        if is_down:
            raise Transient("the owner is away")
        return Answer(201, b"made")

    async def run() -> Answer:
        tenancy = world.tenancy
        return await run_idempotently(request, execute, records=records, keyring=tenancy.keyring, clock=tenancy.clock)

    with pytest.raises(Transient):
        await run()
    is_down = False
    assert (await run()).body == b"made"
    assert (await run()).is_replay
    assert [one.is_resumed for one in seen] == [False, True]
    assert len({one.object_id for one in seen}) == 1

    # Its execution died: others wait until the lease is over.
    stored = await records.get(None, seen[0].operation_id)
    assert stored is not None
    held = stored.changed(state="in_progress", lease_until=world.clock.now() + LEASE)
    assert await records.now.replace(stored, held, guard=())
    with pytest.raises(Conflict) as running:
        await run()
    assert running.value.code == "IDEMPOTENCY_IN_PROGRESS"
    world.clock.advance(LEASE)
    assert not (await run()).is_replay


async def test_of_two_refreshes_of_one_session_one_counts(world: World) -> None:
    sessions = Sessions(SessionDocument, world.database.rows(SessionDocument))
    now = world.clock.now()
    session, _ = new_session(new_object_id(), "passkey", now, world.tenancy.keyring)

    async def begin(tx: Tx) -> None:
        sessions.insert(tx, session)

    async def end(tx: Tx) -> int:
        return await sessions.end(tx, "logout", person_id=session.person_id)

    await world.tenancy.uow.run(begin)
    after = session.refreshed("hash", now, "client")
    assert [await sessions.refresh(session, after) for _ in range(2)] == [True, False]
    assert [await world.tenancy.uow.run(end) for _ in range(2)] == [1, 0]
    assert not await sessions.refresh(after, after.refreshed("later", now, "client"))


async def test_a_restoration_voids_the_ways_in_that_it_brought_back(world: World) -> None:
    sessions = Sessions(SessionDocument, world.database.rows(SessionDocument))
    bootstrap = BootstrapTokens(BootstrapDocument, world.database.rows(BootstrapDocument))
    now = world.clock.now()
    organization = (await world.organization()).id
    opened = [new_session(new_object_id(), "passkey", now, world.tenancy.keyring)[0] for _ in range(3)]

    async def begin(tx: Tx) -> None:
        for session in opened:
            sessions.insert(tx, session)

    async def invite(email: str) -> str:
        invitation = Invitation(organization, email, "admin")
        invited = await invite_member(invitation, actor=OPERATOR, attempt=attempt(), page=PAGE, tenancy=world.tenancy)
        return invited[1]

    await world.tenancy.uow.run(begin)
    tokens = [await invite(f"{name}@example.com") for name in ("first", "second", "third")]
    at_work = await accept_invitation(await invite("active@example.com"), tenancy=world.tenancy)
    await bootstrap.issue("waiting", now=now, until=now + timedelta(hours=1))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ending, "BATCH", 2)
        await end_all_access(tenancy=world.tenancy, sessions=sessions, bootstrap=bootstrap)

    stored = [await sessions.get(None, session.id) for session in opened]
    assert [one.end_reason for one in stored if one is not None] == ["restored"] * 3
    for token in tokens:
        with pytest.raises(Unauthenticated):
            await accept_invitation(token, tenancy=world.tenancy)
    assert not await bootstrap.is_open("waiting", now)
    assert await bootstrap.issue("next", now=now, until=now + timedelta(hours=1))
    assert await world.tenancy.members.of(organization, at_work.id) == at_work


async def test_an_invitation_that_a_restoration_voided_is_renewed(world: World) -> None:
    organization = (await world.organization()).id
    invitation = Invitation(organization, "new@example.com", "viewer")
    member, _ = await invite_member(invitation, actor=OPERATOR, attempt=attempt(), page=PAGE, tenancy=world.tenancy)
    sessions = Sessions(SessionDocument, world.database.rows(SessionDocument))
    bootstrap = BootstrapTokens(BootstrapDocument, world.database.rows(BootstrapDocument))

    await end_all_access(tenancy=world.tenancy, sessions=sessions, bootstrap=bootstrap)
    _, token = await renew_invitation(organization, member.id, actor=OPERATOR, page=PAGE, tenancy=world.tenancy)

    assert (await accept_invitation(token, tenancy=world.tenancy)).id == member.id


async def test_the_bootstrap_token_waits_and_is_spent_once(world: World) -> None:
    tokens = BootstrapTokens(BootstrapDocument, world.database.rows(BootstrapDocument))
    now = world.clock.now()
    until = now + timedelta(hours=1)

    async def spend(tx: Tx) -> bool:
        return await tokens.spend(tx, "second")

    assert await tokens.issue("first", now=now, until=until)
    assert not await tokens.issue("second", now=now, until=until)
    assert await tokens.issue("second", now=now, until=until, is_replacing=True)
    assert (await tokens.is_open("first", now), await tokens.is_open("second", now)) == (False, True)
    assert not await tokens.is_open("second", until)
    assert [await world.tenancy.uow.run(spend) for _ in range(2)] == [True, False]


async def test_a_destroyed_key_leaves_no_copy_in_the_outbox(world: World) -> None:
    tenancy = world.tenancy
    organization = await world.organization()
    key = (await tenancy.deks.of_tenant(organization.id))[0]

    async def destroy(tx: Tx) -> None:
        tx.forget_config(key.id)
        tenancy.deks.delete(tx, key)

    def copies() -> int:
        return sum(row["entity_id"] == f"config:{key.id}" for row in world.database.stored("outbox"))

    assert copies() == 1
    await tenancy.uow.run(destroy)
    assert copies() == 0
    assert key.id not in {one.id for one in await tenancy.deks.of_tenant(organization.id)}


async def test_an_invitation_is_announced_and_its_link_is_a_secret(world: World) -> None:
    tenancy, organization_id = world.tenancy, (await world.organization()).id
    actor = admin_of(organization_id)
    invitation = Invitation(organization_id, "ada@example.com", "support", "Ada")
    member, first = await invite_member(invitation, actor=actor, attempt=attempt(), page=PAGE, tenancy=tenancy)
    _, second = await renew_invitation(organization_id, member.id, actor=actor, page=PAGE, tenancy=tenancy)

    rows = [row for row in world.database.stored("outbox") if row["entity_id"] == member.id]
    assert [row["body"]["type"] for row in rows] == ["tenancy.member_invited.v1"] * 2
    for row, token in zip(rows, (first, second), strict=True):
        data = row["body"]["data"]
        opened = {
            field: tenancy.keyring.decrypt(
                EncryptedValue.model_validate(data[field]), organization_id, row["body"]["type"], row["_id"], field
            ).decode()
            for field in ("email", "name", "link")
        }
        assert opened == {"email": "ada@example.com", "name": "Ada", "link": f"{PAGE}#{token}"}
        assert token not in repr(row)
        assert "ada@" not in repr(row)


async def test_an_operator_is_announced_under_the_system_key(world: World) -> None:
    invitation, keyring = Invitation("", "joan@example.com", "global"), world.tenancy.keyring
    member, token = await invite_member(invitation, actor=OPERATOR, attempt=attempt(), page=PAGE, tenancy=world.tenancy)
    [row] = [row for row in world.database.stored("outbox") if row["entity_id"] == member.id]
    assert row["subject"] == "tenancy.member_invited.v1.installation"
    data = row["body"]["data"]
    opened = {
        field: keyring.decrypt_system(
            EncryptedValue.model_validate(data[field]), row["body"]["type"], row["_id"], field
        ).decode()
        for field in ("email", "link")
    }
    assert opened == {"email": "joan@example.com", "link": f"{PAGE}#{token}"}
    assert token not in repr(row)
