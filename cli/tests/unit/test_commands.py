"""The other commands over functions of services that are replaced."""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import nats.errors
import pymongo.errors
import pytest
from command_line import invoke

from admin_api.shared.use_cases.verify_audit import ChainReport
from gateway_contracts.collections import DATABASES
from invoice.use_cases.verify_register import Findings, Problem
from transaction.use_cases.verify import Difference

commands = "gateway_cli.commands"
REAL = httpx.AsyncClient


def returning(value: Any) -> Any:
    async def replaced(*_arguments: Any, **_named: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    return replaced


@contextlib.asynccontextmanager
async def nothing_opened(_installation: Any) -> AsyncIterator[Any]:
    yield dict.fromkeys(DATABASES.values())


@pytest.fixture(autouse=True)
def no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("invoices", "ledger", "republish"):
        monkeypatch.setattr(f"{commands}.{name}.mongo_of", nothing_opened)
    for name in ("audit", "keys", "operators"):
        monkeypatch.setattr(f"{commands}.{name}.admin_store_of", nothing_opened)


def test_version_names_what_it_needs() -> None:
    assert "needs NATS, at least" in invoke("version").stdout
    assert set(json.loads(invoke("version", "--json").stdout)) >= {
        "version",
        "natsAtLeast",
        "mongodbAtLeast",
        "streams",
    }


def test_registers_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = [Problem("row_changed", "row 1: changed"), Problem("row_missing", "row 2: missing")]
    found = [Findings("o:live:invoice", 2), Findings("p:live:invoice", 1, problems)]
    monkeypatch.setattr("invoice.verify.verify_registers", returning(found))

    result = invoke("invoices", "verify")

    assert result.exit_code == 1
    assert result.stdout == (
        "o:live:invoice: 2 rows, intact\np:live:invoice: 1 row, 2 problems\n  row 1: changed\n  row 2: missing\n"
    )
    as_json = json.loads(invoke("invoices", "verify", "--json").stdout)
    assert as_json[0] == {"register": "o:live:invoice", "rows": 2, "problems": []}


def test_no_register_yet_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invoice.verify.verify_registers", returning([]))
    result = invoke("invoices", "verify")
    assert (result.exit_code, result.stdout) == (0, "No register has a row yet.\n")


@pytest.mark.parametrize("name", ["x", "a:b", "aaaaaaaaaaaaaaaaaaaaaaaa:other:invoice"])
def test_a_register_has_a_form(name: str) -> None:
    assert invoke("invoices", "verify", name).exit_code == 2


def test_books_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transaction.verify.verify_books", returning([Difference("t1", "captured is 7")]))

    result = invoke("ledger", "verify")

    assert (result.exit_code, result.stdout) == (1, "t1: captured is 7\n1 difference\n")
    as_json = json.loads(invoke("ledger", "verify", "--json").stdout)
    assert as_json == [{"transactionId": "t1", "difference": "captured is 7"}]


def test_chains_of_the_audit_log_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    reports = [ChainReport("", 3), ChainReport("o1", 2, "entry 2 was changed")]
    monkeypatch.setattr("admin_api.commands.audit_reports", returning(reports))

    result = invoke("audit", "verify")

    assert result.exit_code == 1
    assert [line.split() for line in result.stdout.splitlines()[1:]] == [
        ["installation", "3", "intact"],
        ["o1", "2", "entry", "2", "was", "changed"],
    ]
    assert json.loads(invoke("audit", "verify", "--json").stdout)[1]["problem"] == "entry 2 was changed"


def test_a_system_key_is_alone_on_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    key = SimpleNamespace(id="k1", scopes=("organization:create",))
    monkeypatch.setattr("admin_api.commands.new_system_key", returning((key, "sk_sys_1")))

    result = invoke("keys", "create-system", "first-tenant")

    assert result.stdout == "sk_sys_1\n"
    assert "shown this once" in result.stderr
    assert json.loads(invoke("keys", "create-system", "--json").stdout)["key"] == "sk_sys_1"
    assert invoke("keys", "create-system", "x" * 201).exit_code == 2


def test_the_first_operator_gets_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = "token-1", datetime(2026, 1, 31, 8, tzinfo=UTC)
    monkeypatch.setattr("admin_api.commands.new_bootstrap_token", returning(issued))
    assert invoke("operators", "invite").stdout == "token-1\n"
    expected = {"bootstrapToken": "token-1", "validUntil": "2026-01-31T08:00:00Z"}
    assert json.loads(invoke("operators", "invite", "--json").stdout) == expected

    monkeypatch.setattr("admin_api.commands.new_bootstrap_token", returning(None))
    assert invoke("operators", "invite").exit_code == 1


def test_a_new_key_of_sessions_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("admin_api.commands.rotate_session_key", returning("2026-01"))
    assert invoke("operators", "rotate-session-key", given="n\n").exit_code == 1
    assert json.loads(invoke("operators", "rotate-session-key", "--yes", "--json").stdout) == {"keyId": "2026-01"}


def test_events_are_republished_and_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple[str, str]] = []

    @contextlib.asynccontextmanager
    async def audited(_installation: Any) -> AsyncIterator[Any]:
        async def note(action: str, object_id: str) -> None:
            noted.append((action, object_id))

        yield note

    monkeypatch.setattr(f"{commands}.republish.audit_of", audited)
    monkeypatch.setattr("gateway_kit.republish.republish", returning(4))
    arguments = ("republish", "2026-01-31T08:00:00+01:00", "--service", "svc-ipn")

    assert invoke(*arguments, given="n\n").exit_code == 1
    assert noted == []
    result = invoke(*arguments, "--yes")
    assert "are no longer kept" in result.stderr
    assert result.stdout.splitlines()[1].split() == ["svc-ipn", "4"]
    assert noted == [("outbox.republish", "svc-ipn")]


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-31T08:00:00", "2026-01-31"])
def test_a_moment_has_a_time_zone(moment: str) -> None:
    result = invoke("republish", moment, "--yes")
    assert (result.exit_code, "such as 2026-01-31T08:00:00Z" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (RuntimeError("stream IPN cannot be applied"), "stream IPN cannot be applied."),
        (nats.errors.NoServersError(), "The bus does not answer (NoServersError)."),
        (nats.errors.AuthorizationError(), "The bus refuses the user or password (NATS_USER, NATS_PASSWORD)."),
        (
            pymongo.errors.ServerSelectionTimeoutError("a:1"),
            "The database does not answer (ServerSelectionTimeoutError).",
        ),
        (pymongo.errors.OperationFailure("x", 13, {"codeName": "Unauthorized"}), "The database refuses: Unauthorized."),
        (pymongo.errors.InvalidURI("mongodb://user:secret@"), "MONGODB_URI is not the address of a database."),
        (TimeoutError(), "The deadline passed without an answer."),
        (ConnectionRefusedError("secret"), "The connection failed (ConnectionRefusedError)."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_expected_failures_are_one_sentence(monkeypatch: pytest.MonkeyPatch, failure: Exception, sentence: str) -> None:
    monkeypatch.setattr(f"{commands}.migrate._apply", returning(failure))
    result = invoke("migrate")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"Error: {sentence}\n")


def test_migrate_says_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{commands}.migrate._apply", returning(None))
    assert invoke("migrate").stdout.startswith("As this version declares: ")
    assert set(json.loads(invoke("migrate", "--json").stdout)) == {"streams", "consumers", "collections"}


def api(monkeypatch: pytest.MonkeyPatch, status: int, body: Any) -> list[httpx.Request]:
    """The API answers each request so; the requests that came."""
    came: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        came.append(request)
        return httpx.Response(status, json=body) if body is not None else httpx.Response(status, text="<html>")

    monkeypatch.setattr(httpx, "AsyncClient", lambda **given: REAL(transport=httpx.MockTransport(answer), **given))
    return came


VARIABLES = {"GATEWAY_API": "https://api.example.com/", "GATEWAY_KEY": "sk_test"}
DELIVERY = {"id": "d1", "ipnStatus": 2, "state": "pending", "attempts": [{}], "url": "https://shop.example.com/ipn"}


def test_deliveries_of_a_transaction_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    came = api(monkeypatch, 200, {"deliveries": [DELIVERY], "nextCursor": None})

    result = invoke("deliveries", "list", "t1", variables=VARIABLES)

    assert str(came[0].url) == "https://api.example.com/api/v1/ipn/deliveries?transactionId=t1&limit=100"
    assert came[0].headers["authorization"] == "Bearer sk_test"
    assert result.stdout.splitlines()[1].split() == ["d1", "2", "pending", "1", "-", "https://shop.example.com/ipn"]
    assert json.loads(invoke("deliveries", "list", "t1", "--json", variables=VARIABLES).stdout) == [DELIVERY]


def test_deliveries_of_the_organization_are_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    came = api(monkeypatch, 200, {"deliveries": [DELIVERY], "nextCursor": "c1"})
    given = ("--state", "exhausted", "--receiver", "shop.example.com", "--from", "2026-01-31T08:00:00Z")

    result = invoke("deliveries", "list", *given, "--limit", "2", variables=VARIABLES)

    first, second = [dict(request.url.params) for request in came]
    assert first == {
        "state": "exhausted",
        "receiver": "shop.example.com",
        "from": "2026-01-31T08:00:00+00:00",
        "limit": "2",
    }
    assert second == {**first, "limit": "1", "cursor": "c1"}
    assert (len(result.stdout.splitlines()), result.stderr.startswith("There are more")) == (3, True)


def test_no_delivery_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    api(monkeypatch, 200, {"deliveries": [], "nextCursor": None})
    assert invoke("deliveries", "list", "t1", variables=VARIABLES).stdout == "There is no such notification.\n"


def test_a_notification_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    came = api(monkeypatch, 200, DELIVERY)

    result = invoke("deliveries", "resend", "d1", "--api", "http://127.0.0.1:1", "--key", "k", variables=VARIABLES)

    assert (came[0].method, str(came[0].url)) == ("POST", "http://127.0.0.1:1/api/v1/ipn/deliveries/d1/resend")
    assert result.stdout == "d1 is sent again; it is pending.\n"


def test_a_refusal_is_shown_with_its_code_and_request(monkeypatch: pytest.MonkeyPatch) -> None:
    api(monkeypatch, 409, {"error": "another is open", "code": "DELIVERY_IN_PROGRESS", "requestId": "r1"})
    result = invoke("deliveries", "resend", "d1", variables=VARIABLES)
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: 409 DELIVERY_IN_PROGRESS: another is open (request r1)\n",
    )
    api(monkeypatch, 502, None)
    assert "in a form that is not its own" in invoke("deliveries", "resend", "d1", variables=VARIABLES).stderr


def test_an_id_cannot_leave_its_place_in_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    came = api(monkeypatch, 200, {})
    assert invoke("deliveries", "resend", "../x", variables=VARIABLES).exit_code == 2
    assert came == []
