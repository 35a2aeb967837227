"""Clients: described by their merchant, found by address, never in clear at rest; lists with filters and cursors."""

import json
from typing import Any

import pytest
from admin_world import Api

from admin_api.payments.use_cases.link_client import SucceededPayment, link_clients
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_event_id, new_object_id
from gateway_kit.mongo.unit_of_work import InboxKey

pytestmark = pytest.mark.integration

JANE: dict[str, Any] = {
    "email": {"plaintext": "Jane@Example.com"},
    "name": {"plaintext": "Jane Doe"},
    "phone": "+49 30 1234567",
    "address": {"line1": {"plaintext": "Main Street 1"}, "city": "Berlin", "postalCode": "10115", "country": "DE"},
    "taxInfo": {
        "taxId": {"plaintext": "DE123456789"},
        "taxIdType": "vat",
        "taxCountry": "DE",
        "peppolRoutingAddress": {"schemeId": "9930", "value": {"plaintext": "DE123456789"}},
    },
}


async def test_a_client_is_made_read_changed_and_forgotten(api: Api) -> None:
    key = await api.key(await api.organization())

    made = (await api.ask("POST", "/clients", key, JANE, Idempotency_Key="c1")).json()

    assert made["email"] == {"plaintext": "Jane@Example.com"}
    assert made["phone"] == {"plaintext": "+49 30 1234567"}
    assert made["address"]["city"] == {"plaintext": "Berlin"}
    assert made["taxInfo"] == JANE["taxInfo"]
    assert (await api.ask("POST", "/clients", key, JANE, Idempotency_Key="c1")).json() == made
    path = f"/clients/{made['id']}"
    changes = {"phone": None, "company": "Doe Ltd", "address": {"city": "Bonn"}, "taxInfo": {"taxCountry": "AT"}}
    changed = (await api.ask("PATCH", path, key, changes)).json()
    assert (changed["phone"], changed["company"]) == (None, {"plaintext": "Doe Ltd"})
    assert changed["address"]["city"] == {"plaintext": "Bonn"}
    assert changed["address"]["line1"] == {"plaintext": "Main Street 1"}
    assert changed["taxInfo"] == {**JANE["taxInfo"], "taxCountry": "AT"}
    assert {**(await api.ask("GET", path, key)).json(), "warnings": []} == changed
    stored = json.dumps(await api.db.clients.find().to_list(), default=str).lower()
    for canary in ("jane", "doe", "bonn", "main street", "de123456789"):
        assert canary not in stored, canary
    assert (await api.ask("PATCH", path, key, {"taxInfo": None})).json()["taxInfo"] is None
    history = (await api.ask("GET", f"{path}/history", key)).json()
    assert [entry["action"] for entry in history["entries"]] == ["client.update", "client.update", "client.create"]
    assert (await api.ask("DELETE", path, key)).status_code == 204
    assert (await api.ask("GET", path, key)).json()["code"] == "CLIENT_NOT_FOUND"
    assert (await api.ask("GET", f"{path}/history", key)).status_code == 404
    assert await api.db.clients.count_documents({}) == 0


