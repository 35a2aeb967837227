"""Rotation of a tenant's data keys: a job, what each service says about it, and when it has ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway_contracts.aggregates import TenantEntity
from gateway_contracts.config import RotationConfig
from gateway_contracts.encrypted import Purpose
from gateway_contracts.requests.rotation import REENCRYPTING_SERVICES, ReencryptionReport
from gateway_contracts.topology import STREAMS, stream

Mode = Literal["rewrap", "full", "retire"]
"""``rewrap``: the same keys under another wrapping. ``full``: new keys, all stored values encrypted again.
``retire``: old keys are deleted once a last look finds no value of theirs."""
State = Literal["running", "done", "failed", "canceled"]

ORGANIZATION_PURPOSES: Final[tuple[Purpose, ...]] = ("operational", "records")
SYSTEM_PURPOSES: Final[tuple[Purpose, ...]] = ("system",)

_EVENTS_KEPT: Final = max(spec.max_age for spec in STREAMS if spec.owner != "*")
OLD_KEY_KEPT: Final = _EVENTS_KEPT + stream("DEAD_LETTERS").max_age
"""Values in streams are not encrypted again, they age out: an event may become a dead letter on its last day."""


class ServiceProgress(BaseModel):
    """The last report of one service. Numbers as in `ReencryptionReport`."""

    model_config = ConfigDict(frozen=True)

    service: str
    state: Literal["waiting", "running", "done"] = "waiting"
    scanned: int = 0
    total: int = 0
    changed: int = 0
    failed: int = 0
    passes: int = 0
    busy_s: float = 0.0
    reported_at: datetime | None = None

    @property
    def documents_per_second(self) -> float:
        """Documents encrypted again per second of work."""
        return round(self.changed / self.busy_s, 1) if self.busy_s else 0.0


class RotationJob(TenantEntity):
    """One job.

    Attributes:
        organization_id: empty for the system's own keys.
        targets: full, retire: the version per purpose that every stored value shall have at least.
        version: of what services hear of it; its removal counts one more. Jobs of earlier versions have none.
        generation: rewrap: the settings of the key-management service that shall wrap all keys (0: the local one).
        rewrapped: rewrap: how many keys are done, of ``keys``.
        problem: why it is not finished or did not end well, for a person.
    """

    mode: Mode
    created_at: datetime
    created_by: str
    state: State = "running"
    targets: Mapping[Purpose, int] = Field(default_factory=dict)
    generation: int = 0
    keys: int = 0
    rewrapped: int = 0
    services: tuple[ServiceProgress, ...] = ()
    problem: str | None = None
    finished_at: datetime | None = None
    version: int = 0

    @property
    def failed(self) -> int:
        """Documents with values that do not decrypt, in all services."""
        return sum(progress.failed for progress in self.services)

    @property
    def is_everywhere_done(self) -> bool:
        """Whether every service has said that nothing is left."""
        return all(progress.state == "done" for progress in self.services)

    @property
    def config_key(self) -> str:
        """The key of that configuration in the bucket."""
        return rotation_key(self.organization_id)

    def config(self) -> RotationConfig:
        """The configuration that services receive."""
        version = self.version or _milliseconds(self.created_at)
        return RotationConfig(
            organization_id=self.organization_id, version=version, job_id=self.id, targets=dict(self.targets)
        )

    def reported(self, report: ReencryptionReport, at: datetime) -> "RotationJob":
        """After a report; one of a service that is not asked changes nothing, and what is done stays done."""
        return self.changed(services=tuple(_updated(known, report, at) for known in self.services))

    def ended(self, at: datetime, *, state: State | None = None, problem: str | None = None) -> "RotationJob":
        """Over; well, unless values were left that do not decrypt."""
        if problem is None and self.failed:
            problem = f"{self.failed} documents hold values that do not decrypt; their old key is kept"
        return self.changed(state=state or ("failed" if problem else "done"), problem=problem, finished_at=at)


def _updated(known: ServiceProgress, report: ReencryptionReport, at: datetime) -> ServiceProgress:
    if known.service != report.service or known.state == "done":
        return known
    numbers = report.model_dump(
        include={"service", "state", "scanned", "total", "changed", "failed", "passes", "busy_s"}
    )
    return ServiceProgress(**numbers, reported_at=at)


def next_version(latest: Sequence[RotationJob], now: datetime) -> int:
    """The version of a new job: above those of the tenant's last one, whatever the clocks of two instances say."""
    return max([_milliseconds(now), *(job.config().version + 2 for job in latest)])


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def rotation_key(organization_id: str) -> str:
    """The key of a tenant's rotation in the configuration bucket."""
    return f"rotation.{organization_id or 'system'}"


def waiting_services() -> tuple[ServiceProgress, ...]:
    """All services that have something to encrypt again."""
    return tuple(ServiceProgress(service=service) for service in REENCRYPTING_SERVICES)


def purposes_of(organization_id: str) -> tuple[Purpose, ...]:
    """The purposes that a tenant's keys have."""
    return ORGANIZATION_PURPOSES if organization_id else SYSTEM_PURPOSES


def is_deletable(retired_at: datetime | None, now: datetime) -> bool:
    """Whether streams cannot hold values of a key any more that was retired then."""
    return retired_at is not None and now - retired_at >= OLD_KEY_KEPT + timedelta(days=1)
