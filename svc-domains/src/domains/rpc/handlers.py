"""Answers requests; the caller's rights and tenant are decided here, once."""

from dataclasses import dataclass

from domains.domain.domain import Domain
from domains.ports import Dns, Names, Sites
from domains.use_cases.find_domain import find_registered
from domains.use_cases.list_certificates import list_certificates, record_of
from domains.use_cases.list_domains import list_domains
from domains.use_cases.register_domain import register_domain
from domains.use_cases.remove_domain import remove_domain
from domains.use_cases.verify_domain import verify_domain
from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import Clock
from gateway_contracts.domain_problems import problem_text
from gateway_contracts.errors import Forbidden, Invalid
from gateway_contracts.ids import is_object_id, new_operation_id
from gateway_contracts.requests.domains import (
    DomainCertificates,
    DomainPage,
    DomainQuery,
    DomainRecord,
    DomainRef,
    RegisterDomain,
)
from gateway_contracts.rpc import Call, Empty
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.set_aside import OPERATOR


def tenant_scope(actor: Actor, scope: str) -> Scope:
    """Scope of domains that this caller may use.

    Raises:
        Forbidden: the scope is missing, or the caller belongs to no organization.
    """
    actor.require(scope)
    if not actor.organization_id:
        raise Forbidden("this credential belongs to no organization", code="ORGANIZATION_REQUIRED")
    return Scope(actor.organization_id, site_id=actor.site_id)


@dataclass(frozen=True, kw_only=True)
class Handlers:
    """One method per request method. ``target`` is what merchants' CNAME records must point to."""

    target: str
    reserved: tuple[str, ...]
    names: Names
    dns: Dns
    sites: Sites
    uow: UnitOfWork
    store: Store[Domain]
    clock: Clock

    async def register(self, request: RegisterDomain, call: Call) -> DomainRecord:
        """``domain:create``."""
        scope = tenant_scope(call.actor, "domain:create")
        if not is_object_id(request.domain_id):
            raise Invalid.field("domainId", "must be an object id")
        return self._record(
            await register_domain(
                request,
                scope=scope,
                operation_id=call.operation_id or new_operation_id(),
                reserved=self.reserved,
                names=self.names,
                sites=self.sites,
                uow=self.uow,
                store=self.store,
            )
        )

    async def verify(self, request: DomainRef, call: Call) -> DomainRecord:
        """``domain:execute``."""
        scope = tenant_scope(call.actor, "domain:execute")
        return self._record(
            await verify_domain(
                request.domain_id, scope=scope, target=self.target, dns=self.dns, uow=self.uow, store=self.store
            )
        )

    async def read(self, request: DomainRef, call: Call) -> DomainRecord:
        """``domain:read``."""
        scope = tenant_scope(call.actor, "domain:read")
        return self._record(await find_registered(request.domain_id, scope=scope, store=self.store))

    async def list(self, request: DomainQuery, call: Call) -> DomainPage:
        """``domain:read``."""
        scope = tenant_scope(call.actor, "domain:read")
        page = await list_domains(request, scope=scope, store=self.store)
        return DomainPage(
            domains=tuple(self._record(domain) for domain in page.rows),
            **page.facts(request),
        )

    async def remove(self, request: DomainRef, call: Call) -> DomainRecord:
        """``domain:delete``."""
        scope = tenant_scope(call.actor, "domain:delete")
        return self._record(
            await remove_domain(
                request.domain_id,
                scope=scope,
                operation_id=call.operation_id or new_operation_id(),
                uow=self.uow,
                store=self.store,
            )
        )

    async def list_certificates(self, _request: Empty, call: Call) -> DomainCertificates:
        """For operators, over all organizations.

        Raises:
            Forbidden: the caller is no operator.
        """
        if call.actor != OPERATOR:
            raise Forbidden("only operators see the domains of all organizations")
        return await list_certificates(store=self.store, now=self.clock.now())

    def _record(self, domain: Domain) -> DomainRecord:
        code = domain.problem_code
        shown = {
            "problem": domain.problem if code is None else problem_text(code, domain.problem_values),
            "state": "removed" if domain.removed else domain.state,
            "cname_target": self.target,
            "certificate": record_of(domain.certificate, self.clock.now()),
        }
        return DomainRecord(**{**vars(domain), **shown})