async def test_an_address_belongs_to_one_client_of_a_mode(api: Api) -> None:
    organization = await api.organization()
    test, live = await api.key(organization), await api.key(organization, livemode=True)
    first = (await api.ask("POST", "/clients", test, {"email": "jane@example.com"})).json()
    second = (await api.ask("POST", "/clients", test, {"email": "john@example.com"})).json()

    for answer in (
        await api.ask("POST", "/clients", test, {"email": "JANE@example.com"}),
        await api.ask("PATCH", f"/clients/{second['id']}", test, {"email": "jane@example.com"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "CLIENT_EXISTS")
        assert answer.json()["clientId"] == first["id"]
    assert (await api.ask("POST", "/clients", live, {"email": "jane@example.com"})).status_code == 201
    assert (await api.ask("GET", f"/clients/{first['id']}", live)).status_code == 404
    assert (await api.ask("PATCH", f"/clients/{first['id']}", live, {"name": "x"})).status_code == 404
    assert (await api.ask("DELETE", f"/clients/{first['id']}", live)).status_code == 404


async def test_a_client_is_found_by_address_within_the_own_organization_and_mode(api: Api) -> None:
    organization = await api.organization()
    mine, theirs = await api.key(organization), await api.key(await api.organization("Other"))
    made = (await api.ask("POST", "/clients", mine, JANE)).json()

    found = (await api.ask("GET", "/clients/search?email=jane%40EXAMPLE.com", mine)).json()
    assert [client["id"] for client in found["clients"]] == [made["id"]]
    assert (await api.ask("GET", "/clients/search?email=jane%40example.com", theirs)).json()["total"] == 0
    assert (await api.ask("GET", "/clients/search", mine)).status_code == 422
    reader = await api.key(organization, "client:read")
    assert (await api.ask("GET", "/clients/search?email=jane%40example.com", reader)).status_code == 403


async def test_malformed_clients_are_refused_by_field(api: Api) -> None:
    key = await api.key(await api.organization())

    for body, field in (
        ({"email": "nonsense"}, "email"),
        ({"email": {"plain": "x@y.z"}}, "email"),
        ({"name": {"plaintext": {"$gt": ""}}}, "name"),
        ({"address": {"country": "Germany"}}, "address.country"),
        (
            {"taxInfo": {"peppolRoutingAddress": {"schemeId": "99", "value": "x"}}},
            "taxInfo.peppolRoutingAddress.schemeId",
        ),
    ):
        answer = await api.ask("POST", "/clients", key, body)
        assert answer.status_code == 422, body
        assert field in [detail["field"] for detail in answer.json()["details"]], body
    answer = await api.ask("POST", "/clients", key, {"name": "Jane", "unknown": 1})
    assert (answer.status_code, [warning["field"] for warning in answer.json()["warnings"]]) == (201, ["unknown"])
    path = f"/clients/{answer.json()['id']}"
    # A misspelled name does not clear the value.
    assert (await api.ask("PATCH", path, key, {"name": {"plain": "John"}})).status_code == 422
    assert (await api.ask("GET", path, key)).json()["name"] == {"plaintext": "Jane"}


@pytest.mark.parametrize(("path", "name"), [("/clients", "clients"), ("/sites", "sites"), ("/providers", "providers")])
async def test_cursors_walk_through_a_list_while_it_grows(api: Api, path: str, name: str) -> None:
    key = await api.key(await api.organization())
    bodies = {
        "clients": {"name": "x"},
        "sites": {"name": "x"},
        "providers": {"type": "wire", "label": "x", "accountHolder": "x", "iban": "DE89370400440532013000"},
    }
    made = [(await api.ask("POST", path, key, bodies[name])).json()["id"] for _ in range(5)]

    seen, cursor = [], ""
    while True:
        page = (await api.ask("GET", f"{path}?limit=2{cursor}", key)).json()
        seen += [row["id"] for row in page[name]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
        await api.ask("POST", path, key, bodies[name])

    assert seen == made[::-1]
    wrong = await api.ask("GET", f"{path}?cursor=nonsense", key)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "CURSOR_INVALID")
    deep = await api.ask("GET", f"{path}?page=101&limit=100", key)
    assert (deep.status_code, deep.json()["code"]) == (400, "CURSOR_REQUIRED")
    assert (await api.ask("GET", f"{path}?to=2020-01-01T00:00:00Z", key)).json()["total"] == 0


async def test_lists_are_filtered(api: Api) -> None:
    key = await api.key(await api.organization())
    wire = {"type": "wire", "label": "x", "accountHolder": "x", "iban": "DE89370400440532013000"}
    provider = (await api.ask("POST", "/providers", key, wire)).json()["id"]
    await api.ask("POST", "/providers", key, {**wire, "enabled": False})
    await api.site(key, name="One", providerIds=[provider])
    await api.site(key, name="Two")
    await api.ask("POST", "/clients", key, {"address": {"country": "AT"}})
    await api.organization("Third")

    for path, credential, total in (
        ("/providers?enabled=true", key, 1),
        ("/providers?type=stripe", key, 0),
        ("/sites?name=Two", key, 1),
        (f"/sites?providerId={provider}", key, 1),
        ("/clients?country=AT", key, 1),
        ("/clients?country=DE", key, 0),
        ("/organizations?name=Third", api.system_key, 1),
        ("/organizations?country=FR", api.system_key, 0),
    ):
        assert (await api.ask("GET", path, credential)).json()["total"] == total, path


async def test_payments_that_come_together_are_counted_for_their_own_tenants_clients(api: Api) -> None:
    ours, theirs = await api.organization("Ours"), await api.organization("Theirs")
    keys = {
        "ours": await api.key(ours),
        "ours, live": await api.key(ours, livemode=True),
        "theirs": await api.key(theirs),
    }
    for name in ("ours", "theirs"):
        await api.ask("POST", "/clients", keys[name], {"email": "jane@example.com"})
    john = (await api.ask("POST", "/clients", keys["ours"], {"email": "john@example.com"})).json()["id"]

    def paid(organization_id: str, email: str | None, *, livemode: bool = False, named: str | None = None) -> Any:
        message = InboxKey("test", new_event_id())
        party = Party(email=email)
        return SucceededPayment(message, organization_id, livemode, new_object_id(), party, None, named)

    await link_clients(
        [
            paid(ours, "jane@example.com"),
            paid(theirs, "jane@example.com"),
            paid(ours, "jane@example.com", livemode=True),
            paid(ours, "JANE@example.com"),
            paid(ours, None, named=john),
            # A client of another organization does not exist here.
            paid(theirs, None, named=john),
        ],
        tenancy=api.tenancy,
    )

    counted = {}
    for name, key in keys.items():
        clients = (await api.ask("GET", "/clients", key)).json()["clients"]
        counted[name] = {client["email"]["plaintext"]: client["payments"] for client in clients}
    assert counted == {
        "ours": {"jane@example.com": 2, "john@example.com": 1},
        "ours, live": {"jane@example.com": 1},
        "theirs": {"jane@example.com": 1},
    }
