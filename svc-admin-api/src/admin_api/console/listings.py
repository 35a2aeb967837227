"""Lists of the console, declared: which objects, which columns and filters, and who may see them."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from admin_api.console.actions import CASE_ACTIONS, Action
from admin_api.console.payment_actions import DELIVERY_ACTIONS
from admin_api.console.translations import N_
from admin_api.shared.domain.roles import ORGANIZATION_ROLES
from gateway_contracts.requests.templates import TemplateKind

Section = Literal["work", "shop", "organization", "installation"]
Kind = Literal[
    "text",
    "code",
    "money",
    "moment",
    "state",
    "plain",
    "list",
    "keys",
    "notified",
    "attempts",
    "certificate",
    "problem",
    "site",
]


@dataclass(frozen=True)
class Column:
    """One column. ``name`` is the field of the row; ``plain`` fields are decrypted values ``{"plaintext"}``."""

    name: str
    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Filter:
    """One query parameter of the list; ``choices`` make it a menu, and ``search`` stands above all others."""

    name: str
    title: str
    choices: tuple[str, ...] = ()
    kind: Literal["text", "date", "search"] = "text"
    hint: str = ""


@dataclass(frozen=True)
class Listing:
    """One list.

    Attributes:
        slug: the page's path.
        path: of the API; ``{organization_id}`` stands for the selected one.
        rows: the field of the answer that holds the rows.
        detail: path of a row's own page; ``{id}`` stands for its id.
        documents: path of the API that answers a row's document.
        payment: the field that names the row's payment, which is linked.
        actions: changes of a row.
        empty: the text of a list without rows.
        section: where the list is offered: in the bar (``work``), or in a section of the settings.
        beside: address and title of a page that belongs to the list.
    """

    slug: str
    title: str
    path: str
    rows: str
    columns: tuple[Column, ...]
    empty: str
    filters: tuple[Filter, ...] = ()
    detail: str | None = None
    documents: str | None = None
    payment: str | None = None
    actions: tuple[Action, ...] = ()
    section: Section = "work"
    beside: tuple[str, str] | None = None


_PERIOD: Final = (Filter("from", N_("From"), kind="date"), Filter("to", N_("Before"), kind="date"))
_CREATED: Final = Column("createdAt", N_("Created"), "moment")
_AUDIT_COLUMNS: Final = (
    Column("at", N_("At"), "moment"),
    Column("action", N_("Action"), "code"),
    Column("actorKind", N_("Actor"), "state"),
    Column("actorId", N_("Actor id"), "code"),
    Column("objectId", N_("Object id"), "code"),
    Column("changes", N_("Changed"), "keys"),
    Column("address", N_("Address"), "code"),
)
_AUDIT_FILTERS: Final = (
    Filter("action", N_("Action")),
    Filter("actorId", N_("Actor id")),
    Filter("objectType", N_("Kind of object")),
    Filter("objectId", N_("Object id")),
    Filter("requestId", N_("Request id")),
    *_PERIOD,
)

LISTINGS: Final = {
    listing.slug: listing
    for listing in (
        Listing(
            "payments",
            N_("Payments"),
            "/transactions",
            "transactions",
            (
                Column("amount", N_("Amount"), "money"),
                Column("status", N_("Status"), "state"),
                Column("externalReference", N_("Reference")),
                Column("email", N_("Customer")),
                Column("providerType", N_("Provider")),
                _CREATED,
            ),
            N_("No payments yet. They appear here as soon as a customer starts to pay."),
            (
                Filter(
                    "q",
                    N_("Search"),
                    kind="search",
                    hint=N_(
                        "Reference, e-mail, amount, invoice number, the provider's id, or "
                        "the last 6 characters of ours."
                    ),
                ),
                Filter(
                    "status",
                    N_("Status"),
                    ("initiated", "pending_provider", "succeeded", "failed", "canceled", "refunded"),
                ),
                Filter("disputed", N_("Disputed"), ("true", "false")),
                Filter("refunded", N_("Refunded"), ("true", "false")),
                Filter("currency", N_("Currency")),
                Filter("email", N_("E-mail")),
                Filter("siteId", N_("Site id")),
                Filter("providerId", N_("Provider id")),
                *_PERIOD,
            ),
            detail="/payments/{id}",
        ),
        Listing(
            "cases",
            N_("Cases"),
            "/cases",
            "cases",
            (
                Column("kind", N_("Kind"), "state"),
                Column("status", N_("Status"), "state"),
                Column("amount", N_("Amount"), "money"),
                Column("providerType", N_("Provider")),
                Column("note", N_("Note")),
                _CREATED,
            ),
            N_("Nothing needs a decision."),
            (Filter("status", N_("Status"), ("open", "accepted", "refunded", "dismissed")), *_PERIOD),
            payment="transactionId",
            actions=CASE_ACTIONS,
        ),
        Listing(
            "deliveries",
            N_("Notifications"),
            "/ipn/deliveries",
            "deliveries",
            (
                Column("state", N_("State"), "state"),
                Column("ipnStatus", N_("Reports"), "notified"),
                Column("url", N_("Receiver"), "code"),
                Column("attempts", N_("Last attempt"), "attempts"),
                Column("nextAttemptAt", N_("Next attempt"), "moment"),
                _CREATED,
            ),
            N_("No notifications yet. The shop gets one for every change of a payment, at its notification URL."),
            (
                Filter("state", N_("State"), ("exhausted", "waiting", "delivered", "superseded")),
                Filter("receiver", N_("Receiver"), hint=N_("Host name of the shop's server.")),
                Filter("transactionId", N_("Payment id")),
                Filter("siteId", N_("Site id")),
                *_PERIOD,
            ),
            payment="transactionId",
            actions=DELIVERY_ACTIONS,
        ),
        Listing(
            "invoices",
            N_("Invoices"),
            "/invoices",
            "invoices",
            (
                Column("number", N_("Number"), "code"),
                Column("total", N_("Total"), "money"),
                Column("state", N_("State"), "state"),
                Column("externalReference", N_("Reference")),
                Column("issuedAt", N_("Issued"), "moment"),
            ),
            N_("No invoices yet. Switch invoicing on in the settings of the organization."),
            (Filter("number", N_("Number")), *_PERIOD),
            documents="/invoices/{invoice_id}/pdf",
            payment="transactionId",
        ),
        Listing(
            "credit-notes",
            N_("Credit notes"),
            "/credit-notes",
            "creditNotes",
            (
                Column("number", N_("Number"), "code"),
                Column("total", N_("Total"), "money"),
                Column("invoiceNumber", N_("Invoice"), "code"),
                Column("reason", N_("Reason"), "state"),
                Column("issuedAt", N_("Issued"), "moment"),
            ),
            N_("No credit notes yet."),
            (Filter("number", N_("Number")), *_PERIOD),
            documents="/credit-notes/{credit_note_id}/pdf",
            payment="transactionId",
        ),
        Listing(
            "clients",
            N_("Clients"),
            "/clients",
            "clients",
            (
                Column("email", N_("E-mail"), "plain"),
                Column("name", N_("Name"), "plain"),
                Column("company", N_("Company"), "plain"),
                Column("payments", N_("Payments")),
                _CREATED,
            ),
            N_("No clients yet. Every paying customer becomes one."),
            (Filter("email", N_("E-mail")), *_PERIOD),
            detail="/clients/{id}",
        ),
        Listing(
            "sites",
            N_("Sites"),
            "/sites",
            "sites",
            (
                Column("name", N_("Name")),
                Column("id", N_("Id"), "code"),
                Column("ipnVersion", N_("IPN version")),
                _CREATED,
            ),
            N_("No sites yet."),
            (Filter("name", N_("Name")),),
            section="shop",
            detail="/sites/{id}",
        ),
        Listing(
            "providers",
            N_("Providers"),
            "/providers",
            "providers",
            (
                Column("label", N_("Label")),
                Column("type", N_("Type")),
                Column("enabled", N_("Enabled"), "state"),
                Column("state", N_("State"), "state"),
                Column("webhookUrl", N_("Webhook URL"), "code"),
            ),
            N_("No providers yet."),
            section="shop",
            detail="/providers/{id}",
        ),
        Listing(
            "domains",
            N_("Domains"),
            "/domains",
            "domains",
            (
                Column("name", N_("Domain"), "code"),
                Column("state", N_("State"), "state"),
                Column("certificate", N_("Certificate"), "certificate"),
                Column("cnameTarget", N_("CNAME target"), "code"),
                Column("problem", N_("Problem"), "problem"),
                Column("checkedAt", N_("Checked"), "moment"),
            ),
            N_("No domains of your own yet."),
            section="shop",
            detail="/domains/{id}",
        ),
        Listing(
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
        ),
        Listing(
            "api-keys",
            N_("API keys"),
            "/organizations/{organization_id}/api-keys",
            "apiKeys",
            (
                Column("label", N_("Label")),
                Column("role", N_("Role"), "state"),
                Column("scopes", N_("Scopes"), "list"),
                Column("lastUsedAt", N_("Last used"), "moment"),
                Column("revokedAt", N_("Revoked"), "moment"),
            ),
            N_("No API keys yet."),
            (Filter("revoked", N_("Revoked"), ("true", "false")),),
            detail="/api-keys/{id}",
            section="organization",
        ),
        Listing(
            "members",
            N_("Members"),
            "/organizations/{organization_id}/members",
            "members",
            (
                Column("name", N_("Name")),
                Column("email", N_("E-mail")),
                Column("role", N_("Role"), "state"),
                Column("state", N_("State"), "state"),
                _CREATED,
            ),
            N_("No members yet."),
            (Filter("role", N_("Role"), ORGANIZATION_ROLES),),
            detail="/members/{id}",
            section="organization",
        ),
        Listing(
            "audit",
            N_("Audit log"),
            "/audit",
            "entries",
            _AUDIT_COLUMNS,
            N_("Nothing was changed yet."),
            _AUDIT_FILTERS,
            section="organization",
            beside=("/settings/audit-check", N_("Check the chain")),
        ),
        Listing(
            "operators",
            N_("Operators"),
            "/system/operators",
            "members",
            (
                Column("name", N_("Name")),
                Column("email", N_("E-mail")),
                Column("state", N_("State"), "state"),
                _CREATED,
            ),
            N_("No operators yet."),
            detail="/operators/{id}",
            section="installation",
        ),
        Listing(
            "system-keys",
            N_("System keys"),
            "/system/api-keys",
            "apiKeys",
            (
                Column("label", N_("Label")),
                Column("scopes", N_("Scopes"), "list"),
                Column("lastUsedAt", N_("Last used"), "moment"),
                Column("revokedAt", N_("Revoked"), "moment"),
            ),
            N_("No system keys yet."),
            detail="/system-keys/{id}",
            section="installation",
        ),
        Listing(
            "installation-audit",
            N_("Audit log of the installation"),
            "/system/audit",
            "entries",
            _AUDIT_COLUMNS,
            N_("Nothing was changed yet."),
            _AUDIT_FILTERS,
            section="installation",
            beside=("/settings/installation-audit-check", N_("Check the chain")),
        ),
        Listing(
            "traces",
            N_("Traces"),
            "/traces",
            "traces",
            (
                Column("at", N_("Began"), "moment"),
                Column("name", N_("Name")),
                Column("services", N_("Services"), "list"),
                Column("durationMs", N_("Milliseconds")),
                Column("spanCount", N_("Spans")),
                Column("status", N_("Status"), "state"),
            ),
            N_("No trace of the last hour fits."),
            (
                Filter("traceId", N_("Trace")),
                Filter("service", N_("Service")),
                Filter("minDurationMs", N_("At least (milliseconds)")),
                Filter("status", N_("Status"), ("failed", "succeeded")),
            ),
            detail="/traces/{id}",
        ),
    )
}
