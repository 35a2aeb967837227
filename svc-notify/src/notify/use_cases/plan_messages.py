"""A notice becomes messages, one for each recipient."""

import json
from datetime import timedelta

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.events.tenancy import OF_INSTALLATION
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.unit_of_work import InboxKey, Tx
from notify.domain.message import Message, OperatorMessage
from notify.domain.notice import Notice, Recipient, key_of, recipients_of
from notify.domain.setting import NotificationSettings
from notify.ports import Deps
from notify.use_cases.settings_of import slack_url_of, team_of


async def plan_messages(notice: Notice, settings: NotificationSettings, *, inbox: InboxKey, deps: Deps) -> int:
    """How many messages were made. Each fact is announced once to each recipient, however often its event comes.

    Raises:
        AlreadyHandled: the event was handled before.
    """
    slack_url = slack_url_of(settings, deps.sealer)
    recipients = list(recipients_of(notice, settings, team=team_of(settings, deps.sealer), slack_url=slack_url))
    return await store_messages(notice, recipients, settings, inbox=inbox, deps=deps)


async def store_messages(
    notice: Notice,
    recipients: list[Recipient],
    settings: NotificationSettings,
    *,
    inbox: InboxKey,
    deps: Deps,
) -> int:
    """The same for given recipients."""
    if not recipients:
        return 0
    scope = Scope(notice.scope.organization_id, notice.scope.mode)
    made = [message_of(notice, recipient, settings, deps=deps) for recipient in recipients]
    store = deps.stores.of(made[0])

    async def work(tx: Tx) -> int:
        known = await store.find(tx, scope, {"key": {"$in": [message.key for message in made]}})
        keys = {message.key for message in known}
        new = {message.key: message for message in made if message.key not in keys}
        for message in new.values():
            store.insert(tx, message, otherwise=ChangedMeanwhile())
        return len(new)

    return await deps.uow.run(work, inbox=inbox)


def message_of(
    notice: Notice,
    recipient: Recipient,
    settings: NotificationSettings,
    *,
    deps: Deps,
    requested_as: str | None = None,
) -> Message:
    """A message that waits.

    Args:
        requested_as: the id that a caller allocated; such a message repeats no other.
    """
    scope, now, identifier = notice.scope, deps.clock.now(), requested_as or new_object_id()
    organization_id = scope.organization_id
    hashed = deps.sealer.search_hash(organization_id, recipient.address)
    made = OperatorMessage if organization_id == OF_INSTALLATION else Message

    def sealed(field: str, text: str) -> EncryptedValue:
        return deps.sealer.seal(organization_id, made.PLACE, identifier, field, text)

    return made(
        id=identifier,
        organization_id=organization_id,
        livemode=scope.mode,
        site_id=notice.site_id,
        key=f"requested:{identifier}" if requested_as else key_of(notice, recipient, hashed),
        kind=notice.kind,
        channel=recipient.channel,
        audience=recipient.audience,
        recipient=sealed("recipient", recipient.address),
        recipient_hash=hashed if recipient.channel != "slack" else None,
        content=sealed("content", json.dumps(dict(notice.facts), ensure_ascii=False)),
        language=recipient.language,
        object_id=notice.object_id,
        # Slack shows a line; a document is attached to mail.
        document=notice.document if recipient.channel == "email" else None,
        requested=requested_as is not None,
        due_at=now,
        kept_until=now + timedelta(days=settings.retention_days),
        correlation_id=notice.correlation_id,
        created_at=now,
    )
