"""DNS answers about a name, and their meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway_contracts.domain_problems import DomainProblem

Outcome = Literal["found", "unknown_name", "unanswered", "looping"]


@dataclass(frozen=True)
class DnsAnswer:
    """The aliases behind a name, in their order.

    ``unanswered``: no server answered in time, or all refused. ``addresses`` are those of a name without an alias.
    """

    outcome: Outcome
    aliases: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Whether the records are right.

    Attributes:
        problem: what the merchant has to change, with the values of its sentence.
        is_final: false if DNS was silent.
    """

    is_right: bool
    problem: DomainProblem | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = True


def judge(answer: DnsAnswer, *, name: str, target: str) -> Verdict:
    """Whether the name is an alias of the target, directly or through other aliases."""
    if target in answer.aliases:
        return Verdict(is_right=True)
    named = {"name": name, "target": target}
    if answer.outcome == "unanswered":
        return Verdict(False, "dns_silent", named, is_final=False)
    if answer.outcome == "looping":
        return Verdict(False, "alias_circle", named)
    if answer.aliases:
        return Verdict(False, "other_target", {**named, "found": answer.aliases[0]})
    if answer.addresses:
        return Verdict(False, "address_record", {**named, "found": ", ".join(answer.addresses[:3])})
    return Verdict(False, "unknown_name" if answer.outcome == "unknown_name" else "no_record", named)
