"""State of the installation, for operators."""

from typing import Annotated, Final

from fastapi import Depends

from admin_api.edge.dependencies import DepsIn, of_system
from admin_api.edge.routing import new_router
from admin_api.operations.ports import Operations
from admin_api.operations.web.schemas.notifications import FailingTargetListView
from admin_api.operations.web.schemas.report import OperatedDomainListView, OperatedDomainView, ReportView
from gateway_contracts.actor import Actor
from gateway_contracts.config import DomainConfig
from gateway_contracts.requests.ipn import LIST_FAILING_TARGETS
from gateway_contracts.rpc import Empty
from gateway_kit.set_aside import OPERATOR

router = new_router(prefix="/operations", tags=["operations"])
Reader = Annotated[Actor, Depends(of_system("system:read"))]
DOMAINS_MAX: Final = 500
_ORDER: Final = ("failing", "pending", "suspended", "active")


def operations_of(deps: DepsIn) -> Operations:
    """The ports of this application."""
    return deps.operations


OperationsIn = Annotated[Operations, Depends(operations_of)]


@router.get("/report", response_model=ReportView)
async def report(_actor: Reader, operations: OperationsIn) -> ReportView:
    """Services, bus and database now, compared with the thresholds of docs/operating.md.

    Takes up to 20 seconds where something does not answer; such a part is a finding and hides no other one.
    """
    return ReportView.of(await operations.inspector.examine())


@router.get("/domains", response_model=OperatedDomainListView)
async def domains(_actor: Reader, operations: OperationsIn) -> OperatedDomainListView:
    """Checkout domains of all organizations, those that need attention first."""
    known = sorted(operations.domains(), key=_urgency)
    return OperatedDomainListView(domains=[_domain(each) for each in known[:DOMAINS_MAX]], total=len(known))


@router.get("/notifications", response_model=FailingTargetListView)
async def notifications(_actor: Reader, deps: DepsIn) -> FailingTargetListView:
    """Servers of merchants that do not take their notifications, of all organizations."""
    found = await deps.rpc.call(LIST_FAILING_TARGETS, Empty(), actor=OPERATOR)
    return FailingTargetListView.model_validate(found)


def _urgency(domain: DomainConfig) -> tuple[int, str]:
    return _ORDER.index(domain.state), domain.name


def _domain(domain: DomainConfig) -> OperatedDomainView:
    return OperatedDomainView(
        name=domain.name,
        organization_id=domain.organization_id,
        site_id=domain.site_id,
        state=domain.state,
        certificate="allowed" if domain.state == "active" else "refused",
    )
