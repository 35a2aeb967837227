"""``gateway explain`` over answers of the API."""

import json
from typing import Any

import httpx
import pytest
from command_line import invoke

VARIABLES = {"GATEWAY_API": "https://api.example.com/", "GATEWAY_KEY": "sk_test"}
REAL = httpx.AsyncClient


def a_step(text: str, second: int, depth: int, **more: Any) -> dict[str, Any]:
    at = f"2026-01-15T12:00:{second:02}Z"
    plain = {"outcome": "done", "durationMs": None, "causeLost": False, "isReason": False}
    return {"at": at, "text": text, "depth": depth, **plain, **more}


REFUSED = a_step("mollie refused.", 10, 1, outcome="failed", durationMs=1500, isReason=True)
LATER = a_step("The shop\x1b answered.", 12, 2, outcome="waiting", causeLost=True)
ANSWER = {
    "steps": [a_step("The shop made the order.", 0, 0), REFUSED, LATER],
    "unavailable": ["documents"],
    "isComplete": False,
}


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """The API answers with one explanation; the requests that came."""
    came: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        came.append(request)
        if request.url.path.endswith("unknown"):
            return httpx.Response(404, json={"error": "no such explanation", "code": "EXPLANATION_NOT_FOUND"})
        return httpx.Response(200, json=ANSWER)

    monkeypatch.setattr(httpx, "AsyncClient", lambda **given: REAL(transport=httpx.MockTransport(answer), **given))
    return came


def test_reasons_come_first_then_the_tree(came: list[httpx.Request]) -> None:
    result = invoke("explain", "req_1", variables=VARIABLES)

    assert str(came[0].url) == "https://api.example.com/api/v1/explanations/req_1"
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "time                  why",
        "2026-01-15T12:00:10Z  mollie refused.",
        "",
        "Since 2026-01-15T12:00:00Z:",
        "after  took   state   what happened",
        "+0 ms  -      done    The shop made the order.",
        "+10 s  1.5 s  FAILED    mollie refused.",
        "+12 s  -      WAITS       The shop\ufffd answered. (its cause is not stored any more)",
        "Not known now, because their service does not answer: documents.",
        "Some steps are left out, because there are too many.",
    ]


def test_json_is_the_answer_of_the_api(came: list[httpx.Request]) -> None:
    assert json.loads(invoke("explain", "req_1", "--json", variables=VARIABLES).stdout) == ANSWER


def test_what_is_not_known_ends_with_1(came: list[httpx.Request]) -> None:
    result = invoke("explain", "unknown", variables=VARIABLES)
    assert (result.exit_code, "404 EXPLANATION_NOT_FOUND" in result.stderr) == (1, True)


@pytest.mark.parametrize("text", ["../sites", "a/b", "", "a b", "..", "x" * 129])
def test_an_id_cannot_leave_its_place_in_the_path(came: list[httpx.Request], text: str) -> None:
    assert invoke("explain", text, variables=VARIABLES).exit_code == 2
    assert came == []
