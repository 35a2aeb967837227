"""The audit log: in the same transaction, in one chain, hiding what must be hidden, and telling when it was touched."""

import asyncio
import json
import secrets
from datetime import UTC, datetime
from typing import Any

import pytest
from admin_world import Api

from admin_api.commands import AdminStore, audit_reports, open_audit
from admin_api.shared.domain.audit import HIDDEN
from admin_api.shared.use_cases.verify_audit import verify_audit
from gateway_contracts.requests.transaction import CANCEL_TRANSACTION, TransactionRecord

pytestmark = pytest.mark.integration

CANARY = "Canary Corporation"
STRIPE = {
    "type": "stripe",
    "label": CANARY,
    "publishableKey": "pk_test_abcdefgh12345678",
    "secretKey": "sk_test_abcdefgh12345678",
    "webhookSecret": "whsec_abcdefgh12345678",
}


async def problems(api: Api) -> list[str | None]:
    return [report.problem for report in await verify_audit(audit=api.tenancy.audit)]


async def test_who_did_what_to_which_object_when_and_from_where(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, livemode=True)
    site = await api.site(key)
    changed = await api.ask(
        "PATCH",
        f"/sites/{site['id']}",
        key,
        {"name": CANARY, "settings": {"wireDeadlineDays": 7}},
        X_Real_IP="203.0.113.77",
        X_Request_ID="req-from-the-test",
    )

    listed = (await api.ask("GET", f"/audit?objectId={site['id']}", key)).json()

    entry = listed["entries"][0]
    assert changed.status_code == 200
    assert [row["action"] for row in listed["entries"]] == ["site.update", "site.create"]
    assert (entry["actorKind"], entry["actorId"], entry["actorRole"]) == ("api_key", key.split("_")[2][:24], "admin")
    assert (entry["address"], entry["requestId"]) == ("203.0.113.77", "req-from-the-test")
    assert entry["changes"] == {
        "name": {"from": HIDDEN, "to": HIDDEN},
        "settings/wireDeadlineDays": {"from": None, "to": 7},
    }
    assert entry["previousHash"] == listed["entries"][1]["hash"]
    stored = json.dumps(await api.db.audit_log.find().to_list(), default=str)
    assert CANARY not in stored
    assert "203.0.113.77" not in stored


async def test_secrets_and_personal_data_never_reach_the_log(api: Api) -> None:
    key = await api.key(await api.organization())
    provider = (await api.ask("POST", "/providers", key, STRIPE)).json()
    await api.ask("PATCH", f"/providers/{provider['id']}", key, {"secretKey": "sk_test_another12345678"})
    client = (await api.ask("POST", "/clients", key, {"email": "canary@example.com", "name": "Jane Canary"})).json()
    await api.ask("PATCH", f"/clients/{client['id']}", key, {"email": "canary2@example.com"})
    await api.ask(
        "PATCH", "/organizations/settings/invoicing", key, {"bankIBAN": {"plaintext": "DE89370400440532013000"}}
    )

    text = (await api.ask("GET", "/audit/export", key)).text
    stored = json.dumps(await api.db.audit_log.find().to_list(), default=str)
    for canary in ("sk_test_", "whsec_", "canary", "Canary", "DE8937"):
        assert canary not in stored, canary
        assert canary not in text, canary
    assert "[encrypted]" in text


async def test_a_change_that_fails_leaves_no_entry(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization)
    before = (await api.ask("GET", "/audit", key)).json()["total"]

    path = f"/organizations/{organization}/api-keys/{key.split('_')[2][:24]}"
    await api.ask("PATCH", path, key, {"scopes": ["nonsense"]})
    await api.ask("POST", "/sites", key, {"name": "x", "providerIds": ["65f0c0ffee65f0c0ffee65f0"]})

    assert (await api.ask("GET", "/audit", key)).json()["total"] == before


async def test_writers_at_the_same_moment_do_not_break_the_chain(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization)
    clients = (api.http, api.other_instance)

    answers = await asyncio.gather(
        *(api.ask("POST", "/sites", key, {"name": f"s{n}"}, client=clients[n % 2]) for n in range(24))
    )

    assert {answer.status_code for answer in answers} == {201}
    entries = [json.loads(line) for line in (await api.ask("GET", "/audit/export", key)).text.splitlines()]
    assert [entry["sequence"] for entry in entries] == list(range(1, 27))
    assert [later["previousHash"] for later in entries[1:]] == [earlier["hash"] for earlier in entries[:-1]]
    assert set(await problems(api)) == {None}


