"""``gateway dead-letters`` over letters in memory."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import Result
from command_line import invoke

from gateway_contracts.errors import NotFound, Transient
from gateway_kit.nats.dead_letters import DeadLetter

CONSUMER = "ipn-on-transactions"
module = "gateway_cli.commands.dead_letters"


def letter(sequence: int, **changed: Any) -> DeadLetter:
    known: dict[str, Any] = {
        "sequence": sequence,
        "parked_at": datetime(2026, 1, 31, 8, tzinfo=UTC),
        "source": "TRANSACTIONS",
        "consumer": CONSUMER,
        "reference": "7",
        "organization_id": "a" * 24,
        "reason": "Conflict",
        "origin": "planner.py:12",
        "subject": "transaction.succeeded.v1.a",
        "deliveries": 3,
        "size": 12,
        "headers": {"traceparent": "00"},
        "body": b'{"id": "evt_1"}',
        "has_body": True,
    }
    return DeadLetter(**known | changed)


ROW = {
    "source": "deliveries",
    "consumer": "svc-ipn",
    "subject": "",
    "reference": "d1",
    "body": b"",
    "reason": "KeyError",
}


@dataclass
class Letters:
    """The stream, the audit log, and the order in which both were used."""

    stored: list[DeadLetter] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    is_service_away: bool = False

    async def all(self, worker: str | None = None) -> AsyncIterator[DeadLetter]:
        for each in list(self.stored):
            if worker in (None, each.consumer):
                yield each

    async def get(self, sequence: int) -> DeadLetter:
        for each in self.stored:
            if each.sequence == sequence:
                return each
        raise NotFound(f"there is no dead letter {sequence}", code="DEAD_LETTER_NOT_FOUND")

    async def redrive(self, letter: DeadLetter) -> bool:
        if self.is_service_away:
            raise Transient("svc-ipn does not answer", code="SERVICE_UNAVAILABLE")
        if letter.reference == "left its stream":
            raise NotFound("the message is gone", code="MESSAGE_GONE")
        self.done.append(f"redriven {letter.sequence}")
        self.stored.remove(letter)
        return letter.reference != "gone"

    async def note(self, action: str, object_id: str) -> None:
        self.done.append(f"{action} {object_id}")


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Letters:
    made = Letters([letter(1), letter(2, reason="Unreadable", organization_id="b" * 24), letter(3, **ROW)])

    @contextlib.asynccontextmanager
    async def opened(_installation: Any) -> AsyncIterator[Letters]:
        yield made

    @contextlib.asynccontextmanager
    async def audited(_installation: Any) -> AsyncIterator[Any]:
        yield made.note

    monkeypatch.setattr(f"{module}.dead_letters_of", opened)
    monkeypatch.setattr(f"{module}.audit_of", audited)
    return made


def json_of(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_letters_are_a_table_for_people(letters: Letters) -> None:
    lines = invoke("dead-letters", "list").stdout.splitlines()

    assert lines[0].split()[:3] == ["number", "set", "aside"]
    assert lines[1].startswith(f"1       2026-01-31T08:00:00Z  {CONSUMER}  {'a' * 24}  Conflict")
    assert "deliveries d1" in lines[3]
    assert lines[4] == "3 dead letters"


def test_letters_are_filtered_and_limited(letters: Letters) -> None:
    def numbers(*arguments: str) -> list[int]:
        found = json_of(invoke("dead-letters", "list", *arguments, "--json"))
        return [each["number"] for each in found["deadLetters"]]

    assert numbers() == [1, 2, 3]
    assert numbers(CONSUMER) == [1, 2]
    assert numbers("svc-ipn") == [3]
    assert numbers("--organization", "b" * 24) == [2]
    assert numbers("--reason", "Conflict") == [1]
    assert numbers("--limit", "2") == [1, 2]
    assert invoke("dead-letters", "list", "--limit", "2").stdout.endswith("2 dead letters, and more\n")
    letters.stored.clear()
    assert invoke("dead-letters", "list").stdout == "0 dead letters\n"


def test_one_letter_is_shown_with_its_body(letters: Letters) -> None:
    shown = json.loads(invoke("dead-letters", "show", "1").stdout)
    assert (shown["number"], shown["body"], shown["headers"]) == (1, {"id": "evt_1"}, {"traceparent": "00"})
    assert json_of(invoke("dead-letters", "show", "3", "--json"))["bodyBytes"] == 0


def test_a_letter_that_is_gone_is_a_sentence(letters: Letters) -> None:
    result = invoke("dead-letters", "show", "9")
    assert (result.exit_code, result.stderr) == (1, "Error: there is no dead letter 9 (DEAD_LETTER_NOT_FOUND).\n")


def test_named_letters_are_noted_and_redriven(letters: Letters) -> None:
    result = invoke("dead-letters", "redrive", "1", "3")

    assert letters.done == ["dead_letter.redrive 1", "redriven 1", "dead_letter.redrive 3", "redriven 3"]
    assert result.stdout.splitlines() == [
        "1 published again on transaction.succeeded.v1.a",
        "3 due again: deliveries d1",
        "2 letters redriven",
    ]


def test_a_letter_whose_message_is_gone_holds_up_no_other(letters: Letters) -> None:
    letters.stored[0] = letter(1, reference="left its stream")

    result = invoke("dead-letters", "redrive", "--all", CONSUMER, "--yes")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-3:] == [
        "1 stays: the message is gone (MESSAGE_GONE)",
        "2 published again on transaction.succeeded.v1.a",
        "1 letter redriven",
    ]
    assert [each.sequence for each in letters.stored] == [1, 3]


def test_a_bulk_redrive_asks(letters: Letters) -> None:
    refused = invoke("dead-letters", "redrive", "--all", CONSUMER, given="n\n")
    assert (refused.exit_code, letters.done) == (1, [])
    assert f"Redrive 2 letters of {CONSUMER}?" in refused.stderr

    assert invoke("dead-letters", "redrive", "--all", CONSUMER, "--reason", "Conflict", given="y\n").exit_code == 0
    assert letters.done == ["dead_letter.redrive 1", "redriven 1"]
    found = json_of(invoke("dead-letters", "redrive", "--all", CONSUMER, "--yes", "--json"))
    assert found == [{"number": 2, "redriven": True}]
    assert json_of(invoke("dead-letters", "redrive", "--all", CONSUMER, "--json")) == []


def test_a_row_that_is_gone_is_said(letters: Letters) -> None:
    letters.stored.append(letter(4, **ROW | {"reference": "gone"}))
    assert "4 nothing left to redrive" in invoke("dead-letters", "redrive", "4").stdout


def test_a_service_that_does_not_answer_is_a_sentence(letters: Letters) -> None:
    letters.is_service_away = True
    result = invoke("dead-letters", "redrive", "3")
    assert (result.exit_code, result.stderr) == (1, "Error: svc-ipn does not answer (SERVICE_UNAVAILABLE).\n")
    assert result.stdout == "0 letters redriven\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "unknown"),
        ("list", "--limit", "0"),
        ("list", "--limit", "5000"),
        ("show", "x"),
        ("redrive",),
        ("redrive", "--all", "x"),
        ("redrive", "1", "--all", CONSUMER),
        ("redrive", "1", "--reason", "Conflict"),
    ],
    ids=" ".join,
)
def test_wrong_use_changes_nothing(letters: Letters, arguments: tuple[str, ...]) -> None:
    result = invoke("dead-letters", *arguments)
    assert (result.exit_code, letters.done) == (2, [])
    assert "Usage: gateway dead-letters" in result.stderr
