"""The composition root of svc-domains."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from domains.adapters.edge import TlsEdge
from domains.adapters.names import WorldNames
from domains.adapters.resolver import DnsResolver
from domains.consumers import tenancy_events
from domains.domain.domain import Domain
from domains.rpc.handlers import Handlers
from domains.settings import Settings
from domains.store.documents import DOCUMENTS, DomainDocument
from domains.use_cases.check_certificate import check_certificate, watch_earlier_domains, watched
from domains.use_cases.list_certificates import count_late, count_missing, count_unchecked
from domains.use_cases.rebuild_config import rebuild_config
from gateway_contracts.requests.domains import (
    GET_DOMAIN,
    LIST_CERTIFICATES,
    LIST_DOMAINS,
    REGISTER_DOMAIN,
    REMOVE_DOMAIN,
    VERIFY_DOMAIN,
)
from gateway_kit.logging import get_logger
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.due_rows import redriver
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.store import Store
from gateway_kit.passes import Pass, PassLimits
from gateway_kit.service import Runtime

SERVICE: Final = "svc-domains"
LOOK_INTERVAL_S: Final = 10.0
# A handshake may take most of a minute where the edge gets a certificate meanwhile.
_LIMITS: Final = PassLimits(at_once=8, at_once_per_tenant=2, reserve=2)

log = get_logger(__name__)


async def build(runtime: Runtime) -> None:
    """Registers what the service answers and consumes, after the configuration was made equal to the database."""
    settings = runtime.settings
    assert isinstance(settings, Settings), "svc-domains runs with its own settings"
    await bind_documents(runtime.db, DOCUMENTS)
    store: Store[Domain] = Store(DomainDocument, MongoRows(DomainDocument))
    names = WorldNames()
    target = names.to_ascii(settings.main_frontend_domain)
    changed = await rebuild_config(runtime.config.domains(), uow=runtime.uow, store=store)
    log.info("domains.config_rebuilt", changed=changed)
    handlers = Handlers(
        target=target,
        # The gateway's other hosts and cookies live in the same zone.
        reserved=(names.own_zone(target), *settings.reserved),
        names=names,
        dns=DnsResolver(settings.resolvers, deadline_s=settings.dns_deadline_s),
        sites=runtime.config,
        uow=runtime.uow,
        store=store,
        clock=runtime.clock,
    )
    await _watch_certificates(runtime, settings, store)
    runtime.serve(REGISTER_DOMAIN, handlers.register)
    runtime.serve(VERIFY_DOMAIN, handlers.verify)
    runtime.serve(GET_DOMAIN, handlers.read)
    runtime.serve(LIST_DOMAINS, handlers.list)
    runtime.serve(REMOVE_DOMAIN, handlers.remove)
    runtime.serve(LIST_CERTIFICATES, handlers.list_certificates)
    runtime.consume(tenancy_events.router(uow=runtime.uow, store=store))


async def _watch_certificates(runtime: Runtime, settings: Settings, store: Store[Domain]) -> None:
    """Look at the edge in the background, and count what is missing; nothing without the edge's address."""
    rows = watched(store)
    runtime.set_aside.on_redrive(rows.source, redriver(runtime.clock, rows))
    if settings.edge is None:
        return
    await watch_earlier_domains(store=store, now=runtime.clock.now())
    looks = Pass(
        "check-certificates",
        rows=rows,
        work=partial(check_certificate, edge=TlsEdge(*settings.edge), store=store, clock=runtime.clock),
        clock=runtime.clock,
        letters=runtime.set_aside,
        limits=_LIMITS,
    )
    runtime.background(looks.name, partial(looks.run, LOOK_INTERVAL_S))
    _add_gauges(runtime, store)


def _add_gauges(runtime: Runtime, store: Store[Domain]) -> None:
    async def missing() -> Mapping[str, float]:
        return {"": await count_missing(store=store, now=runtime.clock.now())}

    async def late() -> Mapping[str, float]:
        return {"": await count_late(store=store, now=runtime.clock.now())}

    async def unchecked() -> Mapping[str, float]:
        return {"": await count_unchecked(store=store)}

    gauge = runtime.metrics.gauge
    gauge("gateway_certificates_missing", "Active domains without a valid certificate, counted to 10,000", missing)
    gauge("gateway_certificates_late", "Active domains whose certificate should have been renewed", late)
    gauge("gateway_certificates_unchecked", "Active domains for which the edge took no connection", unchecked)
