"""Findings that count only when two looks in a row have them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway_kit.health_report.finding import Finding

CHECKS: Final = frozenset({"event_loop_lag"})
"""One sample is above the threshold for many reasons; a look at all processes is one of them."""


class Repeated:
    """The memory of one who looks again and again."""

    def __init__(self) -> None:
        self._seen: frozenset[tuple[str, str]] = frozenset()

    def judge(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings; what such a check finds for the first time at a place needs no attention yet."""
        before, self._seen = self._seen, frozenset(_place(finding) for finding in findings if _is_single(finding))
        return [
            replace(finding, state="ok") if _is_single(finding) and _place(finding) not in before else finding
            for finding in findings
        ]


def _is_single(finding: Finding) -> bool:
    return finding.check in CHECKS and finding.state == "attention"


def _place(finding: Finding) -> tuple[str, str]:
    return finding.check, finding.facts.get("place", "")
