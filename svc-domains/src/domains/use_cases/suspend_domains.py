"""A deleted site takes its domains out of service."""

from typing import Final

from domains.domain.domain import Domain
from domains.use_cases.events import publish_record
from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import InboxKey, Tx, UnitOfWork

CONSUMER: Final = "domains-on-site-deleted"


async def suspend_domains(
    organization_id: str, site_id: str, *, event_id: str, uow: UnitOfWork, store: Store[Domain]
) -> int:
    """How many were suspended. Idempotent on the event id.

    Raises:
        AlreadyHandled: the event was handled before.
    """

    scope = Scope(organization_id, site_id=site_id)

    async def work(tx: Tx) -> int:
        domains = await store.find(tx, scope, {"removed": False, "state": {"$ne": "suspended"}})
        for domain in domains:
            publish_record(tx, store.replace(tx, domain, domain.suspended()))
        return len(domains)

    return await uow.run(work, inbox=InboxKey(CONSUMER, event_id))
