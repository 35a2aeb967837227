"""The certificate of a domain, as the edge last presented it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from gateway_contracts.requests.domains import CertificateFailure, CertificateState

LATE: Final = timedelta(days=14)
# Of the life of a certificate that lives shorter: the edge renews when a third of it is left.
_LATE_SHARE: Final = 4
AGAIN: Final = timedelta(days=1)
_AGAIN_WHEN_LATE: Final = timedelta(hours=6)
# Each look may make the edge ask its authority, which refuses who fails too often.
_DELAYS: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
_APART: Final = _DELAYS[0]


@dataclass(frozen=True)
class Shown:
    """A certificate that fits the domain."""

    valid_from: datetime
    valid_until: datetime
    issuer: str


class Certificate(BaseModel):
    """Results of the looks at the edge.

    Attributes:
        valid_until: of the certificate that was presented last; None: there was none yet.
        late_at: when it should have been renewed.
        failure: why the last look showed no certificate that fits; None: it did.
        failures: looks in a row that failed.
    """

    model_config = ConfigDict(frozen=True)

    checked_at: datetime
    valid_until: datetime | None = None
    late_at: datetime | None = None
    issuer: str | None = None
    failure: CertificateFailure | None = None
    failures: int = 0

    def state_at(self, now: datetime) -> CertificateState:
        """How it stands for a customer who comes at this moment."""
        if self.valid_until is None or self.late_at is None:
            return "unchecked" if self.failure == "edge_unreachable" else "missing"
        if self.valid_until <= now:
            return "expired"
        return "expiring" if self.late_at <= now else "valid"

    def next_look(self) -> datetime:
        """Soon after a failure, then ever later; else well before it should be renewed."""
        if self.failure is not None or self.valid_until is None or self.late_at is None:
            return self.checked_at + _DELAYS[min(max(self.failures, 1), len(_DELAYS)) - 1]
        if self.late_at <= self.checked_at:
            return self.checked_at + _AGAIN_WHEN_LATE
        return min(self.checked_at + AGAIN, max(self.late_at, self.checked_at + _APART))


def after_look(before: Certificate | None, found: Shown | CertificateFailure, *, at: datetime) -> Certificate:
    """The knowledge after a look. A failure takes back nothing: the certificate may still be in use."""
    known = before or Certificate(checked_at=at)
    if not isinstance(found, Shown):
        return known.model_copy(update={"checked_at": at, "failure": found, "failures": known.failures + 1})
    life = found.valid_until - found.valid_from
    return Certificate(
        checked_at=at,
        valid_until=found.valid_until,
        late_at=found.valid_until - min(LATE, life / _LATE_SHARE),
        issuer=found.issuer,
    )


def look_on_request(known: Certificate | None, *, at: datetime) -> datetime:
    """When a merchant who asks gets the next look."""
    return at if known is None else max(at, known.checked_at + _APART)
