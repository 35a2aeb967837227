"""``gateway events`` and ``gateway tail`` over an API that is replaced."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import invoke

from gateway_cli import event_stream, ipn_forwarding

REAL = httpx.AsyncClient
VARIABLES = {"GATEWAY_API": "https://api.example.com", "GATEWAY_KEY": "sk_test"}
HOOK = "http://localhost:3000/hook"
SIGNED: dict[str, Any] = {
    "deliveryId": "dlv_1",
    "body": '{"id":"t1","externalReference":"ä"}',
    "headers": {"X-Signature-Timestamp": "1", "X-Signature-HMAC-SHA256": "ab"},
}


def an_event(number: int, kind: str = "transaction.succeeded.v1") -> dict[str, Any]:
    return {"id": f"e-{number}", "type": kind, "time": f"2026-01-15T12:00:0{number}Z", "entityId": "t1", "data": {}}


def sent(*numbers: int, kind: str = "transaction.succeeded.v1") -> bytes:
    """Events with their places."""
    blocks = (f"id: p{number}\nevent: {kind}\ndata: {json.dumps(an_event(number, kind))}\n\n" for number in numbers)
    return "".join(blocks).encode()


def problem(code: str, **more: str) -> bytes:
    return f"event: problem\ndata: {json.dumps({'code': code, 'error': 'no', **more})}\n\n".encode()


class Stream(httpx.AsyncByteStream):
    """An answer that has no end, or breaks off."""

    def __init__(self, content: bytes, *, breaks: bool) -> None:
        self._content = content
        self._breaks = breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        if self._breaks:
            raise httpx.ReadTimeout("silence")
        await asyncio.Event().wait()


@dataclass
class Answers:
    """Streams one after the other, and one answer for each other path."""

    streams: list[httpx.Response | Exception] = field(default_factory=list)
    others: dict[str, list[httpx.Response | Exception]] = field(default_factory=dict)
    came: list[httpx.Request] = field(default_factory=list)

    def at(self, path: str) -> list[httpx.Request]:
        return [request for request in self.came if request.url.path == path]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.came.append(request)
        path = request.url.path.removeprefix("/api/v1")
        queue = self.streams if path == "/events/stream" else self.others[path]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    found = Answers()
    monkeypatch.setattr(httpx, "AsyncClient", lambda **given: REAL(transport=httpx.MockTransport(found), **given))
    monkeypatch.setattr(event_stream, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(ipn_forwarding, "PLANNED_S", 0.05)
    monkeypatch.setattr(ipn_forwarding, "_LOOK_S", 0.001)
    return found


def streamed(content: bytes, *, breaks: bool = False) -> httpx.Response:
    return httpx.Response(200, stream=Stream(content, breaks=breaks))


def refused(status: int, code: str, **more: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "error": "no", "requestId": "r1", **more})


def test_events_come_as_they_are_and_the_place_to_go_on_from(answers: Answers) -> None:
    answers.streams = [streamed(b"retry: 3000\n\n: alive\nid: p0\n\n" + sent(1, 2))]

    result = invoke("tail", "--limit", "2", "--type", "transaction.*", "--site", "s1", "--json", variables=VARIABLES)

    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [an_event(1), an_event(2)]
    assert result.stderr == "To go on from here: --cursor p2\n"
    [asked] = answers.came
    assert dict(asked.url.params) == {"type": "transaction.*", "siteId": "s1"}
    assert asked.headers["authorization"] == "Bearer sk_test"
    assert "last-event-id" not in asked.headers


def test_a_lost_connection_goes_on_after_the_last_event(answers: Answers) -> None:
    half = sent(3)[:-2]
    answers.streams = [
        streamed(sent(1, 2) + half, breaks=True),
        httpx.ConnectError("away"),
        refused(503, "TOO_MANY_STREAMS"),
        streamed(sent(3)),
    ]

    result = invoke("tail", "--limit", "3", "--cursor", "p0", variables=VARIABLES)

    assert [line.split()[-1] for line in result.stdout.splitlines()] == ["e-1", "e-2", "e-3"]
    assert [request.headers.get("last-event-id") for request in answers.came] == ["p0", "p2", "p2", "p2"]
    assert result.stderr.splitlines() == [
        "The connection is lost (ReadTimeout); trying again.",
        "Connected again.",
        "To go on from here: --cursor p3",
    ]


@pytest.mark.parametrize("is_refused", [True, False])
def test_a_place_that_is_not_kept_is_said_and_gone_on_from(answers: Answers, is_refused: bool) -> None:
    more = {"resumeCursor": "fresh", "missingFrom": "2026-01-15T11:00:00Z"}
    expired = (
        refused(410, "CURSOR_EXPIRED", **more)
        if is_refused
        else httpx.Response(200, content=b"id: fresh\n" + problem("CURSOR_EXPIRED", **more))
    )
    answers.streams = [expired, streamed(sent(4))]

    result = invoke("tail", "--limit", "1", "--cursor", "old", variables=VARIABLES)

    assert "Events since 2026-01-15T11:00:00Z may be missing" in result.stderr
    assert [request.headers["last-event-id"] for request in answers.came] == ["old", "fresh"]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (refused(403, "MISSING_SCOPE"), "Error: 403 MISSING_SCOPE: no (request r1)"),
        (httpx.ConnectError("away"), "Error: The request was not answered (ConnectError)."),
    ],
)
def test_what_cannot_begin_ends(answers: Answers, answer: Any, sentence: str) -> None:
    answers.streams = [answer]

    result = invoke("tail", variables=VARIABLES)

    assert (result.exit_code, result.stderr) == (1, sentence + "\n")


def test_a_connection_that_stays_away_ends_with_its_place(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "PATIENCE_S", 0.0)
    answers.streams = [httpx.Response(200, content=sent(1))]

    result = invoke("tail", variables=VARIABLES)

    assert result.exit_code == 1
    assert "--cursor p1" in result.stderr
    assert "The connection was lost for" in result.stderr


def test_notifications_are_forwarded_as_they_are_signed(answers: Answers) -> None:
    answers.streams = [streamed(sent(1) + sent(2, kind="invoice.issued.v1"))]
    # The notification of an event is there a moment after the event.
    answers.others = {
        "/ipn/deliveries/dlv_e1/sign": [refused(404, "DELIVERY_NOT_FOUND"), httpx.Response(200, json=SIGNED)],
        "/hook": [httpx.Response(204)],
    }

    result = invoke("tail", "--limit", "2", "--forward", HOOK, "--json", variables=VARIABLES)

    [hook] = answers.at("/hook")
    assert (str(hook.url), hook.method, hook.content.decode()) == (HOOK, "POST", SIGNED["body"])
    assert hook.headers.items() >= {name.lower(): value for name, value in SIGNED["headers"].items()}.items()
    assert "authorization" not in hook.headers
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    forwarded = lines[1]["forwarded"]
    assert (forwarded["delivery_id"], forwarded["status"], forwarded["problem"]) == ("dlv_1", 204, None)
    assert lines[2]["id"] == "e-2"


def test_what_cannot_be_forwarded_is_said(answers: Answers) -> None:
    answers.streams = [streamed(sent(1, 2, 3))]
    answers.others = {
        "/ipn/deliveries/dlv_e1/sign": [refused(404, "DELIVERY_NOT_FOUND")],
        "/ipn/deliveries/dlv_e2/sign": [refused(503, "SERVICE_UNAVAILABLE")],
        "/ipn/deliveries/dlv_e3/sign": [httpx.Response(200, json=SIGNED)],
        "/hook": [httpx.ConnectError("no server")],
    }

    result = invoke("tail", "--limit", "3", "--forward", HOOK, variables=VARIABLES)

    assert result.exit_code == 0
    assert "transaction.succeeded.v1 e-1: its checkout may have no ipnUrl" in result.stderr
    assert "e-2: 503 SERVICE_UNAVAILABLE" in result.stderr
    assert "forwarded" in result.stdout
    assert "ConnectError" in result.stdout


def test_a_key_that_may_not_sign_ends_the_tail(answers: Answers) -> None:
    answers.streams = [streamed(sent(1))]
    answers.others = {"/ipn/deliveries/dlv_e1/sign": [refused(403, "MISSING_SCOPE")]}

    result = invoke("tail", "--forward", HOOK, variables=VARIABLES)

    assert (result.exit_code, "403 MISSING_SCOPE" in result.stderr) == (1, True)


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "localhost.example.com", "[::2]", "0.0.0.0"])  # noqa: S104
def test_only_this_machine_is_forwarded_to(answers: Answers, host: str) -> None:
    result = invoke("tail", "--forward", f"http://{host}/hook", variables=VARIABLES)

    assert (result.exit_code, "--allow-remote" in result.stderr) == (2, True)
    assert answers.came == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "shop.localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_addresses_of_this_machine(host: str) -> None:
    assert ipn_forwarding.is_loopback(f"http://{host}:3000/hook")


@pytest.mark.parametrize("url", ["localhost:3000", "ftp://localhost/x", "http:///x", "x"])
def test_an_address_has_a_form(answers: Answers, url: str) -> None:
    assert invoke("tail", "--forward", url, variables=VARIABLES).exit_code == 2


def test_events_are_listed_page_by_page(answers: Answers) -> None:
    pages = [([an_event(1), an_event(2)], "p2", True), ([an_event(3)], "p3", False)]
    answers.others = {
        "/events": [
            httpx.Response(200, json={"events": events, "nextCursor": place, "hasMore": more})
            for events, place, more in pages
        ]
    }
    since = "2026-01-01T00:00:00Z"

    result = invoke("events", "--from", since, "--entity", "t1", "--limit", "50", variables=VARIABLES)

    assert [line.split()[-1] for line in result.stdout.splitlines()] == ["event", "e-1", "e-2", "e-3"]
    first, second = [dict(request.url.params) for request in answers.came]
    assert first == {"entityId": "t1", "from": "2026-01-01T00:00:00+00:00", "limit": "50"}
    assert second == {**first, "limit": "48", "cursor": "p2"}


def test_a_list_that_is_cut_off_says_where(answers: Answers) -> None:
    page = {"events": [an_event(1)], "nextCursor": "p1", "hasMore": True}
    answers.others = {"/events": [httpx.Response(200, json=page)]}

    result = invoke("events", "--limit", "1", variables=VARIABLES)
    as_json = json.loads(invoke("events", "--limit", "1", "--json", "--cursor", "p0", variables=VARIABLES).stdout)

    assert result.stderr == "There are more: --cursor p1\n"
    assert as_json == page
    # Without a place, the list begins a day ago.
    assert "from" in answers.came[0].url.params
    assert "from" not in answers.came[1].url.params


def test_no_event_is_an_answer(answers: Answers) -> None:
    answers.others = {"/events": [httpx.Response(200, json={"events": [], "nextCursor": "p", "hasMore": False})]}
    assert invoke("events", variables=VARIABLES).stdout == "There is no such event.\n"


def test_the_key_comes_from_a_file(answers: Answers, tmp_path: Path) -> None:
    answers.others = {"/events": [httpx.Response(200, json={"events": [], "nextCursor": "p", "hasMore": False})]}
    file = tmp_path / "key"
    file.write_text("sk_of_the_file\n")

    assert invoke("events", "--key-file", str(file), variables=VARIABLES).exit_code == 0
    assert answers.came[0].headers["authorization"] == "Bearer sk_of_the_file"
    file.write_text("two words")
    wrong = invoke("events", "--key-file", str(file), variables=VARIABLES)
    missing = invoke("events", "--key-file", str(tmp_path / "none"), variables=VARIABLES)
    assert (wrong.exit_code, "nothing else" in wrong.stderr) == (2, True)
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (2, True)
