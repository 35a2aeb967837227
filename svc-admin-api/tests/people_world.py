"""People of the admin API: invited, registered by their first passkey, and signed in."""

from typing import Any

import httpx
from admin_world import Api

from gateway_testkit.authenticator import Passkey
from gateway_testkit.people import PersonAtWork, register

ORIGIN = "https://admin.example"


async def invited(api: Api, path: str, email: str, role: str | None = None) -> Any:
    body = {"email": email} | ({} if role is None else {"role": role})
    answer = await api.ask("POST", path, api.system_key, body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def newcomer(api: Api, role: str) -> PersonAtWork:
    async def send(verb: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        answer: httpx.Response = await api.http.request(verb, f"/api/v1{path}", json=body, headers=headers)
        return answer

    return PersonAtWork(send, role, Passkey(origin=ORIGIN))


async def member(api: Api, organization_id: str, role: str, email: str) -> tuple[PersonAtWork, str]:
    """A signed-in member of the organization, and the path of their sessions."""
    home = f"/organizations/{organization_id}/members"
    invitation = await invited(api, home, email, role)
    person = await register(newcomer(api, role), invitation["token"])
    return person, f"{home}/{invitation['member']['id']}/sessions"


async def joined(api: Api, person: PersonAtWork, organization_id: str, email: str, role: str = "viewer") -> str:
    """The path of that person's sessions in one organization more."""
    home = f"/organizations/{organization_id}/members"
    invitation = await invited(api, home, email, role)
    accepted = await person.ask("POST", "/auth/invitations/accept", {"token": invitation["token"]})
    assert accepted.status_code == 200, accepted.text
    return f"{home}/{invitation['member']['id']}/sessions"
