"""An attempt to hand a message over: prepare it, send it, write down what came of it.

A process that dies between sending and writing sends the mail again under the same Message-ID: at least once.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Rejected, Transient
from gateway_kit.fairness import Busy
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from notify.domain.message import Message
from notify.domain.outcome import Outcome, permanent, temporary
from notify.domain.outgoing import ATTACHMENT_BYTES_MAX, Attachment, Outgoing
from notify.domain.schedule import BUSY, PACED
from notify.domain.setting import NotificationSettings
from notify.domain.template import TemplateKey
from notify.errors import TemplateRefused
from notify.ports import Channel, Deps, Names
from notify.use_cases.events import emit_outcome
from notify.use_cases.published_template import published_template
from notify.use_cases.settings_of import mail_server_of, settings_of

log = get_logger(__name__)


@dataclass(frozen=True)
class _Attempted:
    """An attempt and the template that it used."""

    outcome: Outcome
    template_id: str | None = None


async def deliver_message(message: Message, *, deps: Deps) -> datetime | None:
    """When to look again, where no attempt was made; None when one was written down."""
    began = deps.clock.now()
    if not deps.pace.has_room(message.organization_id):
        return began + PACED
    try:
        attempted = await _attempt(message, deps)
    except Busy:
        return began + BUSY
    except Transient:
        # The document is being made, or its owner does not answer.
        if again_at := message.waits_for_document(began):
            return again_at
        attempted = _Attempted(temporary("document_not_ready"))
    except Rejected:
        attempted = _Attempted(permanent("document_missing"))
    await _record(message, attempted, began=began, deps=deps)
    return None


async def _attempt(message: Message, deps: Deps) -> _Attempted:
    settings = await settings_of(message.scope, deps.stores)
    names = deps.organizations.names(Scope(message.organization_id, message.livemode, message.site_id))
    channel = _channel(message, settings, names, deps)
    if channel is None:
        return _Attempted(temporary("mail_not_configured" if message.channel == "email" else "channel_unavailable"))
    if message.content is None:
        return _Attempted(permanent("erased"))
    template = await published_template(message, deps.stores)
    template_id = None if template is None else template.id
    key = TemplateKey(message.kind, message.channel, message.language)
    sources = deps.renderer.default(key) if template is None else template.sources
    facts = json.loads(_opened(message, "content", deps))
    attachments: tuple[Attachment, ...] = ()
    if message.document is not None and message.object_id is not None:
        file = await deps.documents.fetch(message.document, message.object_id, scope=message.scope)
        if len(file.data) > ATTACHMENT_BYTES_MAX:
            return _Attempted(permanent("attachment_too_large"), template_id)
        attachments = (file,)
    try:
        text = deps.renderer.render(sources, key, facts, names)
    except TemplateRefused:
        return _Attempted(permanent("template_refused"), template_id)
    outgoing = Outgoing(
        message.mail_id, message.organization_id, _opened(message, "recipient", deps), text, attachments
    )
    outcome = await channel.send(outgoing)
    deps.pace.note(message.organization_id)
    return _Attempted(outcome, template_id)


def _channel(message: Message, settings: NotificationSettings, names: Names, deps: Deps) -> Channel | None:
    if message.channel == "slack":
        return deps.channels.slack()
    if message.channel != "email":
        return None
    server = mail_server_of(settings, names.organization, deps)
    return None if server is None else deps.channels.mail(server)


def _opened(message: Message, field: str, deps: Deps) -> str:
    value = getattr(message, field)
    return deps.sealer.open(value, message.organization_id, message.PLACE, message.id, field)


async def _record(message: Message, attempted: _Attempted, *, began: datetime, deps: Deps) -> None:
    """Write the outcome on the message as it is by now; a round that is over takes nothing more."""
    store, outcome = deps.stores.of(message), attempted.outcome
    jitter = deps.jitter()

    async def work(tx: Tx) -> Message | None:
        current = await store.get(tx, message.scope, message.id)
        if current is None or current.state != "waiting" or current.round != message.round:
            return None
        after = current.after(outcome, began=began, now=tx.now, jitter=jitter, template_id=attempted.template_id)
        stored: Message = store.replace(tx, current, after)
        emit_outcome(tx, stored, outcome)
        return stored

    stored = await deps.uow.run(work)
    log.info(
        "notification.attempted",
        notification_id=message.id,
        organization_id=message.organization_id,
        kind=message.kind,
        channel=message.channel,
        verdict=outcome.verdict,
        error=outcome.error,
        reply_code=outcome.reply_code,
        state=None if stored is None else stored.state,
    )
