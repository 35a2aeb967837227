"""Facts about sites."""

from collections.abc import Awaitable, Callable
from typing import Any

from domains.domain.domain import Domain
from domains.use_cases.suspend_domains import suspend_domains
from gateway_contracts.envelope import Envelope
from gateway_kit.logging import get_logger
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import UnitOfWork

log = get_logger(__name__)


def on_site_deleted(*, uow: UnitOfWork, store: Store[Domain]) -> Callable[[Envelope[Any]], Awaitable[None]]:
    """The handler."""

    async def handle(event: Envelope[Any]) -> None:
        count = await suspend_domains(
            event.organization_id, event.data.object_id, event_id=event.id, uow=uow, store=store
        )
        log.info("domains.suspended", site_id=event.data.object_id, count=count)

    return handle
