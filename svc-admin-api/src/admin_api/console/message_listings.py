"""Lists of templates of documents, and of mails and other messages to people."""

from typing import Final, get_args

from admin_api.console.listing import PERIOD, Column, Filter, Listing
from admin_api.console.translations import N_
from gateway_contracts.notification_fields import NoticeKind
from gateway_contracts.requests.templates import TemplateKind

DOCUMENT_TEMPLATES: Final = Listing(
    "document-templates",
    N_("Templates of documents"),
    "/templates",
    "templates",
    (
        Column("name", N_("Name")),
        Column("kind", N_("Document"), "state"),
        Column("siteId", N_("Site"), "site"),
        Column("publishedVersion", N_("Version in use")),
        Column("publishedAt", N_("Published"), "moment"),
        Column("changedAt", N_("Changed"), "moment"),
    ),
    N_("No templates of your own. Documents have the default design."),
    (Filter("kind", N_("Document"), get_args(TemplateKind)), Filter("siteId", N_("Site id"))),
    detail="/document-templates/{id}",
    section="organization",
)
MESSAGES: Final = Listing(
    "messages",
    N_("Mail log"),
    "/notifications",
    "notifications",
    (
        Column("createdAt", N_("Created"), "moment"),
        Column("event", N_("Kind"), "state"),
        Column("channel", N_("Channel"), "state"),
        Column("state", N_("State"), "state"),
        Column("recipient", N_("Recipient"), "masked"),
        Column("error", N_("Last failure"), "refusal"),
    ),
    N_("No messages yet. The settings of messages say what is announced to whom."),
    (
        Filter("state", N_("State"), ("failed", "waiting", "sent")),
        Filter("event", N_("Kind"), get_args(NoticeKind)),
        Filter("channel", N_("Channel"), ("email", "slack")),
        Filter("recipient", N_("Recipient"), hint=N_("The whole address.")),
        Filter("objectId", N_("Id of the payment or document")),
        *PERIOD,
    ),
    detail="/messages/{id}",
)
