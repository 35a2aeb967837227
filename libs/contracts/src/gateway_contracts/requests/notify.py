"""Requests to svc-notify."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field

from gateway_contracts.base import Contract
from gateway_contracts.fields import Email, ObjectId, Open
from gateway_contracts.languages import Language
from gateway_contracts.list_filters import NONE_IF_EMPTY, IdFilter, PeriodFields
from gateway_contracts.notification_fields import (
    RETENTION_DAYS_DEFAULT,
    Announced,
    Audience,
    Channel,
    MailSecurity,
    NoticeKind,
    NotificationSettingFields,
    SendFields,
    TemplateKeyFields,
    TemplateTextFields,
)
from gateway_contracts.pages import PageRow
from gateway_contracts.requests.pages import PageReply
from gateway_contracts.rpc import Empty, Method

NotificationState = Literal["waiting", "sent", "failed"]
TemplateState = Literal["draft", "published", "retired"]
Verdict = Literal["sent", "temporary", "permanent"]
DocumentKind = Literal["invoice", "credit_note"]
SecretName = Literal["smtp_password", "slack_webhook_url"]
SECRETS: Final[tuple[SecretName, ...]] = get_args(SecretName)
"""Settings that no answer shows."""


class AttemptRecord(Contract):
    """One attempt to hand a message over."""

    at: datetime
    verdict: Open[Verdict] = Field(description="sent, temporary (tried again) or permanent (refused for good).")
    error: str | None = Field(
        None, description="Reason in one word, such as refused, timeout, not_connected or attachment_too_large."
    )
    reply_code: int | None = Field(None, description="Reply code of SMTP or HTTP; null where there was no reply.")
    enhanced_code: str | None = Field(None, description="Status code of RFC 3463, such as 5.1.1; null without one.")
    duration_ms: int = 0


class NotificationRecord(PageRow):
    """A message to a person or a channel. Its content is not shown."""

    LONG: ClassVar = {"attempts": ()}

    id: str
    event: Open[NoticeKind] = Field(description="The kind of message.")
    channel: Open[Channel] = Field(description="How it is sent: email, slack or sms.")
    audience: Open[Audience] = Field(description="Who gets it: customer, team or member.")
    state: Open[NotificationState] = Field(description="waiting, sent or failed.")
    recipient: str | None = Field(None, description="Address of the recipient; null for a webhook.")
    object_id: str | None = Field(
        None, description="Id of the transaction, document, member or organization that it is about."
    )
    requested: bool = Field(False, description="Whether a request asked for it, and not the settings.")
    template_id: str | None = Field(
        None, description="Your template of the last attempt; null for the default one and before the first attempt."
    )
    attempts: tuple[AttemptRecord, ...] = Field((), description="The latest 30 attempts, oldest first.")
    error: str | None = Field(None, description="Reason of the last failure in one word; null after success.")
    next_attempt_at: datetime | None = Field(None, description="Time of the next attempt; null if there is none.")
    sent_at: datetime | None = Field(None, description="When the recipient's server took it; null before.")
    livemode: bool
    correlation_id: str
    created_at: datetime
    kept_until: datetime = Field(description="When it is deleted.")


class NotificationRef(Contract):
    notification_id: str


class NotificationFilters(PeriodFields):
    state: Annotated[NotificationState | None, NONE_IF_EMPTY] = Field(
        None, description="waiting, sent or failed.", examples=["failed"]
    )
    event: Annotated[NoticeKind | None, NONE_IF_EMPTY] = Field(
        None, description="Only of this kind.", examples=["invoice.issued"]
    )
    channel: Annotated[Channel | None, NONE_IF_EMPTY] = Field(
        None, description="Only of this channel.", examples=["email"]
    )
    object_id: IdFilter | None = Field(None, description="Of the transaction, invoice, credit note or member.")
    recipient: str | None = Field(None, max_length=300, description="The whole address.")


class NotificationQuery(NotificationFilters, Contract):
    pass


class NotificationPage(PageReply):
    notifications: tuple[NotificationRecord, ...]


class SendDocument(SendFields, Contract):
    """Mail an issued document. ``notification_id`` is allocated by the caller."""

    notification_id: ObjectId
    document: DocumentKind
    document_id: str


class SendTest(Contract):
    """Mail a few words to try the settings."""

    notification_id: ObjectId
    to: Email


class PutSettings(NotificationSettingFields, Contract):
    """The settings of the caller's mode; what is null has its default.

    Attributes:
        kept: names of settings that stay as they are stored.
    """

    kept: tuple[str, ...] = ()


class SettingsRecord(Contract):
    """The settings of one mode, without secrets."""

    id: str = Field(description="Id of the organization.")
    smtp_host: str | None = Field(None, description="Host name of your mail server; null: the installation's is used.")
    smtp_port: int = Field(587, description="Port of the mail server.")
    smtp_security: MailSecurity = Field("starttls", description="starttls, implicit or none.")
    smtp_user: str | None = Field(None, description="User that logs in to the mail server; null without a log-in.")
    has_smtp_password: bool = Field(False, description="Whether a password is stored.")
    sender_address: str | None = Field(None, description="Address in From, with your own server alone.")
    dkim_selector: str | None = Field(None, description="Name of the key that mail is signed with; null: not signed.")
    dkim_record_name: str | None = Field(
        None, description="Name of the TXT record in DNS that receivers read the public key from; null without a key."
    )
    dkim_record: str | None = Field(
        None,
        description="Content of that record. Until it is published, receivers take your mail for unsigned mail.",
    )
    sender_name: str | None = Field(None, description="Name in From; null: the organization's.")
    locale: Language = Field("en", description="Language for recipients whose own is unknown.")
    reply_to: str | None = Field(None, description="Address in Reply-To; null without one.")
    customer_events: tuple[Open[Announced], ...] = Field((), description="What buyers get a mail about.")
    team_events: tuple[Open[Announced], ...] = Field((), description="What teamAddresses get a mail about.")
    team_addresses: tuple[str, ...] = Field((), description="Addresses of the organization's own people.")
    slack_events: tuple[Open[Announced], ...] = Field((), description="What is posted to the webhook of Slack.")
    has_slack_webhook: bool = Field(False, description="Whether the address of a webhook is stored.")
    retention_days: int = Field(RETENTION_DAYS_DEFAULT, description="Days for which messages are kept.")
    can_send_mail: bool = Field(
        False, description="Whether there is a mail server: the organization's or the installation's."
    )
    updated_at: datetime | None = Field(None, description="Time of the last change; null before the first.")


class TemplateRecord(PageRow):
    """One revision of a template. Default ones have no id, are read-only and the same for all organizations."""

    LONG: ClassVar = {"html": None}

    id: str | None = Field(None, description="Id of the revision; null for a default template.")
    event: Open[NoticeKind] = Field(description="The kind of message.")
    channel: Open[Channel] = Field(description="How it is sent: email or slack.")
    language: Open[Language] = Field(description="Language of the recipients.")
    revision: int = Field(0, description="Number of the revision, from 1; 0 for a default template.")
    state: Open[TemplateState | Literal["default"]] = Field(description="draft, published, retired or default.")
    subject: str | None = Field(None, description="Subject of a mail; null for other channels.")
    html: str | None = Field(None, description="HTML part of a mail; null for a plain mail and other channels.")
    text: str = Field(description="Text part of a mail, or the whole message of another channel.")
    created_at: datetime | None = Field(None, description="Time of creation, in UTC; null for a default template.")
    published_at: datetime | None = Field(None, description="Time of publication, in UTC; null before.")


class TemplateFilters(PeriodFields):
    event: Annotated[NoticeKind | None, NONE_IF_EMPTY] = Field(
        None, description="Only of this kind.", examples=["invoice.issued"]
    )
    channel: Annotated[Channel | None, NONE_IF_EMPTY] = Field(
        None, description="Only of this channel.", examples=["email"]
    )
    language: Annotated[Language | None, NONE_IF_EMPTY] = Field(
        None, description="Only in this language.", examples=["en"]
    )
    state: Annotated[TemplateState | None, NONE_IF_EMPTY] = Field(
        None, description="draft, published or retired.", examples=["published"]
    )


class TemplateQuery(TemplateFilters, Contract):
    pass


class TemplatePage(PageReply):
    templates: tuple[TemplateRecord, ...]


class TemplateRef(Contract):
    template_id: str


class DefaultTemplates(Contract):
    """All default templates, and the names that a template of each event may use."""

    templates: tuple[TemplateRecord, ...]
    variables: dict[str, tuple[str, ...]]


class CreateTemplate(TemplateKeyFields, TemplateTextFields, Contract):
    """A draft. ``template_id`` is allocated by the caller."""

    template_id: ObjectId


class ChangeTemplate(TemplateTextFields, Contract):
    """Other sources of a draft."""

    template_id: str


class PreviewTemplate(TemplateKeyFields, TemplateTextFields, Contract):
    pass


class RenderedTemplate(Contract):
    """A template with the values of an example."""

    subject: str | None = Field(None, description="Rendered subject of a mail; null for other channels.")
    html: str | None = Field(None, description="Rendered HTML part of a mail; null without one.")
    text: str = Field(description="Text part, or the whole message of another channel, with its values.")


SEND_DOCUMENT = Method("rpc.notify.send_email", SendDocument, NotificationRecord, timeout_s=10)
SEND_TEST = Method("rpc.notify.send_test", SendTest, NotificationRecord)
LIST_NOTIFICATIONS = Method("rpc.notify.list_notifications", NotificationQuery, NotificationPage)
GET_NOTIFICATION = Method("rpc.notify.get_notification", NotificationRef, NotificationRecord)
RESEND_NOTIFICATION = Method("rpc.notify.resend", NotificationRef, NotificationRecord)
GET_SETTINGS = Method("rpc.notify.get_settings", Empty, SettingsRecord)
PUT_SETTINGS = Method("rpc.notify.put_settings", PutSettings, SettingsRecord)
LIST_TEMPLATES = Method("rpc.notify.list_templates", TemplateQuery, TemplatePage)
LIST_DEFAULT_TEMPLATES = Method("rpc.notify.list_default_templates", Empty, DefaultTemplates)
GET_TEMPLATE = Method("rpc.notify.get_template", TemplateRef, TemplateRecord)
CREATE_TEMPLATE = Method("rpc.notify.create_template", CreateTemplate, TemplateRecord)
CHANGE_TEMPLATE = Method("rpc.notify.change_template", ChangeTemplate, TemplateRecord)
PUBLISH_TEMPLATE = Method("rpc.notify.publish_template", TemplateRef, TemplateRecord)
DELETE_TEMPLATE = Method("rpc.notify.delete_template", TemplateRef, Empty)
PREVIEW_TEMPLATE = Method("rpc.notify.preview_template", PreviewTemplate, RenderedTemplate)
