"""A visitor of the console: a browser without scripts, and its passkey."""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
from admin_world import Api

from admin_api.people.use_cases.issue_bootstrap_token import issue_bootstrap_token
from gateway_testkit.authenticator import Passkey

ORIGIN = "https://admin.example"


@dataclass
class Visits:
    """Pages that one person loads and forms that they send."""

    api: Api
    passkey: Passkey = field(default_factory=lambda: Passkey(origin=ORIGIN))
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Load a page; redirects are answers."""
        return await self._send("GET", path, headers=headers)

    async def post(
        self, path: str, form: dict[str, str] | None = None, *, origin: str | None = ORIGIN
    ) -> httpx.Response:
        """Send a form of a page."""
        return await self._send("POST", path, data=form or {}, headers={"origin": origin} if origin else {})

    async def register(self, token: str, **person: str) -> httpx.Response:
        """Use a one-time token as the page's script does."""
        begun = await self.script("/register/begin", {"token": token, **person})
        assert begun.status_code == 200, begun.text
        credential = self.passkey.register(begun.json()["publicKey"])
        body = {"ceremonyId": begun.json()["ceremonyId"], "token": token, "credential": credential}
        return await self.script("/register/complete", body)

    async def sign_in(self) -> httpx.Response:
        """Sign in as the page's script does."""
        begun = await self.script("/api/v1/auth", {})
        credential = self.passkey.sign_in(begun.json()["publicKey"])
        return await self.script(
            "/sign-in/complete", {"ceremonyId": begun.json()["ceremonyId"], "credential": credential}
        )

    async def select(self, **choice: str) -> None:
        """Choose an organization, a mode or a language."""
        answer = await self.post("/select", choice)
        assert answer.status_code == 303, answer.text

    async def script(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Send JSON as the page's script does."""
        return await self._send("POST", path, json=body, headers={"origin": ORIGIN})

    async def _send(self, verb: str, path: str, *, headers: dict[str, str], **options: Any) -> httpx.Response:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.api.http.request(verb, path, headers={**headers, "cookie": jar}, **options)
        self.api.http.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value.strip('"'):
                self.cookies[name] = value
        return answer


async def operator(api: Api) -> Visits:
    """The first operator, signed in."""
    issued = await issue_bootstrap_token(tenancy=api.sessions.tenancy, bootstrap=api.sessions.bootstrap)
    assert issued is not None
    visits = Visits(api)
    answer = await visits.register(issued[0], email="ops@example.com", name="Olga Ops")
    assert answer.status_code == 200, answer.text
    return visits


async def member(api: Api, organization_id: str, role: str) -> Visits:
    """A member of an organization, signed in."""
    body = {"email": f"{role}@example.com", "name": role.title(), "role": role}
    invited = await api.ask("POST", f"/organizations/{organization_id}/members", api.system_key, body)
    assert invited.status_code == 201, invited.text
    visits = Visits(api)
    answer = await visits.register(invited.json()["token"])
    assert answer.status_code == 200, answer.text
    return visits


def texts(answer: httpx.Response) -> str:
    """The page's text without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))
