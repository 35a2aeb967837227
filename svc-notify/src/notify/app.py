"""The composition root of svc-notify."""

import secrets
from datetime import timedelta
from functools import partial
from typing import Any, Final

from gateway_contracts.requests.notify import (
    CHANGE_TEMPLATE,
    CREATE_TEMPLATE,
    DELETE_TEMPLATE,
    GET_NOTIFICATION,
    GET_SETTINGS,
    GET_TEMPLATE,
    LIST_DEFAULT_TEMPLATES,
    LIST_NOTIFICATIONS,
    LIST_TEMPLATES,
    PREVIEW_TEMPLATE,
    PUBLISH_TEMPLATE,
    PUT_SETTINGS,
    RESEND_NOTIFICATION,
    SEND_DOCUMENT,
    SEND_TEST,
)
from gateway_kit.http.outbound import OutboundClient, OutboundLimits
from gateway_kit.http.outbound_sockets import OutboundSockets
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.due_rows import redriver
from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from gateway_kit.mongo.store import Store
from gateway_kit.passes import Pass, PassLimits
from gateway_kit.service import Runtime
from notify.adapters.channels import InstalledChannels
from notify.adapters.dkim_keys import new_pair
from notify.adapters.organizations import ConfiguredOrganizations
from notify.adapters.owners import InvoiceDocuments, OwnedPayments
from notify.adapters.pace import SendingPace
from notify.adapters.sealer import KeyringSealer
from notify.adapters.templates.renderer import TemplateRenderer
from notify.consumers import events
from notify.ports import Deps
from notify.rpc.handlers import Handlers
from notify.settings import Settings
from notify.store.documents import DOCUMENTS, stores_over
from notify.use_cases.deliver_message import deliver_message

SERVICE: Final = "svc-notify"
_DEADLINE_S: Final = 60
_LEASE: Final = timedelta(minutes=2)
# The dispatcher gives the places.
_SLACK_LIMITS: Final = OutboundLimits(connections=0, connections_per_host=0)


async def build(runtime: Runtime) -> None:
    """Register what the service answers, consumes and does in the background."""
    settings = runtime.settings
    assert isinstance(settings, Settings), "svc-notify runs with its own settings"
    await bind_documents(runtime.db, DOCUMENTS)
    deps = _deps(runtime, settings)
    runtime.consume(events.router(deps))
    _answer(runtime, Handlers(deps))
    interval_s = settings.notify_interval_s
    limits = PassLimits(
        at_once=settings.notify_concurrency,
        at_once_per_tenant=settings.notify_concurrency_per_organization,
        reserve=settings.notify_concurrency // 4,
        deadline_s=_DEADLINE_S,
        lease=_LEASE,
    )
    _deliver("deliver-messages", deps.stores.messages, limits, runtime, deps, interval_s=interval_s)
    few = PassLimits(at_once=2, at_once_per_tenant=2, reserve=0, deadline_s=_DEADLINE_S, lease=_LEASE)
    _deliver("deliver-operator-messages", deps.stores.operator_messages, few, runtime, deps, interval_s=interval_s)
    runtime.reencrypt(encrypted_collections(DOCUMENTS))


def _deliver(
    name: str, store: Store[Any], limits: PassLimits, runtime: Runtime, deps: Deps, *, interval_s: float
) -> None:
    rows = store.claim_due("deliver", due="due_at", where={"state": "waiting"}, state="state")
    delivery = Pass(
        name,
        rows=rows,
        work=partial(deliver_message, deps=deps),
        clock=runtime.clock,
        letters=runtime.set_aside,
        limits=limits,
    )
    runtime.background(delivery.name, lambda: delivery.run(interval_s))
    runtime.set_aside.on_redrive(rows.source, redriver(runtime.clock, rows))


def _deps(runtime: Runtime, settings: Settings) -> Deps:
    sockets = OutboundSockets()
    outbound = OutboundClient(allow_private=settings.notify_allow_private_targets, limits=_SLACK_LIMITS)
    runtime.on_close(sockets.aclose)
    runtime.on_close(outbound.aclose)
    return Deps(
        uow=runtime.uow,
        stores=stores_over(),
        sealer=KeyringSealer(runtime.keyring),
        clock=runtime.clock,
        channels=InstalledChannels(
            installation_server=settings.installation_server,
            sockets=sockets,
            outbound=outbound,
            clock=runtime.clock,
            slack_hosts=settings.slack_hosts,
            places=settings.notify_concurrency,
            allow_private=settings.notify_allow_private_targets,
            allow_plain=settings.notify_allow_plain_smtp,
        ),
        documents=InvoiceDocuments(runtime.rpc, runtime.documents, service=SERVICE),
        payments=OwnedPayments(runtime.rpc, service=SERVICE),
        organizations=ConfiguredOrganizations(runtime.config, installation=settings.installation_name),
        renderer=TemplateRenderer(),
        pace=SendingPace(settings.notify_per_minute_per_organization),
        jitter=lambda: secrets.randbelow(100) / 100,
        operators_language=settings.notify_language,
        new_dkim_pair=new_pair,
    )


def _answer(runtime: Runtime, handlers: Handlers) -> None:
    runtime.serve(SEND_DOCUMENT, handlers.send_document)
    runtime.serve(SEND_TEST, handlers.send_test)
    runtime.serve(LIST_NOTIFICATIONS, handlers.list_notifications)
    runtime.serve(GET_NOTIFICATION, handlers.get_notification)
    runtime.serve(RESEND_NOTIFICATION, handlers.resend)
    runtime.serve(GET_SETTINGS, handlers.get_settings)
    runtime.serve(PUT_SETTINGS, handlers.put_settings)
    runtime.serve(LIST_TEMPLATES, handlers.list_templates)
    runtime.serve(LIST_DEFAULT_TEMPLATES, handlers.list_default_templates)
    runtime.serve(GET_TEMPLATE, handlers.get_template)
    runtime.serve(CREATE_TEMPLATE, handlers.create_template)
    runtime.serve(CHANGE_TEMPLATE, handlers.change_template)
    runtime.serve(PUBLISH_TEMPLATE, handlers.publish_template)
    runtime.serve(DELETE_TEMPLATE, handlers.delete_template)
    runtime.serve(PREVIEW_TEMPLATE, handlers.preview_template)
