"""Fields of notifications to people: settings, templates and requests. Bodies of the API and requests inherit them."""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from gateway_contracts.body_shapes import WRITE_ONLY
from gateway_contracts.fields import Email, Line, Url
from gateway_contracts.languages import Language
from gateway_contracts.rules import FieldRules
from gateway_contracts.web_hosts import HOST_CHARACTERS_MAX

Announced = Literal["payment.succeeded", "payment.failed", "invoice.issued", "credit_note.issued"]
"""What an organization may have announced by itself."""
NoticeKind = Literal[
    "payment.succeeded", "payment.failed", "invoice.issued", "credit_note.issued", "member.invited", "settings.test"
]
"""What a message is about; each has a template."""
Channel = Literal["email", "slack", "sms"]
Audience = Literal["customer", "team", "member"]
MailSecurity = Literal["starttls", "implicit", "none"]

KINDS_MAX: Final = 4
TEAM_ADDRESSES_MAX: Final = 10
MESSAGE_CHARACTERS_MAX: Final = 2_000
SUBJECT_CHARACTERS_MAX: Final = 300
TEMPLATE_CHARACTERS_MAX: Final = 20_000
RETENTION_DAYS_DEFAULT: Final = 30
RETENTION_DAYS_MIN: Final = 3
"""Longer than a message is tried."""
RETENTION_DAYS_MAX: Final = 365
_SECRET_CHARACTERS_MAX: Final = 500

Kinds = Annotated[tuple[Announced, ...], Field(max_length=KINDS_MAX, strict=False)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=_SECRET_CHARACTERS_MAX), WRITE_ONLY]
HostName = Annotated[
    str, StringConstraints(min_length=1, max_length=HOST_CHARACTERS_MAX, strip_whitespace=True, to_lower=True)
]
DkimSelector = Annotated[str, StringConstraints(max_length=63, pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
"""One label of a name in DNS."""
Source = Annotated[str, StringConstraints(min_length=1, max_length=TEMPLATE_CHARACTERS_MAX)]


class MailServerFields(FieldRules):
    """The organization's own mail server; without ``smtp_host`` the installation's is used."""

    smtp_host: HostName | None = Field(
        None, description="Host name of your mail server.", examples=["mail.example.com"]
    )
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] | None = Field(
        None, description="Port of the mail server: 587 for starttls, 465 for implicit; 587 unless given."
    )
    smtp_security: MailSecurity | None = Field(
        None,
        description="starttls, implicit (TLS from the first byte), or none where the operator allows it; starttls "
        "unless given.",
    )
    smtp_user: Line | None = Field(None, description="User that logs in to the mail server; null without a log-in.")
    smtp_password: Secret | None = Field(None, description="Password of smtpUser.")
    sender_address: Email | None = Field(
        None, description="Address in From. Required with smtpHost, and used with it alone."
    )
    dkim_selector: DkimSelector | None = Field(
        None,
        description="Signs mail of your own server by DKIM, with a key that is made for this name and the domain of "
        "senderAddress; null: not signed. Another name makes another key; the two modes need different names.",
        examples=["gateway1"],
    )
    sender_name: Line | None = Field(None, description="Name in From; the organization's unless given.")


class NotificationSettingFields(MailServerFields):
    """Settings of one mode of an organization. Nothing is announced until it is named here."""

    locale: Language | None = Field(None, description="Language for recipients whose own is unknown; en unless given.")
    reply_to: Email | None = Field(None, description="Address in Reply-To.")
    customer_events: Kinds | None = Field(None, description="What buyers get a mail about; nothing unless given.")
    team_events: Kinds | None = Field(None, description="What teamAddresses get a mail about; nothing unless given.")
    team_addresses: Annotated[tuple[Email, ...], Field(max_length=TEAM_ADDRESSES_MAX, strict=False)] | None = Field(
        None, description="Addresses of the organization's own people."
    )
    slack_events: Kinds | None = Field(None, description="What is posted to slackWebhookUrl; nothing unless given.")
    slack_webhook_url: Annotated[Url | None, WRITE_ONLY] = Field(
        None, description="Address of an incoming webhook of Slack; it is a secret."
    )
    retention_days: Annotated[int, Field(ge=RETENTION_DAYS_MIN, le=RETENTION_DAYS_MAX)] | None = Field(
        None, description="Days for which messages are kept: 3 to 365; 30 unless given."
    )


class SendFields(FieldRules):
    """A document that is sent by request."""

    to: Email | None = Field(None, description="The buyer's address unless given.")
    message: Annotated[str | None, StringConstraints(max_length=MESSAGE_CHARACTERS_MAX, strip_whitespace=True)] = Field(
        None, description="A few words above the document's facts."
    )


class TemplateKeyFields(FieldRules):
    """The place of a template: event, channel and language."""

    event: NoticeKind = Field(description="The kind of message.")
    channel: Channel = Field(description="How it is sent: email or slack; sms is not available yet.")
    language: Language = Field(description="Language of the recipients.")


class TemplateTextFields(FieldRules):
    """Sources of a template. A mail has a subject, a text part and, unless it shall be plain, an HTML part; the other
    channels have a text alone."""

    subject: Annotated[
        str | None, StringConstraints(min_length=1, max_length=SUBJECT_CHARACTERS_MAX, strip_whitespace=True)
    ] = Field(None, description="Subject of a mail; required for email, refused for others.")
    html: Source | None = Field(None, description="HTML part of a mail, with inline styles; null for a plain mail.")
    text: Source = Field(description="Text part of a mail, or the whole message of another channel.")
