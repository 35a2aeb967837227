"""A look at the edge shows whether a domain has a certificate."""

from datetime import datetime

from domains.domain.certificate import after_look
from domains.domain.domain import Domain
from domains.ports import Edge
from gateway_contracts.clock import Clock
from gateway_kit.mongo.store import Store
from gateway_kit.passes import DueRows


def watched(store: Store[Domain]) -> DueRows[Domain]:
    """Domains whose certificate is to be looked at: those that customers reach."""
    return store.claim_due("check-certificates", due="certificate_due_at", where={"state": "active", "removed": False})


async def check_certificate(domain: Domain, *, edge: Edge, store: Store[Domain], clock: Clock) -> None:
    """Note what the edge presents. The domain keeps its version: nothing that a merchant decides depends on it."""
    found = await edge.certificate_of(domain.name)
    certificate = after_look(domain.certificate, found, at=clock.now())
    looked = domain.model_copy(update={"certificate": certificate, "certificate_due_at": certificate.next_look()})
    # Meanwhile changed: it is due again as the change has it.
    await store.now.replace(domain, looked, guard=("state", "removed", "certificate_due_at"))


async def watch_earlier_domains(*, store: Store[Domain], now: datetime) -> int:
    """Begin with the domains of versions that knew no certificates; how many there were."""
    count = 0
    while await store.now.fill("certificate_due_at", now, where={"state": "active", "removed": False}):
        count += 1
    return count
