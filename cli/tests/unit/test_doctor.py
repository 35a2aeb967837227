"""``gateway doctor``: sentences, thresholds, exit codes."""

import json
from typing import Any

import pytest
from command_line import invoke

from gateway_cli.doctor import report
from gateway_cli.installation import Installation, Misused
from gateway_kit.health_report.finding import Finding

WELL = Finding("a", "ok", "A is well.")
BAD = Finding("b", "attention", "B is full.", 9, 3)
AWAY = Finding("c", "unknown", "C does not answer.")


def checks(monkeypatch: pytest.MonkeyPatch, *found: list[Finding] | Exception) -> None:
    def check(result: list[Finding] | Exception) -> Any:
        async def run(_installation: Installation) -> list[Finding]:
            if isinstance(result, Exception):
                raise result
            return result

        return run

    monkeypatch.setattr(report, "CHECKS", tuple((f"part{n}", check(each)) for n, each in enumerate(found)))


@pytest.mark.parametrize(
    ("found", "code", "summary"),
    [
        ([[WELL], [WELL]], 0, "All is well: 2 checks."),
        ([[WELL], [BAD]], 1, "1 finding needs attention."),
        ([[WELL], [AWAY]], 2, "1 check could not be made."),
        ([[BAD, BAD], [AWAY]], 1, "2 findings need attention, 1 check could not be made."),
    ],
)
def test_the_exit_code_and_the_summary(
    monkeypatch: pytest.MonkeyPatch, found: list[list[Finding]], code: int, summary: str
) -> None:
    checks(monkeypatch, *found)
    result = invoke("doctor")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (code, summary)


def test_the_report_is_sentences_without_colour_and_json(monkeypatch: pytest.MonkeyPatch) -> None:
    checks(monkeypatch, [WELL, BAD], [AWAY])

    assert invoke("doctor").stdout.splitlines()[:3] == [
        "ok         A is well.",
        "ATTENTION  B is full.",
        "UNKNOWN    C does not answer.",
    ]
    as_json = json.loads(invoke("doctor", "--json").stdout)
    assert as_json["status"] == "attention"
    expected = {"check": "b", "state": "attention", "text": "B is full.", "value": 9, "limit": 3}
    assert as_json["findings"][1] == expected


def test_a_check_that_fails_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    checks(monkeypatch, KeyError("x"), ConnectionRefusedError(), Misused("NATS_URL is not set."), [WELL])

    lines = invoke("doctor").stdout.splitlines()

    assert lines[0].endswith("The check failed (KeyError).")
    assert lines[1].endswith("The connection failed (ConnectionRefusedError).")
    assert lines[2].endswith("NATS_URL is not set.")
    assert lines[3].endswith("A is well.")
