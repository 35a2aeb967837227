"""Stored objects as their organization sees them."""

from typing import get_args

from gateway_contracts.notification_fields import NoticeKind
from gateway_contracts.requests.notify import (
    AttemptRecord,
    DefaultTemplates,
    NotificationRecord,
    SettingsRecord,
    TemplateRecord,
)
from gateway_kit.crypto.errors import DecryptionFailed
from notify.adapters.templates.default import default_keys, default_sources
from notify.domain.facts import VARIABLES
from notify.domain.message import Message
from notify.domain.setting import NotificationSettings
from notify.domain.signing import record_name, record_of
from notify.domain.template import Template
from notify.ports import Deps
from notify.use_cases.settings_of import mail_server_of, team_of


def notification_of(message: Message, deps: Deps) -> NotificationRecord:
    """A message without its content."""
    last = message.attempts[-1] if message.attempts else None
    return NotificationRecord(
        id=message.id,
        event=message.kind,
        channel=message.channel,
        audience=message.audience,
        state="failed" if message.state == "set_aside" else message.state,
        recipient=_recipient(message, deps),
        object_id=message.object_id,
        requested=message.requested,
        template_id=message.template_id,
        attempts=tuple(AttemptRecord(**vars(attempt)) for attempt in message.attempts),
        error=last.error if last and message.state != "sent" else None,
        next_attempt_at=message.due_at if message.state == "waiting" else None,
        sent_at=message.sent_at,
        livemode=message.livemode,
        correlation_id=message.correlation_id,
        created_at=message.created_at,
        kept_until=message.kept_until,
    )


def _recipient(message: Message, deps: Deps) -> str | None:
    """The address of a mail. The URL of a webhook is a secret; one address that does not decrypt hides no list."""
    if message.channel == "slack":
        return None
    try:
        return deps.sealer.open(message.recipient, message.organization_id, message.PLACE, message.id, "recipient")
    except DecryptionFailed:
        return None


def settings_record(settings: NotificationSettings, deps: Deps) -> SettingsRecord:
    """Settings without secrets."""
    plain = {name: getattr(settings, name) for name in SettingsRecord.model_fields if hasattr(settings, name)}
    server = mail_server_of(settings, "", deps)
    domain, selector, public = settings.dkim_domain, settings.dkim_selector, settings.dkim_public
    return SettingsRecord(
        **{
            **plain,
            "id": settings.organization_id,
            "team_addresses": team_of(settings, deps.sealer),
            "has_smtp_password": settings.smtp_password is not None,
            "has_slack_webhook": settings.slack_webhook_url is not None,
            "dkim_record_name": record_name(domain, selector) if domain and selector else None,
            "dkim_record": record_of(public) if public else None,
            "can_send_mail": server is not None,
        }
    )


def template_record(template: Template) -> TemplateRecord:
    """One revision."""
    return TemplateRecord(
        id=template.id,
        event=template.kind,
        channel=template.channel,
        language=template.language,
        revision=template.revision,
        state=template.state,
        subject=template.subject,
        html=template.html,
        text=template.text,
        created_at=template.created_at,
        published_at=template.published_at,
    )


def default_records() -> DefaultTemplates:
    """The templates of organizations without their own."""
    made = []
    for key in default_keys():
        sources = default_sources(key.kind, key.channel)
        made.append(
            TemplateRecord(
                event=key.kind,
                channel=key.channel,
                language=key.language,
                state="default",
                subject=sources.subject,
                html=sources.html,
                text=sources.text,
            )
        )
    return DefaultTemplates(
        templates=tuple(made), variables={str(kind): VARIABLES[kind] for kind in get_args(NoticeKind)}
    )
