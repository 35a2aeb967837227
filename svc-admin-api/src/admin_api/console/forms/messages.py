"""Messages to people: the log's pages, their settings, and the overview of their templates."""

import asyncio
from typing import Any, Final, get_args

from admin_api.console.forms.document_templates import LANGUAGES
from admin_api.console.forms.fields import Field, Row
from admin_api.console.forms.form import Form
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column
from admin_api.console.listings import LISTINGS
from admin_api.console.message_words import refusal_of
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from gateway_contracts.languages import Language
from gateway_contracts.notification_fields import Announced, MailSecurity
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX

_MESSAGE: Final = "/notifications/{notification_id}"
_SETTINGS: Final = "/organizations/settings/notifications"
TEMPLATES: Final = "/notifications/templates"
DEFAULTS: Final = "/notifications/default-templates"
_SECRET_KINDS: Final = frozenset({"member.invited"})
_OWN_STATES: Final = ("published", "draft")
_ROWS_MAX: Final = 100
_KINDS: Final = get_args(Announced)


def _subject(message: Row, visitor: Visitor) -> tuple[str, str] | None:
    """Address and title of the object that a message is about, where the visitor may see it."""
    object_id, kind = message["objectId"], message["event"].partition(".")[0]
    if object_id is None:
        return None
    if kind == "payment" and visitor.may("GET", "/transactions/{transaction_id}"):
        return f"/payments/{object_id}", N_("Payment")
    if kind == "member" and visitor.may("GET", "/organizations/{organization_id}/members/{member_id}"):
        return f"/members/{object_id}", N_("Member")
    listing = LISTINGS.get({"invoice": "invoices", "credit_note": "credit-notes"}.get(kind, ""))
    if listing is None or listing.documents is None:
        return None
    title = N_("Invoice") if kind == "invoice" else N_("Credit note")
    if listing.detail is not None:
        return listing.detail.format(id=object_id), title
    return (f"/{listing.slug}/{object_id}/pdf", title) if visitor.may("GET", listing.documents) else None


async def _subject_and_words(message: Row, visitor: Visitor) -> dict[str, Any]:
    """Subject of the message, and the words of refusals."""
    return {"subject": _subject(message, visitor), "refusal_of": refusal_of}


MESSAGES: Final = ObjectPage(
    "messages",
    N_("Message"),
    _MESSAGE,
    facts=(
        Column("event", N_("Kind"), "state"),
        Column("state", N_("State"), "state"),
        Column("channel", N_("Channel"), "state"),
        Column("audience", N_("Recipients"), "state"),
        Column("recipient", N_("Recipient"), "masked"),
        Column("createdAt", N_("Created"), "moment"),
        Column("sentAt", N_("Sent"), "moment"),
        Column("nextAttemptAt", N_("Next attempt"), "moment"),
        Column("keptUntil", N_("Kept until"), "moment"),
        Column("id", N_("Id"), "code"),
    ),
    forms=(
        Form(
            "resend",
            N_("Send again"),
            f"{_MESSAGE}/resend",
            N_("With the present template. A waiting message is sent at once."),
            when=lambda message: message["state"] != "sent" or message["event"] not in _SECRET_KINDS,
        ),
    ),
    template="message.html",
    load=_subject_and_words,
)

