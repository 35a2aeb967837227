"""The composition root of svc-domains."""

from typing import Final

from domains.adapters.names import WorldNames
from domains.adapters.resolver import DnsResolver
from domains.consumers import tenancy_events
from domains.domain.domain import Domain
from domains.rpc.handlers import Handlers
from domains.settings import Settings
from domains.store.documents import DOCUMENTS, DomainDocument
from domains.use_cases.rebuild_config import rebuild_config
from gateway_contracts.requests.domains import GET_DOMAIN, LIST_DOMAINS, REGISTER_DOMAIN, REMOVE_DOMAIN, VERIFY_DOMAIN
from gateway_kit.logging import get_logger
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.store import Store
from gateway_kit.service import Runtime

SERVICE: Final = "svc-domains"

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
    )
    runtime.serve(REGISTER_DOMAIN, handlers.register)
    runtime.serve(VERIFY_DOMAIN, handlers.verify)
    runtime.serve(GET_DOMAIN, handlers.read)
    runtime.serve(LIST_DOMAINS, handlers.list)
    runtime.serve(REMOVE_DOMAIN, handlers.remove)
    runtime.consume(tenancy_events.router(uow=runtime.uow, store=store))
