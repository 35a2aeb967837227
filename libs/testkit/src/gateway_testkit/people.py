"""People who sign in with a passkey of their own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx

from gateway_testkit import stack as stacks
from gateway_testkit.authenticator import Passkey
from gateway_testkit.stack import REQUEST_S, PatientTransport, Stack

REFRESH_COOKIE: Final = "__Secure-gw_refresh"
Send = Callable[[str, str, Any, dict[str, str]], Awaitable[httpx.Response]]
"""One request: verb, path below ``/api/v1``, body or None, headers."""


def fresh_address() -> dict[str, str]:
    """The header that puts a request at an address of its own, so that no limit of an address answers for a route."""
    return {"X-Real-IP": stacks.fresh_address()}


@dataclass
class PersonAtWork:
    """A user with a passkey and a session.

    Attributes:
        send: how their requests reach the API.
        cookie: the newest refresh token.
    """

    send: Send
    role: str
    passkey: Passkey
    token: str = ""
    cookie: str = ""

    async def ask(
        self, verb: str, path: str, body: Any = None, *, token: str | None = None, cookie: str | None = None
    ) -> httpx.Response:
        """One request below ``/api/v1``, with the own access token and cookie unless others are given (empty: none)."""
        token = self.token if token is None else token
        cookie = self.cookie if cookie is None else cookie
        headers = fresh_address()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if cookie:
            headers["Cookie"] = f"{REFRESH_COOKIE}={cookie}"
        return await self.send(verb, path, body, headers)

    async def begin(self, path: str = "/auth", body: Any = None) -> dict[str, Any]:
        """A ceremony that waits for the authenticator."""
        began = await self.ask("POST", path, body)
        assert began.is_success, began.text
        ceremony: dict[str, Any] = began.json()
        return ceremony

    async def sign_in(self) -> None:
        """A new session in place of the one at hand, which lives on."""
        ceremony = await self.begin()
        body = {"ceremonyId": ceremony["ceremonyId"], "credential": self.passkey.sign_in(ceremony["publicKey"])}
        self.keep(await self.ask("POST", "/auth/authenticate-complete", body))

    def keep(self, answer: httpx.Response) -> None:
        """Take the tokens out of an answer that gives them."""
        assert answer.is_success, answer.text
        self.token, self.cookie = answer.json()["accessToken"], answer.cookies[REFRESH_COOKIE]


def sender_to(stack: Stack) -> Send:
    """To the admin API of a started stack."""

    async def send(verb: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        base = f"{stack.descriptor['urls']['adminApi']}/api/v1"
        async with httpx.AsyncClient(base_url=base, timeout=REQUEST_S, transport=PatientTransport()) as http:
            return await http.request(verb, path, json=body, headers=headers)

    return send


async def sign_up(stack: Stack, invitation: str, role: str) -> PersonAtWork:
    """The holder of that invitation registers a first passkey and is signed in."""
    origin = stack.descriptor["edge"]["adminFrontend"]
    return await register(PersonAtWork(sender_to(stack), role, Passkey(origin=origin)), invitation)


async def register(person: PersonAtWork, invitation: str) -> PersonAtWork:
    """That person, in by the invitation."""
    ceremony = await person.begin("/auth/register", {"token": invitation})
    credential = person.passkey.register(ceremony["publicKey"])
    body = {"ceremonyId": ceremony["ceremonyId"], "token": invitation, "credential": credential, "label": "Test"}
    person.keep(await person.ask("POST", "/auth/register-complete", body))
    return person
