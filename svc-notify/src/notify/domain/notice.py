"""Something that happened, and who is to learn of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway_contracts.aggregates import Scope
from gateway_contracts.languages import LANGUAGES
from gateway_contracts.notification_fields import Audience, Channel
from gateway_contracts.requests.notify import DocumentKind
from notify.domain.facts import Facts
from notify.domain.kinds import MessageKind
from notify.domain.setting import NotificationSettings


@dataclass(frozen=True)
class Notice:
    """One fact for people.

    Attributes:
        customer: the buyer's or the member's address, if it is known.
        locale: of the customer, as the shop named it.
        facts: see `notify.domain.facts`.
        occasion: tells notices of the same kind about the same object apart.
    """

    scope: Scope
    kind: MessageKind
    object_id: str
    customer: str | None
    locale: str | None
    correlation_id: str
    site_id: str | None = None
    document: DocumentKind | None = None
    facts: Facts = field(default_factory=dict, repr=False)
    occasion: str = ""


@dataclass(frozen=True)
class Recipient:
    """One of those who learn of it."""

    channel: Channel
    audience: Audience
    address: str = field(repr=False)
    language: str = "en"


def recipients_of(
    notice: Notice, settings: NotificationSettings, *, team: Sequence[str], slack_url: str | None
) -> Iterator[Recipient]:
    """Recipients of a notice by the organization's settings."""
    if notice.kind in settings.customer_events and notice.customer:
        yield Recipient("email", "customer", notice.customer, language_of(notice.locale, settings.locale))
    if notice.kind in settings.team_events:
        for address in team:
            yield Recipient("email", "team", address, settings.locale)
    if notice.kind in settings.slack_events and slack_url:
        yield Recipient("slack", "team", slack_url, settings.locale)


def language_of(locale: str | None, otherwise: str) -> str:
    """The language of a locale, if there are texts in it."""
    language = (locale or "").replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else otherwise


def key_of(notice: Notice, recipient: Recipient, recipient_hash: str) -> str:
    """The identity of a message: the fact, the channel and the recipient."""
    return f"{notice.kind}:{notice.object_id}{notice.occasion}:{recipient.channel}:{recipient_hash[:24]}"
