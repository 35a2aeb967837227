"""Ports of the use cases around operation."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway_contracts.config import DomainConfig
from gateway_kit.health_report.bus import ConsumerState
from gateway_kit.health_report.finding import Finding
from gateway_kit.health_report.processes import Process
from gateway_kit.nats.dead_letters import DeadLetter


@dataclass(frozen=True)
class Report:
    """State of the installation at a moment.

    Attributes:
        consumers: empty where the bus did not say.
        dead_letters: their number by the consumer or service that gave them up.
    """

    checked_at: datetime
    findings: Sequence[Finding]
    processes: Sequence[Process]
    consumers: Sequence[ConsumerState]
    dead_letters: Mapping[str, int]


class Inspector(Protocol):
    """Looks at the installation."""

    async def examine(self) -> Report:
        """Within half a minute. A part that does not answer is a finding."""
        ...


class Letters(Protocol):
    """The stream of dead letters; see `gateway_kit.nats.dead_letters.DeadLetters`."""

    def all(self, worker: str | None = None, *, after: int = 0) -> AsyncIterator[DeadLetter]: ...

    async def get(self, sequence: int) -> DeadLetter: ...

    async def redrive(self, letter: DeadLetter) -> bool: ...


@dataclass(frozen=True)
class Operations:
    """The ports around operation."""

    inspector: Inspector
    letters: Letters
    domains: Callable[[], Sequence[DomainConfig]]
