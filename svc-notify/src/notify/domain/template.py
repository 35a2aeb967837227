"""A template of an organization: revisions, of which one is published and one may be a draft."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway_contracts.aggregates import Aggregate
from gateway_contracts.notification_fields import Channel, NoticeKind
from gateway_contracts.requests.notify import TemplateState
from notify.domain.kinds import MessageKind

INSTALLED: Final[frozenset[Channel]] = frozenset({"email", "slack"})
"""Channels with an implementation. SMS has a port and rules, and no provider yet."""


@dataclass(frozen=True)
class TemplateKey:
    """The place of a template: kind of message, channel and language."""

    kind: MessageKind
    channel: Channel
    language: str


@dataclass(frozen=True)
class Sources:
    """The texts of a template; ``subject`` and ``html`` are a mail's alone."""

    text: str
    subject: str | None = None
    html: str | None = None


class Template(Aggregate):
    """One revision. What was published is never changed: a draft takes its place."""

    livemode: bool
    kind: NoticeKind
    channel: Channel
    language: str
    revision: int
    state: TemplateState = "draft"
    subject: str | None = None
    html: str | None = None
    text: str
    created_at: datetime
    published_at: datetime | None = None

    @property
    def sources(self) -> Sources:
        """Its texts."""
        return Sources(self.text, self.subject, self.html)

    def published(self, now: datetime) -> "Template":
        """In use from now on."""
        return self.changed(state="published", published_at=now)

    def retired(self) -> "Template":
        """Out of use."""
        return self.changed(state="retired")
