"""How much a document may cost, and how often and when it is tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from invoice.domain.invoice import Paper
from invoice.domain.printed import LookChoice, PrintedDocument

FAILURES_MAX: Final = 5
"""Tries that end with the renderer's failure."""
LOST_MAX: Final = 30
"""Tries that end with the death of the service: they say little about the document."""
WAITS_MAX: Final = 300
"""Tries that end because a database, bus or key is away: more than a week with the longest pause."""
LEASE_S: Final = 15.0
"""Renewed while a document is being made: a killed process's document is free again after it."""
_LEASE_S_MAX: Final = 600.0
_LOST_BEFORE_PAUSE: Final = 3
_RETRY_AFTER_S: Final = 15.0
_RETRY_AFTER_S_MAX: Final = 3600.0


@dataclass(frozen=True)
class Tries:
    """The tries of one document since it became due. ``claims`` is written before each try, so a kill counts."""

    claims: int = 1
    failures: int = 0
    waits: int = 0

    @property
    def lost(self) -> int:
        """Earlier tries without a known end."""
        return max(self.claims - 1 - self.failures - self.waits, 0)

    @property
    def is_abandoned(self) -> bool:
        """Whether processes died over it too often for one more try."""
        return self.lost >= LOST_MAX

    @property
    def lease_s(self) -> float:
        """How long the try's claim holds without renewal; it grows where processes die over the document."""
        return min(LEASE_S * 2.0 ** max(0, min(self.lost, 20) - _LOST_BEFORE_PAUSE), _LEASE_S_MAX)

    def failed(self) -> "Tries":
        """The try failed."""
        return Tries(self.claims, self.failures + 1, self.waits)

    def waited(self) -> "Tries":
        """Something that the document needs is away."""
        return Tries(self.claims, self.failures, self.waits + 1)

    @property
    def is_over(self) -> bool:
        """Whether no further try follows."""
        return self.failures >= FAILURES_MAX or self.waits >= WAITS_MAX

    @property
    def pause_s(self) -> float:
        """Until the next try: doubled by each."""
        return min(_RETRY_AFTER_S * 2.0 ** max(0, min(self.failures + self.waits, 20) - 1), _RETRY_AFTER_S_MAX)


class RenderTask(Paper):
    """The way of an issued document to its PDF: fields of the stored invoice that are no part of the invoice.

    Attributes:
        traceparent: of the issue; the document is made later, perhaps by another process, in the same trace.
        render_state: None for drafts.
        render_at: when it is offered to a worker; while it is being made, when its lease ends.
        render_attempts: counts all claims, never starting again; names a claim.
        render_since: claims of earlier rounds, before the document was lost or redriven.
        look: what it was first printed with, and is printed with again.
        template_error: why that was the default template in place of the organization's own.
    """

    traceparent: str | None = None
    render_state: Literal["pending", "done", "set_aside"] | None = None
    render_at: datetime | None = None
    render_attempts: int = 0
    render_since: int = 0
    render_failures: int = 0
    render_waits: int = 0
    look: LookChoice | None = None
    template_error: str | None = None

    @property
    def tries(self) -> Tries:
        """Since it became due."""
        return Tries(self.render_attempts - self.render_since, self.render_failures, self.render_waits)

    def queued(self, now: datetime, traceparent: str | None) -> "RenderTask":
        """Waiting since the issue of what was a draft."""
        return self.changed(render_state="pending", render_at=now, traceparent=traceparent)

    def claimed(self, now: datetime) -> "RenderTask":
        """Leased to a worker; the try is counted before it begins."""
        return self.changed(render_at=now + timedelta(seconds=LEASE_S), render_attempts=self.render_attempts + 1)

    def leased(self, until: datetime) -> "RenderTask":
        """Leased at least until then."""
        return self.changed(render_at=max(until, self.render_at or until))

    def postponed(self, tries: Tries, until: datetime) -> "RenderTask":
        """Offered again at that time."""
        return self._counted(tries).changed(render_at=until)

    def done(self, look: LookChoice, template_error: str | None) -> "RenderTask":
        """With its PDF."""
        return self.changed(render_state="done", look=look, template_error=template_error)

    def set_aside(self, tries: Tries) -> "RenderTask":
        """Without a further try until an operator redrives it."""
        return self._counted(tries).changed(render_state="set_aside")

    def again(self, now: datetime) -> "RenderTask":
        """Waiting as after the issue. The digest of the invoice stays: what is made again is compared with it."""
        return self._counted(Tries()).changed(
            pdf_object=None, render_state="pending", render_at=now, render_since=self.render_attempts
        )

    def _counted(self, tries: Tries) -> "RenderTask":
        return self.changed(render_failures=tries.failures, render_waits=tries.waits)


@dataclass(frozen=True)
class Effort:
    """Processor time that a document may take: in proportion to what it prints.

    A line of a name takes 5 ms, a character of running text 35 µs, of the slowest scripts 160 µs. Each failure doubles
    the allowance, so the first try is short and a slow machine still makes every document.
    """

    base_s: float = 5.0
    line_s: float = 0.01
    character_s: float = 80e-6

    def allowance_s(self, page: PrintedDocument, failures: int) -> float:
        """Seconds of processor time for the next try."""
        once = self.base_s + self.line_s * page.rows + self.character_s * page.characters
        return float(once * 2.0 ** min(failures, FAILURES_MAX))
