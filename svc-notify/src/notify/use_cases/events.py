"""Events about messages."""

from typing import Any

from gateway_contracts.events.notification import NotificationFailedV1, NotificationSentV1
from gateway_kit.mongo.unit_of_work import Tx
from notify.domain.message import Message
from notify.domain.outcome import Outcome


def emit_outcome(tx: Tx, message: Message, outcome: Outcome) -> None:
    """The message was taken, or an attempt failed."""
    facts: dict[str, Any] = {
        "notification_id": message.id,
        "kind": message.kind,
        "channel": message.channel,
        "audience": message.audience,
        "object_id": message.object_id,
        "attempts": message.made,
        "occurred_at": tx.now,
    }
    data = (
        NotificationSentV1(**facts)
        if message.state == "sent"
        else NotificationFailedV1(
            **facts,
            error=outcome.error or "unknown",
            reply_code=outcome.reply_code,
            is_permanent=outcome.verdict == "permanent",
            next_attempt_at=message.due_at if message.state == "waiting" else None,
        )
    )
    tx.emit(
        data,
        organization_id=message.organization_id,
        livemode=message.livemode,
        entity_id=message.id,
        sequence=message.version,
        correlation_id=message.correlation_id,
    )
