"""Composition root: the only module that knows everything."""

import asyncio

from admin_api.edge.dependencies import Deps, Origins
from admin_api.edge.key_look_ups import LOOK_UP_POLICY, BucketLookUps
from admin_api.edge.ports import AllPorts
from admin_api.encryption.store import documents as encryption_documents
from admin_api.encryption.use_cases.provision_keys import provision_keys, republish_configuration
from admin_api.encryption.work import open_encryption, work_on_encryption
from admin_api.events.opening import open_events
from admin_api.events.ports import Events
from admin_api.operations.opening import open_operations
from admin_api.payments.consumers import transaction_succeeded
from admin_api.payments.store import documents as payment_documents
from admin_api.payments.store.clients import Clients
from admin_api.payments.store.documents import ClientDocument
from admin_api.people.opening import announce_bootstrap, open_sessions
from admin_api.people.ports import SessionAccess
from admin_api.people.store import documents as people_documents
from admin_api.people.store.documents import MemberDocument, PersonDocument
from admin_api.people.store.members import Members
from admin_api.people.web.session_dependencies import LOGIN_POLICY, REFRESH_POLICY
from admin_api.settings import Settings
from admin_api.shared.store import documents as shared_documents
from admin_api.shared.store.audit_log import AuditLog
from admin_api.shared.store.documents import IdempotencyDocument
from admin_api.shared.use_cases.report_refusals import report_refusals
from admin_api.tenancy.store import documents as tenancy_documents
from admin_api.tenancy.store.api_keys import ApiKeys
from admin_api.tenancy.store.data_keys import DataKeys
from admin_api.tenancy.store.documents import (
    ApiKeyDocument,
    DataKeyDocument,
    OrganizationDocument,
    ProviderDocument,
    SiteDocument,
)
from admin_api.tenancy.store.records import Records
from admin_api.web.application import create_application
from gateway_contracts.clock import Clock
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.http.asgi import ASGIApp
from gateway_kit.http.edge import edge
from gateway_kit.http.rate_limit import KEY_POLICY, OPEN_PATHS, AddressLimits
from gateway_kit.limits.buckets import Buckets
from gateway_kit.limits.opening import address_rules, open_limits
from gateway_kit.logging import get_logger
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.rows import MongoRows, RowsOf
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.nats.stream_reader import StreamReader
from gateway_kit.service import Runtime

SERVICE = "svc-admin-api"
CADDY_PATHS = ("/api/v1/domains/verify", "/api/v1/domains/acme-challenge/")
"""Paths that Caddy and certificate authorities request."""
REPORT_INTERVAL_S = 10.0
"""Seconds between two reports of refused keys."""
log = get_logger(__name__)


DOCUMENTS = (
    *shared_documents.DOCUMENTS,
    *tenancy_documents.DOCUMENTS,
    *people_documents.DOCUMENTS,
    *payment_documents.DOCUMENTS,
    *encryption_documents.DOCUMENTS,
)


def open_tenancy(uow: UnitOfWork, keyring: Keyring, clock: Clock, rows: RowsOf = MongoRows) -> AllPorts:
    """The ports over the documents' rows; those of MongoDB are bound to a database before."""
    return AllPorts(
        uow=uow,
        organizations=Records(OrganizationDocument, rows(OrganizationDocument)),
        sites=Records(SiteDocument, rows(SiteDocument)),
        providers=Records(ProviderDocument, rows(ProviderDocument)),
        api_keys=ApiKeys(ApiKeyDocument, rows(ApiKeyDocument)),
        clients=Clients(ClientDocument, rows(ClientDocument)),
        members=Members(MemberDocument, rows(MemberDocument)),
        persons=GlobalStore(PersonDocument, rows(PersonDocument)),
        deks=DataKeys(DataKeyDocument, rows(DataKeyDocument)),
        audit=AuditLog(rows, keyring),
        keyring=keyring,
        clock=clock,
    )


async def build(runtime: Runtime) -> ASGIApp:
    """Register the consumer, bring keys and configuration up to date, and return the HTTP application."""
    settings = runtime.settings
    assert isinstance(settings, Settings)
    await bind_documents(runtime.db, DOCUMENTS)
    tenancy = open_tenancy(runtime.uow, runtime.keyring, runtime.clock)

    runtime.consume(transaction_succeeded.router(tenancy))
    await provision_keys(tenancy=tenancy)
    log.info("config.republished", records=await republish_configuration(tenancy=tenancy))
    encryption = await open_encryption(runtime, tenancy)
    work_on_encryption(runtime, encryption, tenancy, DOCUMENTS)
    sessions = open_sessions(
        tenancy,
        system_encryption_key=settings.system_encryption_key.get_secret_value(),
        frontend_origin=settings.admin_frontend_origin,
    )
    await announce_bootstrap(sessions)
    rules = address_rules(settings, open_paths=OPEN_PATHS + CADDY_PATHS)
    limits = await open_limits(runtime, rules, KEY_POLICY, LOGIN_POLICY, REFRESH_POLICY, LOOK_UP_POLICY)
    events = open_events(
        StreamReader(runtime.nc),
        runtime.clock,
        system_search_hash_key=settings.system_search_hash_key.get_secret_value(),
        streams_max=settings.event_streams_max,
    )
    runtime.on_stopping(events.streams.close)
    deps = _deps(runtime, settings, tenancy, sessions, limits, events)
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
        await report_refusals(deps.refusals, tenancy=deps.tenancy, is_last=True)

    async def tell_for_ever() -> None:
        while True:
            await asyncio.sleep(REPORT_INTERVAL_S)
            await report_refusals(deps.refusals, tenancy=deps.tenancy)

    runtime.background("refused-keys", tell_for_ever)
    runtime.on_close(tell_the_rest)


def _deps(
    runtime: Runtime,
    settings: Settings,
    tenancy: AllPorts,
    sessions: SessionAccess,
    limits: Buckets,
    events: Events,
) -> Deps:
    return Deps(
        tenancy=tenancy,
        rpc=runtime.rpc,
        documents=runtime.documents,
        idempotency=GlobalStore(IdempotencyDocument, MongoRows(IdempotencyDocument)),
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
        look_ups=BucketLookUps(limits),
        events=events,
        operations=open_operations(runtime, settings),
        trace_viewer=settings.trace_viewer_url,
    )
