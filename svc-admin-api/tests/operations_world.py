"""An installation in memory, for the operators' endpoints."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from admin_api.operations.ports import Operations, Report
from gateway_contracts.config import DomainConfig
from gateway_contracts.errors import NotFound, Transient
from gateway_contracts.topology import consumer
from gateway_kit.health_report.bus import ConsumerState, lag_findings
from gateway_kit.health_report.finding import Finding
from gateway_kit.health_report.metrics import Metrics
from gateway_kit.health_report.processes import CHECK, Process
from gateway_kit.health_report.thresholds import DEAD_LETTERS
from gateway_kit.nats.dead_letters import DeadLetter

AT = datetime(2026, 1, 31, 8, tzinfo=UTC)
CONSUMER = "ipn-on-transactions"
METRICS = """
# TYPE gateway_ipn_waiting gauge
gateway_ipn_waiting 1200.0
# TYPE gateway_outbox_age_seconds gauge
gateway_outbox_age_seconds 4000.5
# TYPE gateway_backlog gauge
gateway_backlog{consumer="ipn-on-transactions"} 2.0
# TYPE gateway_event_loop_lag_seconds gauge
gateway_event_loop_lag_seconds 0.012
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 1.048576e+08
"""


def a_letter(number: int, **changes: Any) -> DeadLetter:
    """A notification's event that was given up."""
    values: dict[str, Any] = {
        "sequence": number,
        "parked_at": AT,
        "source": "TRANSACTIONS",
        "consumer": CONSUMER,
        "reference": str(100 + number),
        "organization_id": "a" * 24,
        "reason": "Conflict",
        "origin": "planner.py:12",
        "subject": f"transaction.succeeded.v1.{'a' * 24}",
        "deliveries": 3,
        "size": 52,
        "headers": {"traceparent": "00"},
        "body": b'{"id": "evt_1", "data": {"email": {"ciphertext": "AbC"}}}',
        "has_body": True,
    }
    return DeadLetter(**values | changes)


@dataclass
class MemoryLetters:
    """The stream of dead letters, and what was redriven."""

    stored: list[DeadLetter] = field(default_factory=list)
    redriven: list[int] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    fails_after: int | None = None
    read: int = 0

    async def all(self, worker: str | None = None, *, after: int = 0) -> AsyncIterator[DeadLetter]:
        for letter in list(self.stored):
            if letter.sequence > after and worker in (None, letter.consumer):
                self.read += 1
                yield letter

    async def get(self, sequence: int) -> DeadLetter:
        found = next((letter for letter in self.stored if letter.sequence == sequence), None)
        if found is None:
            raise NotFound(f"there is no dead letter {sequence}", code="DEAD_LETTER_NOT_FOUND")
        return found

    async def redrive(self, letter: DeadLetter) -> bool:
        if self.fails_after is not None and len(self.redriven) >= self.fails_after:
            raise Transient("the service does not answer", code="SERVICE_UNAVAILABLE", retry_after_s=2)
        if letter.sequence in self.gone:
            raise NotFound("the message is gone", code="MESSAGE_GONE")
        self.stored.remove(letter)
        self.redriven.append(letter.sequence)
        return letter.is_message


@dataclass
class MemoryInspector:
    """A report that tests change."""

    report: Report

    async def examine(self) -> Report:
        return self.report


def a_report(**changes: Any) -> Report:
    """Two processes, one of which does not answer; one consumer that is behind; one dead letter."""
    alive = Finding(CHECK, "ok", "%(service)s is alive and ready at %(address)s.", facts=_at("svc-ipn"))
    pattern = "%(service)s does not answer at %(address)s (%(error)s)."
    away = Finding(CHECK, "attention", pattern, facts={**_at("svc-invoice"), "error": "ConnectError"})
    processes = [
        Process("svc-ipn", "svc-ipn:9100", alive, Metrics(METRICS)),
        Process("svc-invoice", "svc-invoice:9100", away, None),
    ]
    consumers = [ConsumerState(consumer(CONSUMER), 4_000, 3), ConsumerState(consumer("invoice-on-refunds"), 0, 0)]
    findings = [alive, away, *lag_findings(consumers), *DEAD_LETTERS.findings({CONSUMER: 1.0})]
    return replace(Report(AT, findings, processes, consumers, {CONSUMER: 1}), **changes)


def operations_in_memory(domains: Mapping[str, DomainConfig]) -> Operations:
    """The ports; without letters."""
    return Operations(MemoryInspector(a_report()), MemoryLetters(), lambda: list(domains.values()))


def _at(service: str) -> dict[str, str]:
    return {"service": service, "address": f"{service}:9100"}
