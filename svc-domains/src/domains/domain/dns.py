"""DNS answers about a name, and their meaning."""

from dataclasses import dataclass
from typing import Literal

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
    """``problem`` is a sentence that tells the merchant what to change; ``is_final`` is false if DNS was silent."""

    is_right: bool
    problem: str | None = None
    is_final: bool = True


def judge(answer: DnsAnswer, *, name: str, target: str) -> Verdict:
    """Whether the name is an alias of the target, directly or through other aliases."""
    record = f"create the record: {name} CNAME {target}"
    if target in answer.aliases:
        return Verdict(is_right=True)
    if answer.outcome == "unanswered":
        return Verdict(False, f"the name servers of {name} did not answer in time; try again later", is_final=False)
    if answer.outcome == "looping":
        return Verdict(False, f"the aliases of {name} lead in a circle; {record}")
    if answer.aliases:
        return Verdict(False, f"{name} points to {answer.aliases[0]} instead of {target}; change its CNAME record")
    if answer.addresses:
        shown = ", ".join(answer.addresses[:3])
        return Verdict(False, f"{name} has an address record ({shown}) instead of an alias; delete it and {record}")
    if answer.outcome == "unknown_name":
        return Verdict(False, f"{name} does not exist in DNS yet; {record}")
    return Verdict(False, f"{name} has no CNAME record; {record}")
