"""Remove a domain; from then on any organization may register the name."""

from domains.domain.domain import Domain
from domains.errors import DomainNotFound
from domains.use_cases.events import emit_domain_event, publish_record
from domains.use_cases.find_domain import find_domain
from gateway_contracts.aggregates import Scope
from gateway_contracts.events.domain import DomainRemovedV1
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx, UnitOfWork


async def remove_domain(
    domain_id: str, *, scope: Scope, operation_id: str, uow: UnitOfWork, store: Store[Domain]
) -> Domain:
    """The removed domain. Idempotent on the operation id.

    Raises:
        DomainNotFound: the caller has no such domain.
        ChangedMeanwhile: it was changed at the same moment.
    """
    domain = await find_domain(domain_id, scope=scope, store=store)

    async def work(tx: Tx) -> Domain:
        if domain.removed:
            raise DomainNotFound
        gone = store.replace(tx, domain, domain.gone())
        publish_record(tx, gone)
        emit_domain_event(tx, DomainRemovedV1, gone)
        return gone

    try:
        return await uow.run(work, operation=Operation(operation_id, domain_id))
    except OperationReplayed as replayed:
        return await find_domain(replayed.entity_id, scope=scope, store=store)
