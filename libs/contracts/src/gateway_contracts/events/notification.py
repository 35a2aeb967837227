"""Facts about messages to people, written by svc-notify. No personal data."""

from datetime import datetime
from typing import ClassVar

from gateway_contracts.envelope import EventData


class NotificationChange(EventData):
    """Fields of every event of a message.

    Attributes:
        kind: what it is about, such as ``invoice.issued``.
        channel: ``email``, ``slack`` or ``sms``.
        audience: ``customer``, ``team`` or ``member``.
        object_id: of the transaction, document or member that it is about.
        attempts: so many were made.
    """

    notification_id: str
    kind: str
    channel: str
    audience: str
    object_id: str | None = None
    attempts: int
    occurred_at: datetime


class NotificationSentV1(NotificationChange):
    """The recipient's server took it."""

    TYPE: ClassVar[str] = "notification.sent.v1"


class NotificationFailedV1(NotificationChange):
    """An attempt failed: for now, if there is a next one, else for good.

    Attributes:
        error: one word, such as ``refused`` or ``timeout``.
        reply_code: the mail server's or the HTTP server's code, where there was one.
        is_permanent: refused for good; a repetition by the schedule would make no difference.
        next_attempt_at: absent after the last attempt.
    """

    TYPE: ClassVar[str] = "notification.failed.v1"

    error: str
    reply_code: int | None = None
    is_permanent: bool = False
    next_attempt_at: datetime | None = None
