"""Trees of what caused what. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar


class Caused(Protocol):
    """One thing that happened.

    Attributes:
        cause: id of the thing that caused it; None for a beginning.
        at: when it began.
    """

    @property
    def id(self) -> str: ...

    @property
    def cause(self) -> str | None: ...

    @property
    def at(self) -> datetime: ...


C = TypeVar("C", bound=Caused)


@dataclass(frozen=True)
class Node(Generic[C]):
    """A step at its place.

    Attributes:
        depth: 0 for a beginning.
        cause: id of the step above it; None for a beginning.
        is_cause_lost: its cause is not stored any more.
    """

    step: C
    depth: int
    cause: str | None
    is_cause_lost: bool


def build_tree(steps: Iterable[C]) -> tuple[Node[C], ...]:
    """Each step once, after its cause; what one step caused stands in the order of time.

    Of several steps with the same id the first counts. A step whose cause is not among them is a beginning, and so is
    the earliest step of a circle.
    """
    known: dict[str, C] = {}
    for step in steps:
        known.setdefault(step.id, step)
    causes = _without_circles(known)
    children: dict[str | None, list[C]] = {}
    for step in sorted(known.values(), key=_in_time):
        children.setdefault(causes[step.id], []).append(step)
    return tuple(_walk(children, causes, known))


def _without_circles(known: Mapping[str, C]) -> dict[str, str | None]:
    """The cause of each step, as far as it is known and no effect of the step itself."""
    causes = {step.id: step.cause if step.cause in known else None for step in known.values()}
    for step in sorted(known.values(), key=_in_time):
        seen, above = {step.id}, causes[step.id]
        while above is not None and above not in seen:
            seen.add(above)
            above = causes[above]
        if above == step.id:
            causes[step.id] = None
    return causes


def _walk(
    children: Mapping[str | None, Sequence[C]], causes: Mapping[str, str | None], known: Mapping[str, C]
) -> Iterator[Node[C]]:
    waiting = [(step, 0) for step in reversed(children.get(None, ()))]
    while waiting:
        step, depth = waiting.pop()
        yield Node(step, depth, causes[step.id], is_cause_lost=step.cause is not None and step.cause not in known)
        waiting += [(child, depth + 1) for child in reversed(children.get(step.id, ()))]


def _in_time(step: Caused) -> tuple[datetime, str]:
    return step.at, step.id
