"""However often a key is tried, little is written; and nothing is forgotten."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from admin_api.shared.domain.refusal import KNOWN_MAX, REPORT_PAUSE, Refusal, Refusals

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
WRONG = Refusal("wrong_secret", "65f0c0ffee65f0c0ffee65f0", "65f0c0ffee65f0c0ffee65f1", address="203.0.113.1")


def test_the_first_is_reported_at_once_and_the_rest_together_later() -> None:
    refusals = Refusals()
    refusals.note(WRONG)
    assert refusals.due(NOW) == [WRONG]

    for number in range(500):
        refusals.note(replace(WRONG, address=f"203.0.113.{number % 200}"))
    assert refusals.due(NOW + REPORT_PAUSE - timedelta(seconds=1)) == []
    [later] = refusals.due(NOW + REPORT_PAUSE)
    assert (later.count, later.address) == (500, "203.0.113.99")
    assert refusals.due(NOW + 3 * REPORT_PAUSE) == []


def test_at_the_end_of_a_process_nothing_waits_for_later() -> None:
    refusals = Refusals()
    refusals.note(WRONG)
    refusals.due(NOW)
    for _ in range(7):
        refusals.note(WRONG)
    assert refusals.due(NOW) == []
    assert [item.count for item in refusals.due(NOW, is_last=True)] == [7]
    assert refusals.due(NOW, is_last=True) == []


def test_kinds_of_one_key_are_distinguished() -> None:
    refusals = Refusals()
    refusals.note(WRONG)
    refusals.note(replace(WRONG, reason="revoked"))
    assert {item.reason for item in refusals.due(NOW)} == {"wrong_secret", "revoked"}


def test_memory_has_an_end() -> None:
    refusals = Refusals()
    for number in range(KNOWN_MAX + 50):
        refusals.note(replace(WRONG, key_id=f"{number:024x}"))

    reported = refusals.due(NOW)

    assert len(reported) == KNOWN_MAX + 1
    assert sum(item.count for item in reported) == KNOWN_MAX + 50
    assert [(item.key_id, item.organization_id, item.count) for item in reported if item.reason == "unknown"] == [
        ("", None, 50)
    ]


def test_what_could_not_be_reported_is_due_again() -> None:
    refusals = Refusals()
    refusals.note(WRONG)
    due = refusals.due(NOW)
    refusals.note(WRONG)

    refusals.not_reported(due)

    assert [item.count for item in refusals.due(NOW)] == [2]
