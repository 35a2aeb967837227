"""Results of checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

State = Literal["ok", "attention", "unknown"]
"""``unknown``: it could not be checked."""

_TRANSLATED: Final = ("meaning", "advice", "place")
"""Facts that are texts of their own, or may be."""
_AMOUNTS: Final = ("amount", "limit", "size", "memory", "count")
"""Facts that are a number with its unit, in English: ``1,200``, ``0.25 s``."""
_MOMENTS: Final = ("oldest",)
"""Facts that are a moment of ISO 8601."""
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


def sentence(
    pattern: str,
    facts: Mapping[str, str],
    translate: Callable[[str], str],
    *,
    amount: Callable[[str], str] = str,
    moment: Callable[[str], str] = str,
) -> str:
    """The sentence in a language; texts without a translation stay as they are.

    Args:
        amount: writes a number with its unit in the language.
        moment: the same for a moment.
    """
    translated = translate(pattern)
    if not facts:
        return translated
    writers = dict.fromkeys(_TRANSLATED, translate) | dict.fromkeys(_AMOUNTS, amount) | dict.fromkeys(_MOMENTS, moment)
    # An empty text names the head of a catalogue.
    values = {name: writers[name](fact) if fact and name in writers else fact for name, fact in facts.items()}
    written = translated % values
    return written[0].upper() + written[1:] if translated.startswith(_START) else written


def overall(findings: Sequence[Finding]) -> State:
    """The state of all together: what needs attention counts more than what could not be checked."""
    states = {finding.state for finding in findings}
    if "attention" in states:
        return "attention"
    return "unknown" if "unknown" in states else "ok"
