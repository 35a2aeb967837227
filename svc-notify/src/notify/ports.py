"""Ports of the use cases."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import Clock
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.languages import Language
from gateway_contracts.notification_fields import MailSecurity
from gateway_contracts.requests.notify import DocumentKind
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import UnitOfWork
from notify.domain.facts import Facts
from notify.domain.message import Message, OperatorMessage
from notify.domain.outcome import Outcome
from notify.domain.outgoing import Attachment, Outgoing, Sender
from notify.domain.setting import NotificationSettings
from notify.domain.signing import DkimKey, DkimPair
from notify.domain.template import Sources, Template, TemplateKey


class Channel(Protocol):
    """A way to a recipient. Every channel keeps to `notify/tests/channel_conformance.py`."""

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Hand the message over. Every failure of the other side is an outcome and ends within a bounded time."""
        ...


@dataclass(frozen=True)
class MailServer:
    """A mail server and who mail from it is from.

    Attributes:
        is_operators: it belongs to the installation: it may be private.
        dkim: the key that signs; None for mail without a signature.
    """

    host: str
    port: int
    security: MailSecurity
    sender: Sender
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    is_operators: bool = False
    dkim: DkimKey | None = None


class Channels(Protocol):
    """The channels of this installation."""

    def mail(self, server: MailServer) -> Channel:
        """Mail through that server."""
        ...

    def slack(self) -> Channel:
        """Posts to incoming webhooks of Slack."""
        ...

    def server_problem(self, host: str, security: MailSecurity) -> tuple[str, str] | None:
        """Field and reason why an organization may not have such a server; None if it may."""
        ...

    def is_slack_url(self, url: str) -> bool:
        """Whether posts may go there."""
        ...

    @property
    def installation_server(self) -> MailServer | None:
        """The mail server of those who have none of their own."""
        ...


class Pace(Protocol):
    """Sendings of an organization in a minute."""

    def has_room(self, organization_id: str) -> bool:
        """Whether one more may leave now."""
        ...

    def note(self, organization_id: str) -> None:
        """One has left, or was tried."""
        ...


class Sealer(Protocol):
    """Encryption under the key of the organization, bound to the field."""

    def seal(self, organization_id: str, collection: str, document_id: str, field: str, text: str) -> EncryptedValue:
        """Encrypt."""
        ...

    def open(self, value: EncryptedValue, organization_id: str, collection: str, document_id: str, field: str) -> str:
        """Decrypt.

        Raises:
            DecryptionFailed: changed, or from another place.
        """
        ...

    def search_hash(self, organization_id: str, address: str) -> str:
        """By which a recipient is found."""
        ...


@dataclass(frozen=True)
class Described:
    """A document in a few words.

    Attributes:
        issued_at: None for a draft.
        email: of the buyer.
    """

    issued_at: datetime | None
    site_id: str | None
    email: str | None = field(repr=False)
    facts: Facts = field(repr=False)


class Documents(Protocol):
    """Rendered documents of svc-invoice."""

    async def describe(self, kind: DocumentKind, document_id: str, *, scope: Scope) -> Described:
        """The facts of a document.

        Raises:
            NotFound: the scope has no such document.
            Transient: its owner does not answer.
        """
        ...

    async def fetch(self, kind: DocumentKind, document_id: str, *, scope: Scope) -> Attachment:
        """The PDF.

        Raises:
            Transient: it is not made yet, or its owner does not answer.
            Rejected: there is none.
        """
        ...


@dataclass(frozen=True)
class Names:
    """How an organization presents itself."""

    organization: str
    color: str


class Payments(Protocol):
    """Payments of svc-transaction."""

    async def email_of(self, transaction_id: str, *, scope: Scope) -> str | None:
        """The buyer's address.

        Raises:
            Transient: its owner does not answer.
        """
        ...


class Organizations(Protocol):
    """Organizations in the configuration."""

    def names(self, scope: Scope) -> Names:
        """Name and colour for mails of that mode, about the scope's site."""
        ...


class Renderer(Protocol):
    """Templates become texts."""

    def render(self, sources: Sources, key: TemplateKey, facts: Facts, names: Names) -> Sources:
        """
        Raises:
            TemplateRefused: it cannot be rendered.
        """
        ...

    def check(self, sources: Sources, key: TemplateKey) -> None:
        """
        Raises:
            TemplateRefused: it does not fit its channel, or names what there is not.
            ChannelUnavailable: this installation has no such channel.
        """
        ...

    def default(self, key: TemplateKey) -> Sources:
        """The template of organizations without one of their own."""
        ...


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The stored objects."""

    messages: Store[Message]
    operator_messages: Store[OperatorMessage]
    settings: Store[NotificationSettings]
    templates: Store[Template]

    def of(self, message: Message) -> Store[Any]:
        """Where the message lies."""
        return self.operator_messages if isinstance(message, OperatorMessage) else self.messages


@dataclass(frozen=True, kw_only=True)
class Deps:
    """Ports, stores and values of the use cases.

    Attributes:
        operators_language: of mail to those who run the installation.
        new_dkim_pair: makes a key; it takes a moment, and runs in a thread.
    """

    uow: UnitOfWork
    stores: Stores
    sealer: Sealer
    clock: Clock
    channels: Channels
    documents: Documents
    payments: Payments
    organizations: Organizations
    renderer: Renderer
    pace: Pace
    jitter: Callable[[], float]
    operators_language: Language
    new_dkim_pair: Callable[[], DkimPair]
