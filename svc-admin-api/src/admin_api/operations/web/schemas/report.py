"""The state of the installation as an answer."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from admin_api.operations.ports import Report
from admin_api.shared.web.schemas.base import View
from gateway_contracts.config import DomainState
from gateway_contracts.requests.domains import CertificateRecord
from gateway_kit.health_report.bus import ConsumerState
from gateway_kit.health_report.finding import Finding, State, overall
from gateway_kit.health_report.processes import Process, measured_values
from gateway_kit.health_report.thresholds import CONSUMER_PENDING, OF_PROCESSES, Threshold

_BACKLOG = "gateway_backlog"


class FindingView(View):
    """One sentence of the report."""

    check: str = Field(description="Stable name of the check, as in docs/operating.md.", examples=["outbox_age"])
    state: State = Field(description="`ok`, `attention`, or `unknown`: it could not be checked.")
    text: str = Field(description="The sentence in English.")
    pattern: str = Field(description="The sentence with `%(name)s` for each of `facts`, for translation.")
    facts: dict[str, str] = Field(description="Texts for the places of `pattern`.")
    value: float | None = Field(description="The measured value, where a threshold applies.")
    limit: float | None = Field(description="The threshold: attention is needed above it.")


class ProcessView(View):
    """One process of a service."""

    service: str = Field(description="Name of the service.")
    address: str = Field(description="Host and port at which it was asked.")
    state: State = Field(description="`ok`: alive and ready; `attention`: it does not answer, or is not ready.")
    text: str = Field(description="The same in a sentence.")
    memory_bytes: int | None = Field(description="Memory that it takes; null where it was not measured.")
    event_loop_lag_ms: int | None = Field(
        description="Longest delay of its event loop since the last reading; null where it was not measured."
    )

    @classmethod
    def of(cls, process: Process) -> "ProcessView":
        """From the answers of the process."""
        lag_s = _gauge(process, "gateway_event_loop_lag_seconds")
        memory = _gauge(process, "process_resident_memory_bytes")
        return cls(
            service=process.service,
            address=process.address,
            state=process.finding.state,
            text=process.finding.text,
            memory_bytes=None if memory is None else int(memory),
            event_loop_lag_ms=None if lag_s is None else round(lag_s * 1000),
        )


class ConsumerView(View):
    """One durable consumer of events."""

    name: str = Field(description="Name of the consumer.")
    service: str = Field(description="Service that handles its messages.")
    stream: str = Field(description="Stream that it reads.")
    state: State = Field(description="`attention`: more messages wait than the threshold allows.")
    pending: int = Field(description="Messages that are not delivered yet.")
    unacknowledged: int = Field(description="Messages that are being handled.")
    backlog: int | None = Field(
        description="Messages that wait for another attempt; null where the service did not say."
    )
    dead_letters: int = Field(description="Messages that were given up.")


class MeasurementView(View):
    """One measured value and its threshold."""

    check: str = Field(description="Name of the check, as in docs/operating.md.")
    meaning: str = Field(description="What is measured.")
    place: str = Field(description="Where: a process, and the part of it.")
    state: State = Field(description="`attention`: above the threshold.")
    value: str = Field(description="The value with its unit.")
    limit: str = Field(description="The threshold with its unit.")


class ReportView(View):
    """State of the installation: findings in sentences, and the numbers behind them."""

    status: State = Field(description="`attention` if any finding needs it, else `unknown` if any is, else `ok`.")
    checked_at: datetime = Field(description="Time of the report.")
    findings: list[FindingView] = Field(description="All findings; the same as those of `gateway doctor`.")
    processes: list[ProcessView] = Field(description="Processes of all services.")
    consumers: list[ConsumerView] = Field(description="Consumers; empty where the bus does not answer.")
    measurements: list[MeasurementView] = Field(description="Values that processes measure, with their thresholds.")
    set_aside: dict[str, int] = Field(description="Dead letters by the consumer or service that gave them up.")

    @classmethod
    def of(cls, report: Report) -> "ReportView":
        """The answer for a report."""
        backlog = _backlog(report.processes)
        return cls(
            status=overall(report.findings),
            checked_at=report.checked_at,
            findings=[_finding(finding) for finding in report.findings],
            processes=[ProcessView.of(process) for process in report.processes],
            consumers=[_consumer(state, backlog, report.dead_letters) for state in report.consumers],
            measurements=[
                _measurement(threshold, place, value)
                for threshold in OF_PROCESSES
                for place, value in measured_values(threshold, report.processes).items()
            ],
            set_aside=dict(report.dead_letters),
        )


class OperatedDomainView(View):
    """A merchant's checkout domain, as the edge knows it."""

    name: str = Field(description="The domain.")
    organization_id: str = Field(description="Id of the organization.")
    site_id: str = Field(description="Id of the site.")
    state: DomainState = Field(
        description="`active`: certificates are issued for it. `pending`: its records are not seen yet. `failing`: "
        "its records are wrong now. `suspended`: its site was deleted."
    )
    certificate: Literal["allowed", "refused"] = Field(
        description="Whether the edge may fetch a certificate for it at its next request."
    )
    presented: CertificateRecord | None = Field(
        description="The certificate of an active domain, as the edge last presented it; null before the first look, "
        "and where svc-domains did not say."
    )


class OperatedDomainListView(View):
    """Domains of all organizations."""

    domains: list[OperatedDomainView] = Field(description="Those that need attention first, at most 500.")
    total: int = Field(description="All domains.")
    certificates_known: bool = Field(description="Whether svc-domains answered. false: no `presented` is known.")


def _finding(finding: Finding) -> FindingView:
    return FindingView(
        check=finding.check,
        state=finding.state,
        text=finding.text,
        pattern=finding.pattern,
        facts=dict(finding.facts),
        value=finding.value,
        limit=finding.limit,
    )


def _consumer(state: ConsumerState, backlog: Mapping[str, int], letters: Mapping[str, int]) -> ConsumerView:
    return ConsumerView(
        name=state.spec.durable,
        service=state.spec.service,
        stream=state.spec.stream,
        state=_state(CONSUMER_PENDING, state.pending),
        pending=state.pending,
        unacknowledged=state.unacknowledged,
        backlog=backlog.get(state.spec.durable),
        dead_letters=letters.get(state.spec.durable, 0),
    )


def _measurement(threshold: Threshold, place: str, value: float) -> MeasurementView:
    return MeasurementView(
        check=threshold.check,
        meaning=threshold.meaning,
        place=place,
        state=_state(threshold, value),
        value=threshold.amount(value),
        limit=threshold.amount(threshold.limit),
    )


def _state(threshold: Threshold, value: float) -> State:
    return "attention" if value > threshold.limit else "ok"


def _backlog(processes: Iterable[Process]) -> dict[str, int]:
    """By consumer. All processes of a service count the same rows."""
    return {
        consumer: int(value)
        for process in processes
        if process.metrics is not None
        for consumer, value in process.metrics.values(_BACKLOG)
    }


def _gauge(process: Process, name: str) -> float | None:
    values = [value for _, value in process.metrics.values(name)] if process.metrics is not None else []
    return values[0] if values else None