_SERVER: Final = (
    Field("smtpHost", N_("Mail server"), hint=N_("Its host name, such as mail.example.com."), length_max=253),
    Field("smtpPort", N_("Port"), "number", start="587"),
    Field(
        "smtpSecurity",
        N_("Safe connection"),
        "choice",
        get_args(MailSecurity),
        words={
            "starttls": "STARTTLS",
            "implicit": N_("TLS from the first byte"),
            "none": N_("None, where the operator allows it"),
        },
    ),
    Field("smtpUser", N_("User"), is_required=False),
    Field(
        "smtpPassword",
        N_("Password"),
        "secret",
        hint=N_("Empty: as it is stored. Needed again for another server or user."),
        length_max=500,
    ),
    Field("senderAddress", N_("Sender"), "email", length_max=EMAIL_CHARACTERS_MAX),
    Field("senderName", N_("Name of the sender"), is_required=False, hint=N_("Empty: that of the organization.")),
)
_ANNOUNCED: Final = (
    Field("customerEvents", N_("Mails to customers"), "choices", _KINDS, is_required=False),
    Field("teamEvents", N_("Mails to your team"), "choices", _KINDS, is_required=False),
    Field(
        "teamAddresses",
        N_("Addresses of your team"),
        "lines",
        is_required=False,
        hint=N_("One a line."),
        length_max=3300,
    ),
    Field(
        "locale",
        N_("Language"),
        "choice",
        get_args(Language),
        is_required=False,
        words=LANGUAGES,
        hint=N_("For recipients whose own is unknown."),
    ),
    Field("replyTo", N_("Answers go to"), "email", is_required=False, length_max=EMAIL_CHARACTERS_MAX),
    Field("retentionDays", N_("Days for which messages are kept"), "number", is_required=False),
)
_SLACK: Final = (
    Field("slackEvents", N_("Posts to Slack"), "choices", _KINDS, is_required=False),
    Field(
        "slackWebhookUrl",
        N_("Address of the webhook"),
        "secret",
        hint=N_("Empty: as it is stored."),
        length_max=2048,
    ),
)


def _change(slug: str, title: str, fields: tuple[Field, ...], warning: str = "") -> Form:
    return Form(slug, title, _SETTINGS, warning, fields, verb="PATCH")


MESSAGE_SETTINGS: Final = ObjectPage(
    "messages",
    N_("Messages to people"),
    _SETTINGS,
    facts=(
        Column("canSendMail", N_("There is a mail server"), "state"),
        Column("smtpHost", N_("Mail server of the organization"), "code"),
        Column("senderAddress", N_("Sender")),
        Column("hasSmtpPassword", N_("Password stored"), "state"),
        Column("hasSlackWebhook", N_("Webhook of Slack stored"), "state"),
        Column("updatedAt", N_("Changed"), "moment"),
    ),
    forms=(
        _change("announcements", N_("Choose what is announced"), _ANNOUNCED),
        _change("server", N_("Use a mail server of your own"), _SERVER),
        Form(
            "no-server",
            N_("Use the mail server of the installation"),
            _SETTINGS,
            N_("Server, user, password, sender and the key for DKIM are forgotten."),
            verb="PATCH",
            fixed=tuple(
                (name, None) for name in ("smtpHost", "smtpUser", "smtpPassword", "senderAddress", "dkimSelector")
            ),
            when=lambda settings: settings["smtpHost"] is not None,
        ),
        _change("slack", N_("Post to Slack"), _SLACK),
        Form(
            "no-slack",
            N_("Stop posting to Slack"),
            _SETTINGS,
            N_("The address of the webhook is forgotten."),
            verb="PATCH",
            fixed=(("slackEvents", None), ("slackWebhookUrl", None)),
            when=lambda settings: settings["hasSlackWebhook"],
        ),
        Form(
            "test",
            N_("Send a test message"),
            f"{_SETTINGS}/test",
            N_("A mail that only shows that mail works. The mail log has the server's answer."),
            (Field("to", N_("Send to"), "email", length_max=EMAIL_CHARACTERS_MAX),),
        ),
    ),
    template="message_settings.html",
)


async def _overview(defaults: Row, visitor: Visitor) -> dict[str, Any]:
    """Languages of each kind and channel, each with what there is of the organization's own."""
    asked = (visitor.api.read(TEMPLATES, state=state, limit=_ROWS_MAX) for state in _OWN_STATES)
    own: dict[tuple[str, str, str], list[str]] = {}
    for state, found in zip(_OWN_STATES, await asyncio.gather(*asked), strict=True):
        for row in found["templates"]:
            own.setdefault((row["event"], row["channel"], row["language"]), []).append(state)
    kinds: dict[tuple[str, str], list[tuple[str, list[str]]]] = {}
    for row in defaults["templates"]:
        states = own.get((row["event"], row["channel"], row["language"]), [])
        kinds.setdefault((row["event"], row["channel"]), []).append((row["language"], states))
    return {"kinds": kinds, "document_languages": LANGUAGES}


MESSAGE_TEMPLATES: Final = ObjectPage(
    "message-templates",
    N_("Templates of messages"),
    DEFAULTS,
    template="message_templates.html",
    load=_overview,
)
