"""Composition root: the only module that knows everything."""

import asyncio
from typing import Any

from beanie import init_beanie
from pymongo.asynchronous.database import AsyncDatabase

from admin_api.edge.dependencies import Deps, Origins
from admin_api.edge.key_look_ups import LOOK_UP_POLICY
from admin_api.edge.ports import AllPorts
from admin_api.encryption.store.dek_store import MongoDekStore
from admin_api.encryption.use_cases.provision_keys import provision_keys, republish_configuration
from admin_api.encryption.work import open_encryption, work_on_encryption
from admin_api.payments.consumers import transaction_succeeded
from admin_api.payments.store import documents as payment_documents
from admin_api.payments.store.client_store import MongoClientStore
from admin_api.people.opening import announce_bootstrap, open_sessions
from admin_api.people.ports import SessionAccess
from admin_api.people.store.member_store import MongoMemberStore
from admin_api.people.web.session_dependencies import LOGIN_POLICY, REFRESH_POLICY
from admin_api.settings import Settings
from admin_api.shared.store.audit_log import MongoAuditLog
from admin_api.shared.store.idempotency_store import MongoIdempotencyStore
from admin_api.shared.use_cases.tell_refusals import tell_refusals
from admin_api.tenancy.store import documents as tenancy_documents
from admin_api.tenancy.store.api_key_store import MongoApiKeyStore
from admin_api.tenancy.store.documents import OrganizationDocument, ProviderDocument, SiteDocument
from admin_api.tenancy.store.record_store import MongoRecordStore
from admin_api.web.application import create_application
from gateway_contracts.clock import Clock
from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.http.asgi import ASGIApp
from gateway_kit.http.edge import edge
from gateway_kit.http.rate_limit import KEY_POLICY, OPEN_PATHS, AddressLimits
from gateway_kit.limits.buckets import Buckets
from gateway_kit.limits.opening import address_rules, open_limits
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.service import Runtime

SERVICE = "svc-admin-api"
CADDY_PATHS = ("/api/v1/domains/verify", "/api/v1/domains/acme-challenge/")
"""What Caddy and certificate authorities ask, on their own account."""
TELL_INTERVAL_S = 10.0
"""How soon a refused key is told of."""
log = get_logger(__name__)


async def open_tenancy(db: AsyncDatabase[dict[str, Any]], uow: UnitOfWork, keyring: Keyring, clock: Clock) -> AllPorts:
    """The ports around this service's database."""
    models = [*tenancy_documents.DOCUMENTS, *payment_documents.DOCUMENTS]
    await init_beanie(database=db, document_models=models, skip_indexes=True)
    return AllPorts(
        uow=uow,
        organizations=MongoRecordStore(OrganizationDocument, OrganizationConfig),
        sites=MongoRecordStore(SiteDocument, SiteConfig),
        providers=MongoRecordStore(ProviderDocument, ProviderConfig),
        api_keys=MongoApiKeyStore(),
        clients=MongoClientStore(),
        members=MongoMemberStore(db),
        deks=MongoDekStore(db),
        audit=MongoAuditLog(db, keyring),
        keyring=keyring,
        clock=clock,
    )


async def build(runtime: Runtime) -> ASGIApp:
    """Register the consumer, bring keys and configuration up to date, and return the HTTP application."""
    settings = runtime.settings
    assert isinstance(settings, Settings)
    tenancy = await open_tenancy(runtime.db, runtime.uow, runtime.keyring, runtime.clock)

    runtime.consume(transaction_succeeded.router(tenancy))
    await provision_keys(tenancy=tenancy)
    log.info("config.republished", records=await republish_configuration(tenancy=tenancy))
    encryption = await open_encryption(runtime, tenancy)
    work_on_encryption(runtime, encryption)
    sessions = open_sessions(
        tenancy,
        runtime.db,
        system_encryption_key=settings.system_encryption_key.get_secret_value(),
        frontend_origin=settings.admin_frontend_origin,
    )
    await announce_bootstrap(sessions)
    rules = address_rules(settings, open_paths=OPEN_PATHS + CADDY_PATHS)
    limits = await open_limits(runtime, rules, KEY_POLICY, LOGIN_POLICY, REFRESH_POLICY, LOOK_UP_POLICY)
    deps = _deps(runtime, settings, tenancy, sessions, limits)
    _watch_refusals(runtime, deps)
    application = create_application(deps)
    application.state.encryption = encryption
    return edge(
        AddressLimits(application, limits, rules),
        trusted_proxies=settings.trusted_proxy_addresses,
        is_https=settings.admin_backend_origin.startswith("https://"),
        traces=runtime.traces,
    )


def _watch_refusals(runtime: Runtime, deps: Deps) -> None:
    """Tell of refused keys now and then, and what is left at the end."""

    async def tell_the_rest() -> None:
        await tell_refusals(deps.refusals, tenancy=deps.tenancy, is_last=True)

    async def tell_for_ever() -> None:
        while True:
            await asyncio.sleep(TELL_INTERVAL_S)
            await tell_refusals(deps.refusals, tenancy=deps.tenancy)

    runtime.background("refused-keys", tell_for_ever)
    runtime.on_close(tell_the_rest)


def _deps(runtime: Runtime, settings: Settings, tenancy: AllPorts, sessions: SessionAccess, limits: Buckets) -> Deps:
    return Deps(
        tenancy=tenancy,
        rpc=runtime.rpc,
        documents=runtime.documents,
        idempotency=MongoIdempotencyStore(runtime.db),
        domain_config=runtime.config.domain,
        health=runtime.health,
        origins=Origins(
            main_frontend=settings.main_frontend_origin.rstrip("/"),
            main_backend=settings.main_backend_origin.rstrip("/"),
            admin_frontend=settings.admin_frontend_origin.rstrip("/"),
        ),
        is_development=settings.is_development,
        pause=asyncio.sleep,
        sessions=sessions,
        limits=limits,
    )
