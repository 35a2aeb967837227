"""Lists of documents: invoices and credit notes."""

from typing import Final, get_args

from admin_api.console.invoice_drafts import NEW
from admin_api.console.listing import PERIOD, Column, Filter, Listing
from admin_api.console.translations import N_
from gateway_contracts.requests.invoice import InvoiceState

_NUMBER: Final = Column("number", N_("Number"), "code")
_BUYER: Final = Column("buyerName", N_("Client"))
_TOTAL: Final = Column("total", N_("Total"), "money")
_ISSUED: Final = Column("issuedAt", N_("Issued"), "moment")
_BY_NUMBER: Final = Filter("number", N_("Number"))
_BY_SITE: Final = Filter("siteId", N_("Site id"))

INVOICE_LISTINGS: Final = (
    Listing(
        "invoices",
        N_("Invoices"),
        "/invoices",
        "invoices",
        (
            _NUMBER,
            Column("state", N_("State"), "state"),
            _BUYER,
            _TOTAL,
            Column("dueDate", N_("Due"), "day"),
            _ISSUED,
            Column("externalReference", N_("Reference")),
            Column("draftReasons", N_("Missing"), "lacking"),
        ),
        N_("No invoices yet. Switch invoicing on in the settings: then every payment gets one."),
        (
            Filter(
                "text",
                N_("Search"),
                kind="search",
                hint=N_("Whole words of numbers, references and lines. All of them must occur."),
            ),
            Filter("state", N_("State"), get_args(InvoiceState)),
            Filter("currency", N_("Currency")),
            Filter("clientId", N_("Client id")),
            Filter("externalReference", N_("Reference")),
            _BY_NUMBER,
            _BY_SITE,
            *PERIOD,
        ),
        detail="/invoices/{id}",
        documents="/invoices/{invoice_id}/pdf",
        payment="transactionId",
        creates=NEW,
    ),
    Listing(
        "credit-notes",
        N_("Credit notes"),
        "/credit-notes",
        "creditNotes",
        (
            _NUMBER,
            Column("invoiceNumber", N_("Invoice"), "code"),
            _BUYER,
            _TOTAL,
            Column("reason", N_("Reason"), "state"),
            _ISSUED,
        ),
        N_("No credit notes yet."),
        (_BY_NUMBER, Filter("invoiceId", N_("Invoice id")), _BY_SITE, *PERIOD),
        detail="/credit-notes/{id}",
        documents="/credit-notes/{credit_note_id}/pdf",
        payment="transactionId",
    ),
)
