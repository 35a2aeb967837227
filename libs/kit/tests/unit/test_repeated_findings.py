"""Findings that count at the second look."""

import pytest

from gateway_kit.health_report.finding import Finding
from gateway_kit.health_report.repeated import CHECKS, Repeated
from gateway_kit.health_report.thresholds import OF_PROCESSES

LAG = next(each for each in OF_PROCESSES if each.check in CHECKS)


def states(findings: list[Finding]) -> list[str]:
    return [finding.state for finding in findings]


def test_a_delay_of_one_look_needs_no_attention_and_one_of_two_looks_does() -> None:
    memory = Repeated()
    late = LAG.findings({"svc-ipn (a)": 0.5})
    assert states(memory.judge(late)) == ["ok"]
    assert states(memory.judge(late)) == ["attention"]
    assert states(memory.judge(LAG.findings({"svc-ipn (a)": 0.01}))) == ["ok"]
    assert states(memory.judge(late)) == ["ok"]


def test_another_place_is_another_finding() -> None:
    memory = Repeated()
    memory.judge(LAG.findings({"svc-ipn (a)": 0.5}))
    assert states(memory.judge(LAG.findings({"svc-ipn (b)": 0.5}))) == ["ok"]


@pytest.mark.parametrize("threshold", [each for each in OF_PROCESSES if each.check not in CHECKS])
def test_all_other_findings_count_at_once(threshold: object) -> None:
    finding = Finding(getattr(threshold, "check", ""), "attention", "bad")
    assert Repeated().judge([finding]) == [finding]
