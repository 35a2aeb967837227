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
from gateway_contracts.errors import Transient
from gateway_contracts.requests.domains import LIST_CERTIFICATES, CertificateRecord
from gateway_contracts.requests.ipn import LIST_FAILING_TARGETS
from gateway_contracts.rpc import Empty, Rpc
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
async def domains(_actor: Reader, operations: OperationsIn, deps: DepsIn) -> OperatedDomainListView:
    """Checkout domains of all organizations, those that need attention first, with their certificates."""
    presented = await _presented(deps.rpc)
    shown = [_domain(each, (presented or {}).get(each.name)) for each in operations.domains()]
    shown.sort(key=_urgency)
    return OperatedDomainListView(
        domains=shown[:DOMAINS_MAX], total=len(shown), certificates_known=presented is not None
    )


@router.get("/notifications", response_model=FailingTargetListView)
async def notifications(_actor: Reader, deps: DepsIn) -> FailingTargetListView:
    """Servers of merchants that do not take their notifications, of all organizations."""
    found = await deps.rpc.call(LIST_FAILING_TARGETS, Empty(), actor=OPERATOR)
    return FailingTargetListView.model_validate(found)


async def _presented(rpc: Rpc) -> dict[str, CertificateRecord | None] | None:
    """Certificates by domain; None where svc-domains does not answer."""
    try:
        found = await rpc.call(LIST_CERTIFICATES, Empty(), actor=OPERATOR)
    except Transient:
        return None
    return {each.name: each.certificate for each in found.domains}


def _urgency(domain: OperatedDomainView) -> tuple[bool, int, str]:
    is_bad = domain.presented is not None and domain.presented.state != "valid"
    return not is_bad, _ORDER.index(domain.state), domain.name


def _domain(domain: DomainConfig, presented: CertificateRecord | None) -> OperatedDomainView:
    return OperatedDomainView(
        name=domain.name,
        organization_id=domain.organization_id,
        site_id=domain.site_id,
        state=domain.state,
        certificate="allowed" if domain.state == "active" else "refused",
        presented=presented,
    )
