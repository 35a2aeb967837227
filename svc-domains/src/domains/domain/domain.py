"""A custom domain and its states.

    pending ──DNS right──▶ active ──DNS wrong──▶ failing ──DNS right──▶ active
    any state ──site deleted──▶ suspended ; any state ──removed──▶ gone (the name is free again)

``active`` domains may get certificates, and keep them while they are ``failing``: a passing mistake in DNS takes no
checkout down.
"""

from datetime import datetime

from domains.domain.certificate import Certificate, look_on_request
from domains.domain.dns import Verdict
from gateway_contracts.aggregates import Aggregate
from gateway_contracts.config import DomainState


class Domain(Aggregate):
    """One registration of a name.

    Attributes:
        version: increases with every change, and continues when the name is registered again later.
        removed: the registration ended; it is stored on for the sake of its version.
        certificate: as the edge last presented it; None: before the first look.
        certificate_due_at: the next look, while it is active.
    """

    site_id: str
    name: str
    state: DomainState
    created_at: datetime
    checked_at: datetime | None = None
    problem: str | None = None
    removed: bool = False
    certificate: Certificate | None = None
    certificate_due_at: datetime | None = None

    def checked(self, verdict: Verdict, *, at: datetime) -> "Domain":
        """After a look at DNS. A resolver that does not answer proves nothing and changes no state."""
        state = self.state
        if verdict.is_right:
            state = "active"
        elif verdict.is_final and state == "active":
            state = "failing"
        due_at = look_on_request(self.certificate, at=at) if state == "active" else self.certificate_due_at
        return self.changed(state=state, problem=verdict.problem, checked_at=at, certificate_due_at=due_at)

    def suspended(self) -> "Domain":
        """After its site was deleted."""
        return self.changed(state="suspended", problem="the site was deleted")

    def gone(self) -> "Domain":
        """After its removal."""
        return self.changed(removed=True)
