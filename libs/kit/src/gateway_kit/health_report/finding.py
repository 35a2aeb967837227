"""Results of checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

State = Literal["ok", "attention", "unknown"]
"""``unknown``: it could not be checked."""

_TRANSLATED: Final = ("meaning", "advice")
"""Facts that are texts of their own."""
_START: Final = "%(meaning)s"


def N_(pattern: str) -> str:
    """Mark a text that pages translate."""
    return pattern


@dataclass(frozen=True)
class Finding:
    """One sentence of the report.

    Attributes:
        check: the stable name of the check, for machines.
        pattern: the sentence, with ``%(name)s`` for each fact; without facts the sentence itself.
        value: the measured value, where a threshold applies.
        limit: the threshold.
    """

    check: str
    state: State
    pattern: str
    value: float | None = None
    limit: float | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence in English."""
        return sentence(self.pattern, self.facts, str)


def sentence(pattern: str, facts: Mapping[str, str], translate: Callable[[str], str]) -> str:
    """The sentence in a language; texts without a translation stay as they are."""
    if not facts:
        return translate(pattern)
    translated = translate(pattern)
    values = {name: translate(fact) if name in _TRANSLATED else fact for name, fact in facts.items()}
    written = translated % values
    return written[0].upper() + written[1:] if translated.startswith(_START) else written


def overall(findings: Sequence[Finding]) -> State:
    """The state of all together: what needs attention counts more than what could not be checked."""
    states = {finding.state for finding in findings}
    if "attention" in states:
        return "attention"
    return "unknown" if "unknown" in states else "ok"
