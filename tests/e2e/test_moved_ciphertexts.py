"""A ciphertext opens in its own place alone: moved in the database, the API answers an error and tells nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from gateway_testkit.stack import Stack
from gateway_testkit.tenants import Tenant, furnish, open_tenant
from gateway_testkit.waiting import eventually

Database = AsyncMongoClient[dict[str, Any]]


@pytest_asyncio.fixture(scope="module")
async def mongo(stack: Stack) -> AsyncIterator[Database]:
    async with AsyncMongoClient[dict[str, Any]](stack.descriptor["mongodb"]["uri"]) as client:
        yield client


@pytest_asyncio.fixture(scope="module")
async def victim(stack: Stack) -> AsyncIterator[Tenant]:
    tenant = await open_tenant(stack, "Robbed")
    await furnish(tenant)
    yield tenant
    await tenant.aclose()


@pytest_asyncio.fixture(scope="module")
async def thief(stack: Stack) -> AsyncIterator[Tenant]:
    tenant = await open_tenant(stack, "Thief")
    await furnish(tenant)
    yield tenant
    await tenant.aclose()


async def secretive(tenant: Tenant) -> str:
    """A client whose name no one else may read."""
    made = await tenant.make(
        "/clients",
        {"name": {"plaintext": "Canary Person"}, "taxInfo": {"taxId": {"plaintext": "CANARY1"}, "taxCountry": "DE"}},
    )
    return str(made["id"])


async def copy(rows: Any, source: tuple[str, str], target: tuple[str, str]) -> None:
    """Put the value of one (id, field) where another one is, as an intruder in the database could."""
    row = await rows.find_one({"_id": source[0]})
    value: Any = row
    for part in source[1].split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    assert "c" in value, "this is a ciphertext"
    assert (await rows.update_one({"_id": target[0]}, {"$set": {target[1]: value}})).matched_count == 1


def assert_closed(answer: Any, *secrets: str) -> None:
    assert answer.status_code == 500, answer.text
    assert answer.json()["code"] == "INTERNAL_ERROR"
    assert answer.json()["requestId"] == answer.headers["X-Request-ID"]
    assert not [secret for secret in ("Canary", "CANARY", "DE89", *secrets) if secret in answer.text]


async def test_into_another_tenant(mongo: Database, victim: Tenant, thief: Tenant) -> None:
    theirs, mine = await secretive(victim), await secretive(thief)
    await copy(mongo.gw_admin.clients, (theirs, "party"), (mine, "party"))

    assert_closed(await thief.ask("GET", f"/clients/{mine}"))
    own = await victim.ask("GET", f"/clients/{theirs}")
    assert (own.status_code, "Canary Person" in own.text) == (200, True)


async def test_into_another_row(mongo: Database, victim: Tenant) -> None:
    first, second = await secretive(victim), await secretive(victim)
    await copy(mongo.gw_admin.clients, (first, "party"), (second, "party"))

    assert_closed(await victim.ask("GET", f"/clients/{second}"))
    assert (await victim.ask("GET", f"/clients/{first}")).status_code == 200


async def test_into_another_field(mongo: Database, victim: Tenant) -> None:
    client_id = await secretive(victim)
    await copy(mongo.gw_admin.clients, (client_id, "party"), (client_id, "tax"))

    assert_closed(await victim.ask("GET", f"/clients/{client_id}"))


async def test_a_providers_secret_as_another_providers_setting(mongo: Database, victim: Tenant, thief: Tenant) -> None:
    """The system's key encrypts both: the place alone keeps them apart."""
    rows, mine, path = mongo.gw_admin.providers, thief.ids["provider_id"], "record.secrets.iban.0"
    before = await rows.find_one({"_id": mine})
    assert before is not None
    await copy(rows, (victim.ids["provider_id"], path), (mine, path))

    assert_closed(await thief.ask("GET", f"/providers/{mine}"))
    # The system's keys are changed by another story, which insists that nothing stays unreadable.
    await rows.update_one({"_id": mine}, {"$set": {path: before["record"]["secrets"]["iban"][0]}})
    assert (await thief.ask("GET", f"/providers/{mine}")).status_code == 200


async def is_rendered(tenant: Tenant) -> bool:
    return (await tenant.ask("GET", f"/invoices/{tenant.ids['invoice_id']}/pdf")).status_code == 200


async def test_an_invoices_buyer_and_document(mongo: Database, victim: Tenant, thief: Tenant) -> None:
    rows = mongo.gw_invoice.invoices
    theirs, mine = victim.ids["invoice_id"], thief.ids["invoice_id"]
    for tenant in (victim, thief):
        # Who renders it later would put the right key back.
        await eventually(lambda tenant=tenant: is_rendered(tenant))  # type: ignore[misc]  # a default binds it
    await copy(rows, (theirs, "buyer.value"), (mine, "buyer.value"))
    await copy(rows, (theirs, "document_key"), (mine, "document_key"))

    assert_closed(await thief.ask("GET", f"/invoices/{mine}"), "Erika")
    answer = await thief.ask("GET", f"/invoices/{mine}/pdf")
    assert answer.status_code in (500, 503), answer.status_code
    assert b"%PDF" not in answer.content
    listed = await thief.ask("GET", "/invoices")
    assert listed.status_code == 200, "one document closes no list"
    assert "Erika" not in listed.text


async def test_the_name_of_another_tenants_session(mongo: Database, victim: Tenant, thief: Tenant) -> None:
    """A name opens its checkout: moved into a row of one's own, it must not be shown."""
    rows, name = mongo.gw_transaction, victim.ids["session_public_id"]
    for kind, fields in (("checkout", ("session_public_id", "short_code")), ("transaction", ("session_public_id",))):
        theirs, mine = victim.ids[f"{kind}_id"], thief.ids[f"{kind}_id"]
        for field in fields:
            before = await rows[f"{kind}s"].find_one({"_id": mine})
            await copy(rows[f"{kind}s"], (theirs, field), (mine, field))
            assert_closed(await thief.ask("GET", f"/{kind}s/{mine}"), name)
            await rows[f"{kind}s"].update_one({"_id": mine}, {"$set": {field: (before or {})[field]}})
        assert (await thief.ask("GET", f"/{kind}s/{mine}")).status_code == 200


async def test_one_name_of_a_session_in_place_of_the_other(mongo: Database, victim: Tenant) -> None:
    rows, checkout_id = mongo.gw_transaction.checkouts, victim.ids["checkout_id"]
    before = await rows.find_one({"_id": checkout_id})
    assert before is not None
    await copy(rows, (checkout_id, "session_public_id"), (checkout_id, "short_code"))

    assert_closed(await victim.ask("GET", f"/checkouts/{checkout_id}"), victim.ids["session_public_id"])
    await rows.update_one({"_id": checkout_id}, {"$set": {"short_code": before["short_code"]}})
    assert (await victim.ask("GET", f"/checkouts/{checkout_id}")).status_code == 200


@pytest.mark.parametrize("change", [b"\x00", b"\xff"])
async def test_changed_bytes(mongo: Database, victim: Tenant, change: bytes) -> None:
    client_id = await secretive(victim)
    row = await mongo.gw_admin.clients.find_one({"_id": client_id})
    assert row is not None
    text = row["party"]["c"]
    flipped = text[:-8] + ("A" if change == b"\x00" else "/") * 4 + text[-4:]
    await mongo.gw_admin.clients.update_one({"_id": client_id}, {"$set": {"party.c": flipped}})

    assert_closed(await victim.ask("GET", f"/clients/{client_id}"))
