"""A look at DNS decides whether a domain may be used."""

from domains.domain.dns import judge
from domains.domain.domain import Domain
from domains.errors import DomainSuspended
from domains.ports import Dns
from domains.use_cases.events import emit_domain_event, publish_record
from domains.use_cases.find_domain import find_registered
from gateway_contracts.aggregates import Scope
from gateway_contracts.events.domain import DomainActivatedV1
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork


async def verify_domain(
    domain_id: str, *, scope: Scope, target: str, dns: Dns, uow: UnitOfWork, store: Store[Domain]
) -> Domain:
    """The domain as DNS now says it is, with what is still missing. May be repeated at will.

    Raises:
        DomainNotFound: the caller has no such domain.
        DomainSuspended: its site is gone.
        ChangedMeanwhile: it was changed at the same moment.
        TooManyChecks: too many of the organization are under way.
    """
    domain = await find_registered(domain_id, scope=scope, store=store)
    if domain.state == "suspended":
        raise DomainSuspended
    answer = await dns.look_up(domain.name, organization_id=scope.organization_id)
    verdict = judge(answer, name=domain.name, target=target)

    async def work(tx: Tx) -> Domain:
        checked = store.replace(tx, domain, domain.checked(verdict, at=tx.now))
        publish_record(tx, checked)
        if checked.state == "active" and domain.state != "active":
            emit_domain_event(tx, DomainActivatedV1, checked)
        return checked

    return await uow.run(work)
