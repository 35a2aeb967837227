"""A one-time link gives a person the first passkey, and never a second one: not even by a ceremony begun before."""

import asyncio
import secrets
from typing import Any

import httpx
import pytest
from admin_world import Api
from people_world import ORIGIN, invited, newcomer

from admin_api.people.opening import open_sessions
from admin_api.people.use_cases.issue_bootstrap_token import issue_bootstrap_token
from gateway_testkit.people import PersonAtWork, register

pytestmark = pytest.mark.integration

JANE = "jane@example.com"


async def begun(api: Api, token: str, **person: str) -> tuple[PersonAtWork, dict[str, Any]]:
    """A person with a link and an authenticator, and the answer that ends their ceremony."""
    guest = newcomer(api, "admin")
    ceremony = await guest.begin("/auth/register", {"token": token, **person})
    credential = guest.passkey.register(ceremony["publicKey"])
    return guest, {"ceremonyId": ceremony["ceremonyId"], "token": token, "credential": credential, "label": "Key"}


async def complete(guest: PersonAtWork, body: dict[str, Any]) -> httpx.Response:
    return await guest.ask("POST", "/auth/register-complete", body)


async def invitation(api: Api, path: str, role: str | None = None) -> str:
    return str((await invited(api, path, JANE, role))["token"])


async def bootstrap_token(api: Api) -> str:
    access = open_sessions(api.tenancy, system_encryption_key=secrets.token_hex(32), frontend_origin=ORIGIN)
    issued = await issue_bootstrap_token(tenancy=api.tenancy, bootstrap=access.bootstrap)
    assert issued is not None
    return issued[0]


async def test_an_invitation_elsewhere_gives_no_passkey_of_an_operator(api: Api) -> None:
    """Otherwise any admin could become an operator by an invitation of the same address."""
    elsewhere = await api.organization("Elsewhere")
    stranger, prepared = await begun(api, await invitation(api, f"/organizations/{elsewhere}/members", "admin"))
    await register(newcomer(api, "global"), await invitation(api, "/system/operators"))

    refused = await complete(stranger, prepared)

    assert (refused.status_code, refused.json()["code"]) == (409, "SIGN_IN_TO_ACCEPT")
    assert await api.db.passkeys.count_documents({}) == 1


async def test_of_two_links_completed_at_once_one_gives_a_passkey(api: Api) -> None:
    first, second = await api.organization("First"), await api.organization("Second")
    tokens = [await invitation(api, f"/organizations/{home}/members", "admin") for home in (first, second)]
    people = [await begun(api, token) for token in tokens]

    answers = await asyncio.gather(*(complete(*one) for one in people))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert await api.db.passkeys.count_documents({}) == 1


async def test_a_first_operator_never_shares_an_address_with_an_earlier_passkey(api: Api) -> None:
    elsewhere = await api.organization("Elsewhere")
    await register(newcomer(api, "admin"), await invitation(api, f"/organizations/{elsewhere}/members", "admin"))
    answer = await newcomer(api, "global").ask(
        "POST", "/auth/register", {"token": await bootstrap_token(api), "email": JANE}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "SIGN_IN_TO_ACCEPT")


async def test_a_first_operator_whose_address_was_registered_meanwhile_is_refused(api: Api) -> None:
    elsewhere = await api.organization("Elsewhere")
    token = await invitation(api, f"/organizations/{elsewhere}/members", "admin")
    operator, prepared = await begun(api, await bootstrap_token(api), email=JANE)
    await register(newcomer(api, "admin"), token)

    refused = await complete(operator, prepared)

    assert (refused.status_code, refused.json()["code"]) == (409, "SIGN_IN_TO_ACCEPT")
    assert await api.db.members.count_documents({"role": "global"}) == 0
