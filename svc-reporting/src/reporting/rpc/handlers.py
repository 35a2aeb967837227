"""Answers requests; the caller's rights and tenant are decided here, once."""

from dataclasses import dataclass
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import Clock
from gateway_contracts.errors import Forbidden
from gateway_contracts.requests.reporting import Summary, SummaryQuery
from gateway_contracts.rpc import Call
from reporting.ports import Figures
from reporting.use_cases.summarize import summarize

SCOPE: Final = "transaction:read"


@dataclass(frozen=True, kw_only=True)
class Handlers:
    """One method per request method."""

    clock: Clock
    figures: Figures

    async def summary(self, request: SummaryQuery, call: Call) -> Summary:
        """``transaction:read``. A credential of one site sees figures of that site alone."""
        actor = call.actor
        actor.require(SCOPE)
        if not actor.organization_id:
            raise Forbidden("this credential belongs to no organization", code="ORGANIZATION_REQUIRED")
        scope = Scope(actor.organization_id, actor.livemode, actor.site_id or request.site_id)
        today = self.clock.now().date()
        return await summarize(request, scope=scope, today=today, figures=self.figures)
