"""A custom domain and its states.

    pending ──DNS right──▶ active ──DNS wrong──▶ failing ──DNS right──▶ active
    any state ──site deleted──▶ suspended ; any state ──removed──▶ gone (the name is free again)

``active`` domains may get certificates, and keep them while they are ``failing``: a passing mistake in DNS takes no
checkout down.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from domains.domain.certificate import Certificate, look_on_request
from domains.domain.dns import Verdict
from gateway_contracts.aggregates import Aggregate
from gateway_contracts.config import DomainState
from gateway_contracts.domain_problems import DomainProblem


class Domain(Aggregate):
    """One registration of a name.

    Attributes:
        version: increases with every change, and continues when the name is registered again later.
        problem: its sentence, in rows whose last check was made by an earlier version.
        problem_values: of the sentence of the code.
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
    problem_code: DomainProblem | None = None
    problem_values: dict[str, str] = Field(default_factory=dict)
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
        changed = self.changed(state=state, checked_at=at, certificate_due_at=due_at)
        return changed._having(verdict.problem, verdict.values)

    def suspended(self) -> "Domain":
        """After its site was deleted."""
        return self.changed(state="suspended")._having("site_deleted", {})

    def gone(self) -> "Domain":
        """After its removal."""
        return self.changed(removed=True)

    def _having(self, problem: DomainProblem | None, values: Mapping[str, str]) -> "Domain":
        return self.changed(problem=None, problem_code=problem, problem_values=dict(values))
