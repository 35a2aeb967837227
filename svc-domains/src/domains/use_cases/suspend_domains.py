"""A deleted site takes its domains out of service."""

from typing import Final

from domains.ports import DomainStore
from domains.use_cases.announce import publish
from gateway_kit.mongo.unit_of_work import InboxKey, Tx, UnitOfWork

CONSUMER: Final = "domains-on-site-deleted"


async def suspend_domains(
    organization_id: str, site_id: str, *, event_id: str, uow: UnitOfWork, store: DomainStore
) -> int:
    """How many were suspended. Idempotent on the event id.

    Raises:
        AlreadyHandled: the event was handled before.
        DomainChanged: one of them was changed at the same moment.
    """

    async def work(tx: Tx) -> int:
        domains = [
            domain for domain in await store.of_site(tx, organization_id, site_id) if domain.state != "suspended"
        ]
        for domain in domains:
            suspended = domain.suspended()
            await store.change(tx, suspended)
            publish(tx, suspended)
        return len(domains)

    return await uow.run(work, inbox=InboxKey(CONSUMER, event_id))
