"""The API as the console calls it: in this process, through the same routes as any other client.

So pages have no rights, rules, audit entries or errors of their own.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import httpx
from fastapi import Request
from starlette.responses import Response

from admin_api.console.passing import PassedOn
from admin_api.edge.dependencies import MODE, SELECTED_ORGANIZATION

PREFIX: Final = "/api/v1"
DEADLINE_S: Final = 30.0
_BASE: Final = "http://api.internal"

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Answer:
    """Answer of the API.

    Attributes:
        data: the JSON object; empty where the body is none.
        content: the body as it came, with its type.
    """

    status: int
    data: dict[str, Any]
    content: bytes = b""
    headers: httpx.Headers = field(default_factory=httpx.Headers)

    @property
    def is_ok(self) -> bool:
        """Whether the request was carried out."""
        return 200 <= self.status < 300

    def field_errors(self) -> dict[str, str]:
        """Messages by field."""
        details = self.data.get("details", []) if not self.is_ok else []
        return {item["field"]: item["message"] for item in details}

    def passed_on(self) -> Response:
        """The same body for the browser, such as a PDF."""
        names = ("content-type", "content-disposition", "cache-control")
        headers = {name: self.headers[name] for name in names if name in self.headers}
        return Response(self.content, status_code=self.status, headers=headers)


class Refused(Exception):
    """The API refused what a page needs.

    Attributes:
        answer: with status, code and message.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.data.get("code", answer.status))
        self.answer = answer


@dataclass(frozen=True)
class Api:
    """Calls on behalf of one visitor.

    Attributes:
        access_token: of the visitor's session; None: before a sign-in.
        organization_id: the selected organization.
        mode: ``live`` or ``test``.
    """

    request: Request
    access_token: str | None = None
    organization_id: str | None = None
    mode: str = "live"

    async def ask(
        self,
        verb: Verb,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        key: str | None = None,
        cookies: dict[str, str] | None = None,
    ) -> Answer:
        """One request; refusals are answers too.

        Args:
            path: below ``/api/v1``.
            key: the ``Idempotency-Key``.

        Raises:
            TimeoutError: it takes too long.
        """
        async with asyncio.timeout(DEADLINE_S), self._client(cookies or {}) as client:
            sent = await client.request(verb, f"{PREFIX}{path}", params=query, json=body, headers=self._headers(key))
        is_json = sent.headers.get("content-type", "").startswith("application/json")
        return Answer(sent.status_code, sent.json() if is_json else {}, sent.content, sent.headers)

    async def read(self, path: str, **query: Any) -> dict[str, Any]:
        """The object or list at a path.

        Raises:
            Refused: by the API, for whatever reason.
        """
        answer = await self.ask("GET", path, query={name: value for name, value in query.items() if value})
        if not answer.is_ok:
            raise Refused(answer)
        return answer.data

    def stream(self, path: str, *, query: dict[str, Any], headers: dict[str, str]) -> Response:
        """The answer to a GET, passed on while it comes. There is no deadline: the API ends its streams itself."""
        asked = {**self._headers(None), **headers}
        request = self._client({}).build_request("GET", f"{PREFIX}{path}", params=query, headers=asked)
        return PassedOn(self.request.app, request, self._peer)

    @property
    def _peer(self) -> tuple[str, int]:
        return (self.request.client.host if self.request.client else "", 0)

    def _client(self, cookies: dict[str, str]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.request.app, client=self._peer, raise_app_exceptions=False)
        selected = {SELECTED_ORGANIZATION: self.organization_id} if self.organization_id else {}
        return httpx.AsyncClient(transport=transport, base_url=_BASE, cookies={**selected, **cookies})

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {
            "user-agent": self.request.headers.get("user-agent", ""),
            MODE: self.mode,
        }
        if self.access_token:
            headers["authorization"] = f"Bearer {self.access_token}"
        if key:
            headers["idempotency-key"] = key
        return headers
