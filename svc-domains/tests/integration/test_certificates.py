"""Certificates of domains: looked at where customers get them, by real handshakes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from edge_server import EdgeServer, edge_server

from domains.adapters.edge import TlsEdge
from domains.app import SERVICE, build
from domains.domain.certificate import Shown
from domains.settings import Settings
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.domains import (
    GET_DOMAIN,
    LIST_CERTIFICATES,
    VERIFY_DOMAIN,
    DomainRecord,
    DomainRef,
)
from gateway_contracts.rpc import Empty
from gateway_kit.service import Runtime, running
from gateway_kit.set_aside import OPERATOR
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.settings import settings_for
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

TARGET = "pay.gateway.example"
OWNER, SITE = new_object_id(), new_object_id()
ACTOR = Actor(
    kind="api_key",
    organization_id=OWNER,
    scopes=("domain:read", "domain:execute"),
    livemode=False,
)


@pytest_asyncio.fixture
async def edge(tmp_path: Path) -> AsyncIterator[EdgeServer]:
    async with edge_server(tmp_path) as server:
        yield server


@pytest.fixture
def settings(topology: NatsServer, database: TestDatabase, dns_server: Any, edge: EdgeServer) -> Settings:
    return settings_for(
        Settings,
        topology,
        database,
        main_frontend_domain=TARGET,
        dns_servers=f"127.0.0.1:{dns_server.port}",
        dns_deadline_s=60,
        edge_address=f"127.0.0.1:{edge.port}",
    )


async def active(database: TestDatabase, name: str, **fields: Any) -> str:
    """A domain as an earlier version stored it."""
    identifier = new_object_id()
    row = {
        "_id": identifier,
        "organization_id": OWNER,
        "site_id": SITE,
        "name": name,
        "state": "active",
        "version": 3,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "removed": False,
    }
    await database.db["domains"].insert_one(row | fields)
    return identifier


async def read(runtime: Runtime, domain_id: str) -> DomainRecord:
    return await runtime.rpc.call(GET_DOMAIN, DomainRef(domain_id=domain_id), actor=ACTOR)


def looked(runtime: Runtime, *ids: str) -> Callable[[], Awaitable[bool]]:
    async def all_of_them() -> bool:
        return all([(await read(runtime, each)).certificate is not None for each in ids])

    return all_of_them


async def test_who_has_no_certificate_is_answered_without_a_log(
    settings: Settings, database: TestDatabase, edge: EdgeServer
) -> None:
    edge.issue("good.shop.de")
    edge.issue("late.shop.de", left=13)
    edge.issue("old.shop.de", left=-1)
    edge.issue("other.shop.de", of="elsewhere.shop.de")
    names = ("good.shop.de", "late.shop.de", "old.shop.de", "other.shop.de", "none.shop.de")
    ids = [await active(database, name) for name in names]
    unseen = await active(database, "pending.shop.de", state="pending")

    async with running(settings, SERVICE, build) as (runtime, _):
        await eventually(looked(runtime, *ids))
        seen = {name: (await read(runtime, each)).certificate for name, each in zip(names, ids, strict=True)}
        pending = await read(runtime, unseen)
        listed = await runtime.rpc.call(LIST_CERTIFICATES, Empty(), actor=OPERATOR)
        with pytest.raises(Forbidden):
            await runtime.rpc.call(LIST_CERTIFICATES, Empty(), actor=ACTOR)
        gauges = await runtime.metrics.text()

    assert {name: (one.state, one.failure) for name, one in seen.items() if one} == {
        "good.shop.de": ("valid", None),
        "late.shop.de": ("expiring", None),
        "old.shop.de": ("expired", None),
        "other.shop.de": ("missing", "other_name"),
        "none.shop.de": ("missing", "refused"),
    }
    assert seen["good.shop.de"] is not None
    assert (seen["good.shop.de"].issuer, pending.certificate) == ("Test Authority", None)
    assert {each.name for each in listed.domains[:2]} == {"other.shop.de", "none.shop.de"}
    assert [each.name for each in listed.domains[2:]] == ["old.shop.de", "late.shop.de", "good.shop.de"]
    assert listed.is_complete
    for line in ("gateway_certificates_missing 3.0", "gateway_certificates_late 1.0"):
        assert line in gauges.decode()
    rows = [row async for row in database.db["domains"].find({"state": "active"})]
    assert {row["version"] for row in rows} == {3}
    assert all(row["certificate_due_at"] > datetime.now(UTC) for row in rows)
    assert sorted(edge.asked) == sorted(names)


async def test_a_check_by_the_merchant_is_a_look_as_well(
    settings: Settings, database: TestDatabase, edge: EdgeServer, dns_server: Any
) -> None:
    dns_server.cname = {"pay.shop.de": TARGET}
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    known = {"checked_at": an_hour_ago, "failure": "refused", "failures": 4}
    domain = await active(
        database, "pay.shop.de", certificate=known, certificate_due_at=an_hour_ago + timedelta(hours=6)
    )
    edge.issue("pay.shop.de")

    async with running(settings, SERVICE, build) as (runtime, _):
        await runtime.rpc.call(VERIFY_DOMAIN, DomainRef(domain_id=domain), actor=ACTOR)

        async def is_valid() -> bool:
            certificate = (await read(runtime, domain)).certificate
            return certificate is not None and certificate.state == "valid"

        await eventually(is_valid)


async def test_an_edge_that_is_away_or_silent_proves_nothing(edge: EdgeServer) -> None:
    edge.issue("good.shop.de")
    assert isinstance(await TlsEdge("127.0.0.1", edge.port).certificate_of("good.shop.de"), Shown)
    assert await TlsEdge("127.0.0.1", 1).certificate_of("good.shop.de") == "edge_unreachable"

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await never.wait()
        writer.close()
        ended.set()

    never, ended = asyncio.Event(), asyncio.Event()
    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await TlsEdge("127.0.0.1", port, handshake_s=0.2).certificate_of("good.shop.de") == "no_answer"
    never.set()
    await ended.wait()
    server.close()
