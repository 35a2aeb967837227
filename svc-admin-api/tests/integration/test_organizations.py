"""Organizations: changed by themselves and by those who run the installation; closed for good."""

import asyncio
from typing import Any

import pytest
from admin_world import Api

pytestmark = pytest.mark.integration

WIRE = {"type": "wire", "label": "x", "accountHolder": "x", "iban": "DE89370400440532013000"}


async def test_an_organization_is_changed_by_its_own_and_by_the_operator(api: Api) -> None:
    organization = await api.organization()
    own, foreign = (
        await api.key(organization, livemode=True),
        await api.key(await api.organization("Other"), livemode=True),
    )
    path = f"/organizations/{organization}"

    assert (await api.ask("PATCH", path, own, {"name": "New"})).json()["name"] == "New"
    changed = (await api.ask("PATCH", path, api.system_key, {"country": "AT"})).json()
    assert (changed["name"], changed["country"]) == ("New", "AT")
    assert (await api.ask("PATCH", path, foreign, {"name": "x"})).json()["code"] == "ORGANIZATION_NOT_FOUND"
    settings = f"{path}/settings/invoicing"
    assert (await api.ask("PATCH", settings, api.system_key, {"companyName": "New GmbH"})).status_code == 200
    read = (await api.ask("GET", "/organizations/settings/invoicing", own)).json()
    assert read["companyName"] == "New GmbH"
    assert (await api.ask("GET", settings, foreign)).status_code == 404
    published = await api.db.outbox.find({"kind": "config", "subject": f"org.{organization}"}).sort("_id", 1).to_list()
    assert [row["body"]["version"] for row in published] == [1, 2, 3, 4]


async def test_a_closed_organization_is_gone_and_its_keys_are_refused(api: Api) -> None:
    organization = await api.organization()
    key, live = await api.key(organization), await api.key(organization, livemode=True)
    site = await api.site(key)
    provider = (await api.ask("POST", "/providers", live, WIRE)).json()
    path = f"/organizations/{organization}"

    assert (await api.ask("DELETE", path, api.system_key)).status_code == 204

    assert [(await api.ask("GET", "/sites", text)).status_code for text in (key, live)] == [401, 401]
    assert (await api.ask("GET", path, api.system_key)).json()["code"] == "ORGANIZATION_NOT_FOUND"
    assert (await api.ask("DELETE", path, api.system_key)).json()["code"] == "ORGANIZATION_NOT_FOUND"
    body = {"label": "x", "scopes": ["*:*"]}
    assert (await api.ask("POST", f"{path}/api-keys", api.system_key, body)).status_code == 404
    closed = {row["subject"] async for row in api.db.outbox.find({"kind": "config", "body.deleted": True})}
    assert closed == {f"org.{organization}", f"site.{site['id']}", f"provider.{provider['id']}"}


async def test_changes_at_the_same_moment_are_all_kept_or_refused(api: Api) -> None:
    key = await api.key(await api.organization(), livemode=True)
    site = await api.site(key)

    answers = await asyncio.gather(
        *(api.ask("PATCH", f"/sites/{site['id']}", key, {"settings": {"wireDeadlineDays": n}}) for n in range(1, 9))
    )

    kept = [answer for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 409}
    rows = await api.db.outbox.find({"subject": f"site.{site['id']}"}).to_list()
    assert sorted(row["body"]["version"] for row in rows) == list(range(1, len(kept) + 2))


async def test_the_legal_time_zone_is_a_setting_with_the_country_as_its_default(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, livemode=True)
    settings, path = "/organizations/settings/invoicing", f"/organizations/{organization}"
    await api.ask("PATCH", path, api.system_key, {"country": "JP"})

    async def zones(**changes: Any) -> tuple[str | None, str]:
        shown = (await api.ask("PATCH", settings, key, changes)).json()
        return shown["legalTimeZone"], shown["legalTimeZoneInForce"]

    assert await zones() == (None, "Asia/Tokyo")
    assert await zones(companyAddress={"country": "DE"}) == (None, "Europe/Berlin")
    assert await zones(legalTimeZone="Atlantic/Azores") == ("Atlantic/Azores", "Atlantic/Azores")
    for wrong in ("Berlin", "../../etc/passwd", "europe/berlin", "UTC\x00"):
        assert (await api.ask("PATCH", settings, key, {"legalTimeZone": wrong})).status_code == 422, wrong
    assert await zones(legalTimeZone=None) == (None, "Europe/Berlin")


async def test_what_documents_print_of_the_seller_is_kept_and_people_among_it_encrypted(api: Api) -> None:
    organization = await api.organization()
    key = await api.key(organization, livemode=True)
    settings = "/organizations/settings/invoicing"
    given = {
        "companyRegister": "Amtsgericht Hamburg, HRB 123456",
        "companyRepresentatives": "Geschäftsführerin: Ada Nordwind",
        "vatExemptionNote": "Kein Ausweis von Umsatzsteuer gemäß § 19 UStG",
    }

    assert (await api.ask("PATCH", settings, key, given)).status_code == 200

    read = (await api.ask("GET", settings, key)).json()
    assert {name: read[name] for name in given} == given
    assert "Ada" not in str(await api.db.outbox.find({"kind": "config"}).to_list())
