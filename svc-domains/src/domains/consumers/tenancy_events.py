"""Facts about sites."""

from domains.domain.domain import Domain
from domains.use_cases.suspend_domains import CONSUMER, suspend_domains
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.tenancy import SiteDeletedV1
from gateway_kit.logging import get_logger
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.nats.consumers import EventRouter

log = get_logger(__name__)


def router(*, uow: UnitOfWork, store: Store[Domain]) -> EventRouter:
    """The consumers of this module."""
    made = EventRouter()

    @made.subscriber(CONSUMER)
    async def on_site_deleted(event: Envelope[SiteDeletedV1]) -> None:
        """Take the domains of a deleted site out of service."""
        count = await suspend_domains(
            event.organization_id, event.data.object_id, event_id=event.id, uow=uow, store=store
        )
        log.info("domains.suspended", site_id=event.data.object_id, count=count)

    return made
