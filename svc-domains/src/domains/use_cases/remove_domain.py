"""A merchant gives a domain up; from then on anybody may register the name."""

from domains.domain.domain import Domain
from domains.errors import DomainNotFound
from domains.ports import DomainStore, TenantScope
from domains.use_cases.announce import emit, publish
from gateway_contracts.events.domain import DomainRemovedV1
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx, UnitOfWork


async def remove_domain(
    domain_id: str, *, scope: TenantScope, operation_id: str, uow: UnitOfWork, store: DomainStore
) -> Domain:
    """The removed domain. Idempotent on the operation id.

    Raises:
        DomainNotFound: the caller has no such domain.
        DomainChanged: somebody changed it at the same moment.
    """
    domain = await store.find(scope, domain_id)

    async def work(tx: Tx) -> Domain:
        if domain.removed:
            raise DomainNotFound
        gone = domain.gone()
        await store.change(tx, gone)
        publish(tx, gone)
        emit(tx, DomainRemovedV1, gone)
        return gone

    try:
        return await uow.run(work, operation=Operation(operation_id, domain_id))
    except OperationReplayed as replayed:
        return await store.find(scope, replayed.entity_id)
