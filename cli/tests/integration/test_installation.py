"""Every command against a running installation with the users of a real one; the order of the tests counts."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import nats
import pytest
import pytest_asyncio
from command_line import Operator
from nats.aio.client import Client
from pymongo import AsyncMongoClient

from gateway_contracts.collections import DATABASES
from gateway_contracts.topology import STREAMS
from gateway_kit.set_aside import Letter, SetAside
from gateway_testkit.parts import SERVICES, Parts, parts_in
from gateway_testkit.waiting import eventually

ORGANIZATION = "a" * 24
CONSUMER = "domains-on-site-deleted"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with parts_in(tmp_path_factory.mktemp("installation")) as started:
        started.start(*SERVICES)
        yield started


@pytest.fixture
def operator(parts: Parts) -> Operator:
    return Operator(parts.env.operator())


@pytest_asyncio.fixture
async def bus(parts: Parts) -> AsyncIterator[Client]:
    password = parts.env.credentials.nats["admin"]
    client = await nats.connect(parts.env.nats.url, user="admin", password=password)
    yield client
    await client.close()


@pytest_asyncio.fixture
async def mongo(parts: Parts) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    async with AsyncMongoClient[dict[str, Any]](parts.env.mongod.admin_uri) as client:
        yield client


async def set_aside(
    bus: Client, reference: str, *, reason: str = "Conflict", organization_id: str = ORGANIZATION
) -> None:
    """A letter as the consumer of site deletions writes it."""
    body = {"id": f"evt_{reference}", "entityId": reference}
    letter = Letter(
        source="TENANCY",
        worker=CONSUMER,
        reference=reference,
        reason=reason,
        organization_id=organization_id,
        size=10,
        subject=f"tenancy.site_deleted.v1.{organization_id}",
        body=json.dumps(body).encode(),
    )
    await SetAside(bus.jetstream(), "svc-domains").put(letter)


async def config_of(bus: Client, stream: str) -> Any:
    return json.loads((await bus.request(f"$JS.API.STREAM.INFO.{stream}")).data)["config"]


async def problems(operator: Operator) -> list[str]:
    """Findings of ``gateway doctor`` that are not well, without those of the machine that the tests run on."""
    found = json.loads((await operator.run("doctor", "--json")).stdout.splitlines()[-1])["findings"]
    of_the_machine = {"event_loop_lag", "database_disk", "database_memory"}
    return [each["text"] for each in found if each["state"] != "ok" and each["check"] not in of_the_machine]


async def is_well(operator: Operator) -> None:
    """Probes and metrics are a few seconds old."""

    async def has_no_problem() -> bool:
        return await problems(operator) == []

    await eventually(has_no_problem)


async def test_doctor_finds_a_healthy_installation_well(operator: Operator) -> None:
    await is_well(operator)

    result = await operator.run("doctor")

    for service in SERVICES:
        assert f"{service} is alive and ready" in result.stdout
    assert "Streams and consumers are as this version declares." in result.stdout
    assert "The database is MongoDB" in result.stdout
    assert operator.variables["NATS_PASSWORD"] not in result.output


async def test_migrate_changes_nothing_the_second_time(operator: Operator) -> None:
    result = await operator.run("migrate")

    assert result.exit_code == 0
    assert f"As this version declares: {len(STREAMS)} streams" in result.stdout


async def test_a_changed_consumer_and_a_changed_stream_are_drift_that_migrate_mends(
    operator: Operator, bus: Client
) -> None:
    js = bus.jetstream()
    consumer = (await js.consumer_info("TENANCY", CONSUMER)).config
    await js.add_consumer("TENANCY", consumer.evolve(max_ack_pending=7))
    request = json.dumps({**await config_of(bus, "TENANCY"), "max_bytes": 1024**3}).encode()
    await bus.request("$JS.API.STREAM.UPDATE.TENANCY", request)

    result = await operator.run("doctor")
    assert result.exit_code == 1
    assert f"The consumer {CONSUMER} differs in max_ack_pending: run `gateway migrate`." in result.stdout
    assert "The stream TENANCY differs in max_bytes: run `gateway migrate`." in result.stdout

    assert (await operator.run("migrate")).exit_code == 0
    await is_well(operator)


async def test_dead_letters_are_listed_shown_and_redriven(operator: Operator, bus: Client, parts: Parts) -> None:
    await set_aside(bus, "1")
    await set_aside(bus, "2", reason="Unreadable")
    await set_aside(bus, "3", organization_id="b" * 24)

    examined = await operator.run("doctor")
    assert examined.exit_code == 1
    [line] = [line for line in examined.stdout.splitlines() if "number of dead letters" in line]
    assert f"{CONSUMER} (Conflict 2, Unreadable 1; the oldest of 20" in line

    listed = (await operator.json("dead-letters", "list", CONSUMER))["deadLetters"]
    assert [letter["reference"] for letter in listed] == ["1", "2", "3"]
    by_reason = await operator.json("dead-letters", "list", "--reason", "Unreadable")
    assert [letter["reference"] for letter in by_reason["deadLetters"]] == ["2"]
    limited = await operator.json("dead-letters", "list", "--limit", "1")
    assert (len(limited["deadLetters"]), limited["isMore"]) == (1, True)
    shown = await operator.json("dead-letters", "show", str(listed[0]["number"]))
    assert (shown["body"]["entityId"], shown["organizationId"]) == ("1", ORGANIZATION)
    table = (await operator.run("dead-letters", "list")).stdout
    assert "Conflict" in table
    assert table.endswith("3 dead letters\n")

    refused = await operator.run("dead-letters", "redrive", "--all", CONSUMER, given="n\n")
    assert refused.exit_code == 1
    assert len((await operator.json("dead-letters", "list"))["deadLetters"]) == 3

    number = str(listed[0]["number"])
    one = await operator.run("dead-letters", "redrive", number)
    assert one.stdout.startswith(f"{number} published again on tenancy.site_deleted.v1.{ORGANIZATION}")
    gone = await operator.run("dead-letters", "show", number)
    assert (gone.exit_code, gone.stderr) == (1, f"Error: there is no dead letter {number} (DEAD_LETTER_NOT_FOUND).\n")
    rest = await operator.json("dead-letters", "redrive", "--all", CONSUMER, "--organization", "b" * 24, "--yes")
    assert [each["redriven"] for each in rest] == [True]


async def test_each_redriven_letter_is_in_the_audit_log(
    operator: Operator, mongo: AsyncMongoClient[dict[str, Any]]
) -> None:
    log = mongo[DATABASES["svc-admin-api"]].audit_log
    noted = await log.find({"action": "dead_letter.redrive"}).sort("sequence").to_list()

    assert len(noted) == 2
    assert {(entry["organization_id"], entry["actor_kind"]) for entry in noted} == {("", "operator")}
    reports = await operator.json("audit", "verify")
    assert all(report["problem"] is None for report in reports)


async def test_nothing_is_redriven_without_the_audit_log(operator: Operator) -> None:
    before = await operator.json("dead-letters", "list", CONSUMER)

    result = await operator.run("dead-letters", "redrive", "--all", CONSUMER, "--yes", MONGODB_URI="")

    assert result.exit_code == 2
    assert "MONGODB_URI is not set" in result.stderr
    assert await operator.json("dead-letters", "list", CONSUMER) == before


async def test_a_broken_chain_of_the_audit_log_is_named(
    operator: Operator, mongo: AsyncMongoClient[dict[str, Any]]
) -> None:
    log = mongo[DATABASES["svc-admin-api"]].audit_log
    entry = await log.find_one({"action": "dead_letter.redrive"})
    assert entry is not None
    await log.update_one({"_id": entry["_id"]}, {"$set": {"object_id": "0"}})

    result = await operator.run("audit", "verify")
    await log.replace_one({"_id": entry["_id"]}, entry)

    assert result.exit_code == 1
    assert f"entry {entry['sequence']} was changed" in result.stdout
    assert (await operator.run("audit", "verify")).exit_code == 0


async def test_a_system_key_works_at_once(operator: Operator, parts: Parts) -> None:
    made = await operator.json("keys", "create-system", "first-tenant")

    async with httpx.AsyncClient(base_url=parts.env.http("svc-admin-api")) as api:
        head = {"authorization": f"Bearer {made['key']}"}
        answer = await api.post("/api/v1/organizations", json={"name": "Shop", "country": "DE"}, headers=head)
    assert answer.status_code in (200, 201), answer.text
    plain = await operator.run("keys", "create-system")
    assert plain.stdout.startswith("sk_")
    assert plain.stdout.count("\n") == 1


async def test_the_first_operator_is_invited_until_there_is_one(
    operator: Operator, mongo: AsyncMongoClient[dict[str, Any]]
) -> None:
    made = await operator.json("operators", "invite")
    assert len(made["bootstrapToken"]) > 30
    now = datetime.now(UTC)
    member: dict[str, Any] = {"_id": "m", "person_id": "p", "organization_id": "", "role": "global", "state": "active"}
    member |= {"created_at": now, "updated_at": now, "version": 1}
    members = mongo[DATABASES["svc-admin-api"]].members
    await members.insert_one(member)

    result = await operator.run("operators", "invite")
    await members.delete_one({"_id": "m"})

    assert result.exit_code == 1
    assert result.stderr == "Error: There is an operator already: ask them for an invitation.\n"


async def test_the_key_of_sessions_is_rotated_after_a_question(operator: Operator) -> None:
    refused = await operator.run("operators", "rotate-session-key", given="n\n")
    assert refused.exit_code == 1
    result = await operator.run("operators", "rotate-session-key", given="y\n")
    assert "Access tokens are signed with the key" in result.stdout


async def test_events_are_marked_to_be_published_again(
    operator: Operator, parts: Parts, mongo: AsyncMongoClient[dict[str, Any]]
) -> None:
    # Its relay would publish the row at once.
    parts.stop("svc-domains")
    outbox, sent_at = mongo[DATABASES["svc-domains"]].outbox, datetime.now(UTC)
    await outbox.insert_one({"_id": "r", "state": "sent", "kind": "event", "sent_at": sent_at})
    since = (sent_at - timedelta(minutes=1)).isoformat()

    assert (await operator.run("republish", since, given="n\n")).exit_code == 1
    counts = await operator.json("republish", since, "--yes")
    row = await outbox.find_one_and_delete({"_id": "r"})
    parts.start("svc-domains")

    assert row is not None
    assert row["state"] == "pending"
    assert (set(counts), counts["svc-domains"]) == (set(DATABASES), 1)
    one = await operator.json("republish", since, "--yes", "--service", "svc-domains")
    assert one == {"svc-domains": 0}
    noted = await mongo[DATABASES["svc-admin-api"]].audit_log.find({"action": "outbox.republish"}).to_list()
    assert {entry["object_id"] for entry in noted} == set(DATABASES)


async def test_books_and_registers_are_verified(operator: Operator, mongo: AsyncMongoClient[dict[str, Any]]) -> None:
    assert (await operator.run("ledger", "verify")).stdout == "0 differences\n"
    assert await operator.json("invoices", "verify") == []
    heads = mongo[DATABASES["svc-invoice"]].register_heads
    register = f"{ORGANIZATION}:live:invoice"
    await heads.insert_one({"_id": register, "position": 1, "seal": "0"})

    result = await operator.run("invoices", "verify")
    named = await operator.json("invoices", "verify", register, code=1)
    await heads.delete_one({"_id": register})

    assert result.exit_code == 1
    assert f"{register}: 0 rows, 1 problem\n  the register ends at row 0, its head says 1\n" in result.stdout
    assert named[0]["problems"]


async def test_figures_are_counted_anew(operator: Operator, mongo: AsyncMongoClient[dict[str, Any]]) -> None:
    cases = mongo[DATABASES["svc-transaction"]].cases
    case = {
        "_id": "c" * 24,
        "organization_id": ORGANIZATION,
        "livemode": True,
        "kind": "late_payment",
        "key": "k",
        "provider_id": "p",
        "provider_type": "stripe",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "status": "open",
        "version": 1,
    }
    await cases.insert_one(case)

    assert (await operator.run("reporting", "rebuild", given="n\n")).exit_code == 1
    assert await operator.json("reporting", "rebuild", "--yes") == {"facts": 1}

    await cases.delete_one({"_id": case["_id"]})
    buckets = await mongo[DATABASES["svc-reporting"]].buckets.find({"figures.open_cases": 1}).to_list()
    assert [(bucket["organization_id"], bucket["generation"], bucket["day"]) for bucket in buckets] == [
        (ORGANIZATION, 2, "")
    ]
    noted = await mongo[DATABASES["svc-admin-api"]].audit_log.find({"action": "reporting.rebuild"}).to_list()
    assert [entry["object_id"] for entry in noted] == ["svc-reporting"]
    assert await operator.json("reporting", "rebuild", "--yes") == {"facts": 0}
    assert await mongo[DATABASES["svc-reporting"]].facts.count_documents({}) == 0


async def test_wrong_credentials_are_one_sentence(operator: Operator) -> None:
    result = await operator.run("dead-letters", "list", NATS_PASSWORD="wrong")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: The bus refuses the user or password (NATS_USER, NATS_PASSWORD).\n"


async def test_a_service_that_ended_hides_nothing(operator: Operator, parts: Parts) -> None:
    parts.stop("svc-ipn")

    result = await operator.run("doctor")

    assert result.exit_code == 1
    assert "svc-ipn does not answer at 127.0.0.1:" in result.stdout
    assert "svc-invoice is alive and ready" in result.stdout
    assert "the time that the first notification has been due was not measured" in result.stdout
    parts.start("svc-ipn")


async def test_without_the_bus_the_rest_is_still_checked(operator: Operator, parts: Parts) -> None:
    parts.stop("nats")

    async def is_noticed() -> bool:
        return "is alive at" in (await operator.run("doctor")).stdout

    await eventually(is_noticed)
    found = await operator.json("doctor", code=1)

    texts = [each["text"] for each in found["findings"]]
    assert any(text.startswith("The bus does not answer") for text in texts), texts
    assert any("and not ready: " in text for text in texts), texts
    assert any(text.startswith("The database is MongoDB") for text in texts), texts
    alone = await operator.run("doctor", GATEWAY_SERVICES="")
    assert "UNKNOWN    GATEWAY_SERVICES is not set" in alone.stdout
    listed = await operator.run("dead-letters", "list")
    assert (listed.exit_code, listed.stderr) == (1, "Error: The bus does not answer (NoServersError).\n")