@pytest.mark.parametrize(
    ("touch", "problem"),
    [
        (lambda db, org: db.audit_log.update_one({"organization_id": org, "sequence": 2}, {"$set": {"actor_id": "x"}}),
         "entry 2 was changed"),
        (lambda db, org: db.audit_log.delete_one({"organization_id": org, "sequence": 2}), "entry 2 is missing"),
        (lambda db, org: db.audit_log.delete_one({"organization_id": org, "sequence": 3}), "entry 3 is missing"),
        (lambda db, org: db.audit_heads.update_one({"_id": org}, {"$set": {"hash": "0" * 64}}),
         "the chain ends in another entry than was written last"),
    ],
)  # fmt: skip
async def test_every_tampering_is_located(api: Api, touch: Any, problem: str) -> None:
    organization = await api.organization()
    await api.site(await api.key(organization))
    assert set(await problems(api)) == {None}

    await touch(api.db, organization)

    assert [item for item in await problems(api) if item] == [problem]


async def test_entries_are_filtered_paged_and_scoped(api: Api) -> None:
    mine, theirs = await api.organization(), await api.organization("Other")
    key, other = await api.key(mine), await api.key(theirs)
    for n in range(5):
        await api.site(key, name=f"s{n}")

    first = (await api.ask("GET", "/audit?action=site.create&limit=2", key)).json()
    second = (await api.ask("GET", f"/audit?action=site.create&limit=2&cursor={first['nextCursor']}", key)).json()
    third = (await api.ask("GET", f"/audit?action=site.create&limit=2&cursor={second['nextCursor']}", key)).json()

    assert [len(page["entries"]) for page in (first, second, third)] == [2, 2, 1]
    assert (first["total"], third["nextCursor"]) == (5, None)
    sequences = [entry["sequence"] for page in (first, second, third) for entry in page["entries"]]
    assert sequences == sorted(sequences, reverse=True)
    assert (await api.ask("GET", "/audit?action=site.create", other)).json()["total"] == 0
    assert (await api.ask("GET", "/audit?to=2020-01-01T00:00:00Z", key)).json()["total"] == 0
    assert (await api.ask("GET", "/audit", api.system_key)).json()["code"] == "ORGANIZATION_KEY_REQUIRED"
    system = (await api.ask("GET", "/system/audit", api.system_key)).json()
    assert {entry["objectType"] for entry in system["entries"]} == {"api_key"}


async def test_what_another_service_did_is_noted_once(api: Api) -> None:
    key = await api.key(await api.organization())
    transaction_id = "65f0c0ffee65f0c0ffee65f0"
    api.owners.answers[CANCEL_TRANSACTION.subject] = _canceled

    for _ in range(2):
        await api.ask("POST", f"/transactions/{transaction_id}/cancel", key, Idempotency_Key="c1")

    noted = (await api.ask("GET", f"/audit?objectId={transaction_id}", key)).json()
    assert [entry["action"] for entry in noted["entries"]] == ["transaction.cancel"]


def _canceled(_request: Any) -> TransactionRecord:
    now = datetime(2026, 1, 31, tzinfo=UTC)
    return TransactionRecord(
        id="65f0c0ffee65f0c0ffee65f0",
        checkout_id="c",
        session_public_id="cs",
        site_id="s",
        provider_id="p",
        provider_type="wire",
        status="canceled",
        amount=1,
        currency="EUR",
        livemode=False,
        sequence=1,
        created_at=now,
        updated_at=now,
    )


async def test_the_command_says_which_chain_is_broken(api: Api, database: Any) -> None:
    organization = await api.organization()

    async def verified() -> dict[str, str | None]:
        store = AdminStore(database.client, database.name, secrets.token_hex(32), secrets.token_hex(32))
        return {report.organization_id: report.problem for report in await audit_reports(store)}

    assert await verified() == {"": None, organization: None}
    await api.db.audit_log.update_one({"organization_id": organization, "sequence": 1}, {"$set": {"action": "x.y"}})
    assert await verified() == {"": None, organization: "entry 1 was changed"}


async def test_the_command_of_an_operator_is_noted_in_the_chain_of_the_installation(api: Api, database: Any) -> None:
    store = AdminStore(database.client, database.name, secrets.token_hex(32), secrets.token_hex(32))
    note = await open_audit(store)

    await note("dead_letter.redrive", "12")
    await note("dead_letter.redrive", "13")

    noted = [entry async for entry in api.tenancy.audit.chain("")][-2:]
    assert [(each.actor_kind, each.actor_role, each.action, each.object_id) for each in noted] == [
        ("operator", "global", "dead_letter.redrive", "12"),
        ("operator", "global", "dead_letter.redrive", "13"),
    ]
    assert [report.problem for report in await audit_reports(store)] == [None]
