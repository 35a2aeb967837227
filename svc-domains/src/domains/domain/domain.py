"""A custom domain and its states.

    pending ──DNS right──▶ active ──DNS wrong──▶ failing ──DNS right──▶ active
    any state ──site deleted──▶ suspended ; any state ──removed──▶ gone (the name is free again)

``active`` domains may get certificates, and keep them while they are ``failing``: a passing mistake in DNS takes no
checkout down.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from domains.domain.dns import Verdict

State = Literal["pending", "active", "failing", "suspended"]


@dataclass(frozen=True)
class Domain:
    """``version`` grows with every change, and goes on growing when the name is registered again later."""

    id: str
    organization_id: str
    site_id: str
    name: str
    state: State
    version: int
    created_at: datetime
    checked_at: datetime | None = None
    problem: str | None = None
    removed: bool = False

    def checked(self, verdict: Verdict, *, at: datetime) -> "Domain":
        """After a look at DNS. A resolver that does not answer proves nothing and changes no state."""
        state = self.state
        if verdict.is_right:
            state = "active"
        elif verdict.is_final and state == "active":
            state = "failing"
        return replace(self, state=state, problem=verdict.problem, checked_at=at, version=self.version + 1)

    def suspended(self) -> "Domain":
        """After its site was deleted."""
        return replace(self, state="suspended", problem="the site was deleted", version=self.version + 1)

    def gone(self) -> "Domain":
        """After its removal."""
        return replace(self, removed=True, version=self.version + 1)
