"""Real users on a real server: each user can do its own work and not that of another."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js.errors import NoKeysError

from gateway_contracts.topology import (
    CONSUMERS,
    EVENT_CONSUMERS,
    PUBLIC_STREAMS,
    STREAMS,
    ConsumerSpec,
    StreamSpec,
    stream,
)
from gateway_embedded.servers import nats
from gateway_embedded.servers.process import free_port
from gateway_kit.health_report.bus import consumer_states, dead_letter_counts
from gateway_kit.limits.buckets import Buckets, Policy, Spending
from gateway_kit.limits.shared import SharedLimits
from gateway_kit.nats.dead_letters import DeadLetters
from gateway_kit.nats.permissions import NATS_USERS, render_authorization
from gateway_kit.nats.rpc import RpcClient
from gateway_kit.nats.stream_reader import StreamReader
from gateway_kit.nats.topology import apply_topology, find_drift
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

PASSWORD = "p-of-"
# By a server that syncs every write, on a machine that stands still for seconds.
ANSWERED_S = 60
ORGANIZATION = "65a500000000000000000001"
LETTER = {
    "Gw-Dead-Consumer": "ipn-on-transactions",
    "Gw-Dead-Reason": "Conflict",
    "Gw-Dead-Origin": "planner.py:12",
    "Gw-Dead-Deliveries": "1",
}
REFUSALS: dict[str, list[str]] = {}
Connect = Callable[[str], AbstractAsyncContextManager[Client]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nats.NatsSettings]:
    folder = tmp_path_factory.mktemp("nats-users")
    users = render_authorization(lambda user: json.dumps(PASSWORD + user))
    settings = nats.NatsSettings(free_port(), free_port(), folder / "data", authorization=users)
    process = nats.start(settings, config_file=folder / "nats.conf", log=folder / "nats.log")
    yield settings
    process.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def connect(server: nats.NatsSettings) -> AsyncIterator[Connect]:
    @asynccontextmanager
    async def as_user(user: str) -> AsyncIterator[Client]:
        client = await _connect(server, user)
        try:
            yield client
        finally:
            await client.close()

    async with as_user("topology") as client:
        await apply_topology(client)
    yield as_user


async def _connect(server: nats.NatsSettings, user: str) -> Client:
    seen = REFUSALS[user] = []

    async def note(error: Exception) -> None:
        seen.append(str(error).lower())

    client = Client()
    prefix = b"_INBOX" if user == "admin" else f"_INBOX_{user}".encode()
    await client.connect(
        server.url,
        user=user,
        password=PASSWORD + user,
        inbox_prefix=prefix,
        error_cb=note,
        allow_reconnect=False,
        connect_timeout=ANSWERED_S,
    )
    return client


async def _assert_refused(client: Client, user: str, subject: str) -> None:
    """The server reports a refusal on the connection before it answers the next ping."""
    before = len(REFUSALS[user])
    await client.publish(subject, b"{}")
    await client.flush(ANSWERED_S)
    await eventually(lambda: len(REFUSALS[user]) > before)
    assert "permissions violation" in REFUSALS[user][-1]
    assert subject.lower() in REFUSALS[user][-1]


def _event_subject(spec: StreamSpec) -> str:
    """A subject of that stream."""
    return spec.subjects[0].replace("*.*.*", "happened.v1.*").replace("v1.*", f"v1.{ORGANIZATION}")


@pytest.mark.parametrize("spec", [spec for spec in STREAMS if spec.owner != "*"], ids=lambda spec: spec.name)
async def test_only_the_owner_publishes_to_its_stream(connect: Connect, spec: StreamSpec) -> None:
    subject = _event_subject(spec)
    async with connect(spec.owner) as owner:
        ack = await owner.jetstream(timeout=ANSWERED_S).publish(subject, b"{}", stream=spec.name)
        assert ack.stream == spec.name
    stranger = "svc-checkout-api"
    async with connect(stranger) as client:
        await _assert_refused(client, stranger, subject)


@pytest.mark.parametrize("spec", EVENT_CONSUMERS, ids=lambda spec: spec.durable)
async def test_a_consumer_belongs_to_its_service(connect: Connect, spec: ConsumerSpec) -> None:
    subject = spec.filter_subject.replace("*.*.*", f"succeeded.v1.{ORGANIZATION}").replace("v1.*", f"v1.{ORGANIZATION}")
    async with connect("admin") as admin:
        await admin.jetstream(timeout=ANSWERED_S).publish(subject, b"{}")
    async with connect(spec.service) as client:
        sub = await client.jetstream(timeout=ANSWERED_S).pull_subscribe(
            spec.filter_subject, durable=spec.durable, stream=spec.stream
        )
        (message,) = await sub.fetch(1, timeout=ANSWERED_S)
        await message.ack_sync(timeout=ANSWERED_S)
        await client.publish(spec.dead_subject, b"{}")
        await client.flush(ANSWERED_S)
        assert REFUSALS[spec.service] == []
    foreign = "svc-webhook-ingest"
    async with connect(foreign) as client:
        await _assert_refused(client, foreign, f"$JS.API.CONSUMER.MSG.NEXT.{spec.stream}.{spec.durable}")
        await _assert_refused(client, foreign, f"$JS.API.CONSUMER.CREATE.{spec.stream}")
        await _assert_refused(client, foreign, spec.dead_subject)


@pytest.mark.parametrize("name", PUBLIC_STREAMS)
async def test_one_service_reads_public_events_without_a_consumer(connect: Connect, name: str) -> None:
    spec = stream(name)
    subject = _event_subject(spec)
    async with connect(spec.owner) as owner:
        ack = await owner.jetstream(timeout=ANSWERED_S).publish(subject, b"{}")
    reader, stranger = "svc-admin-api", "svc-webhook-ingest"
    async with connect(reader) as client:
        streams = StreamReader(client)
        head = await streams.head(name)
        batch = await streams.read(name, subject, after=ack.seq - 1, head=head, limit=10)
        assert [message.sequence for message in batch.messages] == [ack.seq]
        assert await streams.first_since(name, batch.messages[0].stored_at) == ack.seq
        assert REFUSALS[reader] == []
        await _assert_refused(client, reader, f"$JS.API.CONSUMER.CREATE.{name}")
        await _assert_refused(client, reader, f"$JS.API.CONSUMER.CREATE.{name}.mine.{subject}")
        await _assert_refused(client, reader, f"$JS.API.STREAM.MSG.DELETE.{name}")
        await _assert_refused(client, reader, "$JS.API.DIRECT.GET.PROVIDER_EVENTS")
    async with connect(stranger) as client:
        await _assert_refused(client, stranger, f"$JS.API.DIRECT.GET.{name}")
        await _assert_refused(client, stranger, f"$JS.API.STREAM.MSG.GET.{name}")


async def test_one_service_inspects_the_bus_and_works_on_dead_letters(connect: Connect) -> None:
    subject = "dead.TRANSACTIONS.ipn-on-transactions"
    async with connect("svc-ipn") as client:
        ack = await client.jetstream(timeout=ANSWERED_S).publish(subject, b"{}", headers=LETTER)
    operator, stranger = "svc-admin-api", "svc-ipn"
    async with connect(operator) as client:
        letters = DeadLetters(client.jetstream(timeout=ANSWERED_S), RpcClient(client), may_publish=False)
        # Other tests of this file left letters without any header: they hide no other letter.
        assert [letter.sequence async for letter in letters.all("ipn-on-transactions")][-1] == ack.seq
        assert {state.spec for state in await consumer_states(client)} == set(CONSUMERS)
        assert (await dead_letter_counts(client))["ipn-on-transactions"] >= 1
        assert await find_drift(client) == []
        assert await client.jetstream(timeout=ANSWERED_S).delete_msg("DEAD_LETTERS", ack.seq)
        assert REFUSALS[operator] == []
        await _assert_refused(client, operator, f"transaction.succeeded.v1.{ORGANIZATION}")
        await _assert_refused(client, operator, subject)
        await _assert_refused(client, operator, "$JS.API.STREAM.MSG.GET.PROVIDER_EVENTS")
        await _assert_refused(client, operator, "$JS.API.CONSUMER.DELETE.TRANSACTIONS.ipn-on-transactions")
    async with connect(stranger) as client:
        await _assert_refused(client, stranger, "$JS.API.STREAM.MSG.GET.DEAD_LETTERS")
        await _assert_refused(client, stranger, "$JS.API.STREAM.MSG.DELETE.DEAD_LETTERS")


async def test_no_service_deletes_or_purges_a_stream(connect: Connect) -> None:
    for user in NATS_USERS:
        if user in ("admin", "topology"):
            continue
        async with connect(user) as client:
            await _assert_refused(client, user, "$JS.API.STREAM.DELETE.TRANSACTIONS")
            await _assert_refused(client, user, "$JS.API.STREAM.PURGE.TRANSACTIONS")


async def test_everybody_reads_the_configuration_and_two_write_it(connect: Connect) -> None:
    async with connect("svc-admin-api") as client:
        bucket = await client.jetstream(timeout=ANSWERED_S).key_value("config")
        await bucket.put("org.1", b"{}")
        await _assert_refused(client, "svc-admin-api", "$KV.config.domain.shop.example.org")
    async with connect("svc-domains") as client:
        bucket = await client.jetstream(timeout=ANSWERED_S).key_value("config")
        await bucket.put("domain.shop.example.org", b"{}")
        await _assert_refused(client, "svc-domains", "$KV.config.org.1")
    for user in NATS_USERS:
        if not user.startswith("svc-"):
            continue
        async with connect(user) as client:
            bucket = await client.jetstream(timeout=ANSWERED_S).key_value("config")
            assert (await bucket.get("org.1")).value == b"{}"
            assert set(await _keys(bucket)) >= {"org.1", "domain.shop.example.org"}
            assert REFUSALS[user] == []
            if user not in ("svc-admin-api", "svc-domains"):
                await _assert_refused(client, user, "$KV.config.org.1")


async def _keys(bucket: object) -> list[str]:
    watcher = await bucket.watchall()  # type: ignore[attr-defined]  # nats-py has no types
    found: list[str] = []
    try:
        while (entry := await asyncio.wait_for(watcher._updates.get(), ANSWERED_S)) is not None:
            found.append(entry.key)
    except NoKeysError:
        pass
    finally:
        await watcher.stop()
    return found


async def test_documents_are_written_by_one_and_read_by_two(connect: Connect) -> None:
    async with connect("svc-invoice") as client:
        store = await client.jetstream(timeout=ANSWERED_S).object_store("documents")
        await store.put("invoice.pdf", b"first")
        await store.put("invoice.pdf", b"%PDF" * 100_000)
        assert REFUSALS["svc-invoice"] == []
    for user in ("svc-admin-api", "svc-checkout-api"):
        async with connect(user) as client:
            store = await client.jetstream(timeout=ANSWERED_S).object_store("documents")
            assert (await store.get("invoice.pdf")).data == b"%PDF" * 100_000
            assert REFUSALS[user] == []
            await _assert_refused(client, user, "$O.documents.C.x")
    async with connect("svc-ipn") as client:
        await _assert_refused(client, "svc-ipn", "$JS.API.STREAM.INFO.OBJ_documents")


async def test_requests_follow_the_grants(connect: Connect) -> None:
    async with connect("svc-transaction") as owner, connect("svc-checkout-api") as edge, connect("svc-ipn") as other:

        async def answer(message: object) -> None:
            await message.respond(b"yes")  # type: ignore[attr-defined]  # nats-py has no types

        await owner.subscribe("rpc.transaction.public_get_status", queue="svc-transaction", cb=answer)
        await owner.flush(ANSWERED_S)
        reply = await edge.request("rpc.transaction.public_get_status", b"{}", timeout=ANSWERED_S)
        assert reply.data == b"yes"
        await _assert_refused(edge, "svc-checkout-api", "rpc.transaction.refund")
        await _assert_refused(other, "svc-ipn", "rpc.transaction.public_get_status")
        assert REFUSALS["svc-transaction"] == []


@pytest.mark.parametrize(
    "subject", ["_INBOX_svc-admin-api.>", "_INBOX.>", "rpc.admin.*", "transaction.*.*.*", "$KV.config.>", ">"]
)
async def test_no_service_listens_on_what_is_not_its_own(connect: Connect, subject: str) -> None:
    async with connect("svc-ipn") as client:
        await client.subscribe(subject, cb=_ignore)
        await client.flush(ANSWERED_S)
        await eventually(lambda: bool(REFUSALS["svc-ipn"]))
        assert "permissions violation for subscription" in REFUSALS["svc-ipn"][0]


async def test_traces_are_published_by_everybody(connect: Connect) -> None:
    async with connect("svc-webhook-ingest") as client:
        await client.publish("trace.0af7651916cd43dd8448eb211c80319c", b"{}")
        await client.flush(ANSWERED_S)
        assert REFUSALS["svc-webhook-ingest"] == []


async def _ignore(message: object) -> None:
    """Nothing arrives here."""


@pytest.mark.parametrize("service", ["svc-admin-api", "svc-checkout-api"])
async def test_instances_share_limits_with_their_own_service_only(connect: Connect, service: str) -> None:
    policy, heard = Policy("key", 5, 0.01), asyncio.Event()

    class Hearing(Buckets):
        def absorb(self, spending: Spending, **how: Any) -> None:
            super().absorb(spending, **how)
            heard.set()

    async with connect(service) as client, connect(service) as beside:
        here, there = (kind((policy,), secret=b"s", monotonic=lambda: 0.0) for kind in (Buckets, Hearing))
        limits = SharedLimits(client, here, service=service)
        await limits.start(client.jetstream(timeout=ANSWERED_S))
        await SharedLimits(beside, there, service=service).start(beside.jetstream(timeout=ANSWERED_S))
        while here.take(policy, "caller").is_allowed:
            pass
        heard.clear()
        await limits.tell()
        await asyncio.wait_for(heard.wait(), ANSWERED_S)
        assert not there.take(policy, "caller").is_allowed, "its first one"
        assert REFUSALS[service] == []
        foreign = "svc-checkout-api" if service == "svc-admin-api" else "svc-admin-api"
        await _assert_refused(beside, service, f"$KV.limits.{foreign}.key.abc.def")
