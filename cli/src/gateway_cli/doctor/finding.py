"""Results of checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "attention", "unknown"]
"""``unknown``: it could not be checked."""

EXIT_CODES: dict[State, int] = {"ok": 0, "attention": 1, "unknown": 2}


@dataclass(frozen=True)
class Finding:
    """One sentence of the report.

    Attributes:
        check: the stable name of the check, for machines.
        value: what was measured, where a threshold applies.
        limit: the threshold.
    """

    check: str
    state: State
    text: str
    value: float | None = None
    limit: float | None = None


def overall(findings: Sequence[Finding]) -> State:
    """The state of all together: what needs attention counts more than what could not be checked."""
    states = {finding.state for finding in findings}
    if "attention" in states:
        return "attention"
    return "unknown" if "unknown" in states else "ok"
