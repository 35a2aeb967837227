"""The walk of the console, declared: an address of every page, and for every action the object and what is typed.

Actions are performed in this order: what ends an object comes last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Step:
    """One action.

    Attributes:
        objects: names of the world's objects, one for each parameter of the path.
        fields: texts by input; ``on`` checks a box. What is not named stays as the page fills it in. ``{name}`` stands
            for a value of the world.
        shows: a text that the page has afterwards.
    """

    objects: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    shows: str = ""


DOCUMENTS: Final = ("pdf", "xrechnung.xml", "peppol.xml", "zugferd.pdf")
"""Last parts of the addresses of documents."""

PAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "/payments/{object_id}": ("paid",),
    "/why/{subject_id}": ("paid",),
    "/traces/{trace_id}": ("trace",),
    "/operations/dead-letters/{number}": ("letter",),
    "/api-keys/{object_id}": ("key",),
    "/members/{object_id}": ("colleague",),
    "/operators/{object_id}": ("other_operator",),
    "/system-keys/{object_id}": ("system_key",),
    "/sites/{object_id}": ("site",),
    "/providers/{object_id}": ("stripe",),
    "/domains/{object_id}": ("domain",),
    "/clients/{object_id}": ("client",),
    "/invoices/{object_id}": ("invoice",),
    "/invoices/{object_id}/edit": ("draft",),
    "/invoices/{object_id}/proforma.pdf": ("draft",),
    "/invoices/{object_id}/payments/{payment_id}/receipt.pdf": ("paid_invoice", "payer"),
    "/credit-notes/{object_id}": ("credit_note",),
    **{
        f"/{kind}/{{object_id}}/{name}": (owner,)
        for kind, owner in (("invoices", "invoice"), ("credit-notes", "credit_note"))
        for name in DOCUMENTS
    },
    "/document-templates/{object_id}": ("document_template",),
    "/document-templates/{object_id}/proof.pdf": ("document_template",),
    "/messages/{object_id}": ("message",),
    "/settings/message-templates/{event}/{channel}/{language}": ("event", "channel", "language"),
}
"""Objects of the pages whose path has a parameter."""

ACCOUNTS: Final[Mapping[str, Mapping[str, str]]] = {
    "stripe": {"publishableKey": "pk_live_abcdefgh12345678", "secretKey": "sk_live_abcdefgh12345678"},
    "mollie": {"apiKey": "live_abcdefgh1234567890abcdefgh12"},
    "gocardless": {"accessToken": "live_abcdefgh12345678"},
    "paypal": {"clientId": "client-of-walk-1234", "clientSecret": "secret-of-walk-1234"},
    "wise": {
        "apiToken": "token-of-wise-1234",
        "profileId": "1234",
        "accountHolder": "Shop GmbH",
        "accounts": '{"EUR": {"iban": "BE68539007547034", "bic": "TRWIBEB1XXX"}}',
    },
    "wire": {"accountHolder": "Shop GmbH", "iban": "DE89370400440532013000"},
}
"""Values of live accounts by type."""

_PLACE = ("event", "channel", "language")
_MODE = {"mode": "rewrap"}
_PERSON = {"email": "new-{role}@example.com", "name": "Nora New"}
_KEY = {"label": "Walk", "scopes[site:read]": "on"}
_SYSTEM_KEY = {"label": "Walk", "scopes[organization:read]": "on"}

ACTIONS: Final[Mapping[str, Step]] = {
    "/payments/{object_id}/refund": Step(("paid",), {"amount": "1.00", "reason": "Broken cup"}),
    "/payments/{object_id}/refunds/{part_id}/settle": Step(("paid", "refund"), {"outcome": "succeeded"}),
    "/payments/{object_id}/disputes/{part_id}/state": Step(("paid", "dispute"), {"status": "won"}),
    "/payments/{object_id}/deliveries/{delivery_id}/resend": Step(
        ("paid", "delivery"), shows="The notification is sent again."
    ),
    "/deliveries/{object_id}/resend": Step(("delivery",), shows="The notification is sent again."),
    "/payments/{object_id}/receipt": Step(
        ("unpaid",), {"amount": "4900.00", "receivedAt": "2026-01-15T12:00", "bankReference": "walk-1"}
    ),
    "/payments/{object_id}/mark": Step(("unpaid",), {"outcome": "paid"}),
    "/payments/{object_id}/cancel": Step(("unpaid",)),
    "/payments/{object_id}/delete": Step(("unpaid",)),
    "/cases/{object_id}/accept": Step(("case",)),
    "/cases/{object_id}/refund": Step(("case",)),
    "/cases/{object_id}/dismiss": Step(("case",)),
    "/payments/{object_id}/invoice": Step(("paid",)),
    "/invoices/new": Step(
        (), {"client.company": "Example AG", "items[0].description": "Cup", "items[0].unitPrice": "9"}
    ),
    "/invoices/{object_id}/edit": Step(("draft",), {"client.company": "Example AG"}),
    "/invoices/{object_id}/notes": Step(("draft",), {"notes": "Thank you."}),
    "/invoices/{object_id}/schedule": Step(("draft",), {"scheduledFinalizeAt": "2035-01-15T12:00"}),
    "/invoices/{object_id}/link": Step(("draft",), {"transactionId": "{paid}"}),
    "/invoices/{object_id}/issue": Step(("draft",)),
    "/invoices/{object_id}/payment-link": Step(("invoice",), {"amount": "1.00"}, "The payment link is ready."),
    "/invoices/{object_id}/send": Step(("invoice",), {"to": "jane@example.com"}),
    "/invoices/{object_id}/correct": Step(("invoice",), {"reason": "Typo", "changes.notes": "Thanks."}),
    "/invoices/{object_id}/credit": Step(("invoice",), {"reason": "Broken cup", "lines.0": "1.00"}),
    "/invoices/{object_id}/void": Step(("invoice",), {"reason": "Twice"}),
    "/invoices/{object_id}/regenerate": Step(("invoice",)),
    "/invoices/{object_id}/delete": Step(("draft",)),
    "/credit-notes/{object_id}/send": Step(("credit_note",)),
    "/clients/new": Step((), {"email": "walk-{role}@example.com"}, "walk-{role}@example.com"),
    "/clients/{object_id}/edit": Step(("client",), {"name": "Jane Walker"}, "Jane Walker"),
    "/clients/{object_id}/delete": Step(("client",)),
    "/domains/{object_id}/check": Step(("domain",)),
    "/domains/new": Step((), {"name": "pay-{role}.shop.example"}, "pay.shop.example"),
    "/domains/{object_id}/remove": Step(("domain",)),
    "/setup/checkout": Step((), {}, "The checkout is ready."),
    **{
        f"/providers/new/{name}": Step((), {"label": f"New {name}", **values}, f"New {name}")
        for name, values in ACCOUNTS.items()
    },
    **{
        f"/providers/{{object_id}}/edit-{name}": Step((name,), {"label": f"Changed {name}"}, f"Changed {name}")
        for name in ACCOUNTS
    },
    "/providers/{object_id}/test": Step(("stripe",), {}, "No check failed."),
    "/providers/{object_id}/register": Step(("stripe",)),
    "/providers/{object_id}/disable": Step(("stripe",)),
    "/providers/{object_id}/enable": Step(("mollie",)),
    "/providers/{object_id}/delete": Step(("paypal",)),
    "/sites/new": Step((), {"name": "Second shop"}, "Secret of notifications"),
    "/sites/{object_id}/providers": Step(("site",)),
    "/sites/{object_id}/edit": Step(("site",), {"name": "Coffee shop"}, "Coffee shop"),
    "/sites/{object_id}/secret": Step(("site",), {}, "Secret of notifications"),
    "/sites/{object_id}/delete": Step(("site",)),
    "/document-templates/new": Step((), {"name": "New design"}, "New design"),
    "/document-templates/{object_id}/edit": Step(("document_template",), {"name": "Other design"}, "Other design"),
    "/document-templates/{object_id}/publish": Step(("document_template",)),
    "/document-templates/{object_id}/delete": Step(("document_template",)),
    "/messages/{object_id}/resend": Step(("message",)),
    "/settings/messages/announcements": Step((), {"replyTo": "office@example.com"}),
    "/settings/messages/server": Step((), {"smtpHost": "mail.example.com", "senderAddress": "office@example.com"}),
    "/settings/messages/no-server": Step(()),
    "/settings/messages/slack": Step((), {"slackEvents[payment.failed]": "on"}),
    "/settings/messages/no-slack": Step(()),
    "/settings/messages/test": Step((), {"to": "office@example.com"}),
    "/settings/message-templates/{event}/{channel}/{language}/draft": Step(
        ("other_event", "channel", "other_language"), {"subject": "Thanks"}
    ),
    "/settings/message-templates/{event}/{channel}/{language}/edit": Step(_PLACE, {"subject": "Thanks"}),
    "/settings/message-templates/{event}/{channel}/{language}/publish": Step(_PLACE),
    "/settings/message-templates/{event}/{channel}/{language}/reset": Step(_PLACE),
    "/settings/message-templates/{event}/{channel}/{language}/discard": Step(
        ("chat_event", "chat_channel", "chat_language")
    ),
    "/settings/organization/edit": Step((), {"name": "Walk GmbH"}, "Walk GmbH"),
    "/settings/invoicing/general": Step((), {"autoPaymentLinkExpiresInHours": "24"}),
    "/settings/invoicing/company": Step((), {"companyName": "Walk AG"}, "Walk AG"),
    "/settings/invoicing/invoice-numbers": Step((), {"invoiceNumberLayout.prefix": "W"}),
    "/settings/invoicing/credit-note-numbers": Step((), {"creditNoteNumberLayout.prefix": "C"}),
    "/settings/invoicing/e-invoices": Step((), {"eInvoice.allowedFormats[zugferd]": "on"}),
    "/settings/encryption/service": Step((), {"kms": "local"}),
    "/settings/encryption/rotate": Step((), _MODE),
    "/settings/installation-encryption/service": Step((), {"kms": "local"}),
    "/settings/installation-encryption/rotate": Step((), _MODE),
    "/api-keys/new": Step((), _KEY, "API key"),
    "/api-keys/{object_id}/edit": Step(("key",), {"label": "Changed"}, "Changed"),
    "/api-keys/{object_id}/rotate": Step(("key",), {"overlapHours": "1"}, "API key"),
    "/api-keys/{object_id}/revoke": Step(("key",)),
    "/api-keys/{object_id}/delete": Step(("key",)),
    "/members/new": Step((), _PERSON, "Link for the person"),
    "/members/{object_id}/role": Step(("colleague",), {"role": "support"}),
    "/members/{object_id}/invite": Step(("invited",), {}, "Link for the person"),
    "/members/{object_id}/end-sessions": Step(("colleague",)),
    "/members/{object_id}/remove": Step(("colleague",)),
    "/organizations/new": Step((), {"name": "Delta GmbH"}, "Delta GmbH"),
    "/operators/new": Step((), _PERSON, "Link for the person"),
    "/operators/{object_id}/end-sessions": Step(("other_operator",)),
    "/operators/{object_id}/remove": Step(("other_operator",)),
    "/system-keys/new": Step((), _SYSTEM_KEY, "API key"),
    "/system-keys/{object_id}/edit": Step(("system_key",), {"label": "Changed"}, "Changed"),
    "/system-keys/{object_id}/rotate": Step(("system_key",), {"overlapHours": "1"}, "API key"),
    "/system-keys/{object_id}/revoke": Step(("system_key",)),
    "/system-keys/{object_id}/delete": Step(("system_key",)),
    "/operations/dead-letters/{number}/redrive": Step(("letter",), {}, "Processed again: 1"),
    "/operations/dead-letters": Step((), {}, "Processed again: 1"),
    "/account/passkeys/{object_id}/rename": Step(("passkey",), {"label": "Laptop"}, "Laptop"),
    "/account/passkeys/{object_id}/remove": Step(("spare_passkey",)),
    "/account/sessions/{object_id}/end": Step(("other_session",)),
    "/account/accept": Step((), {"token": "{invitation}"}),
    "/settings/encryption/shred": Step((), {"confirm": "{organization}", "reason": "End of the walk"}),
    "/settings/organization/close": Step((), {}, "Choose an organization"),
    "/account/sign-out-everywhere": Step((), {}, "Sign in with a passkey"),
}
"""By path, in the order in which they are performed."""

ON_EVERY_PAGE: Final = frozenset({"/select", "/sign-out"})
"""Choices and the end of a session: the walk uses them on its way."""
NEVER_SHOWN: Final[Mapping[str, str]] = {
    "/invoices/compute": "the script of a draft's form loads its totals by it",
    "/providers/new": "a new provider is sent from the page of its type",
    "/settings/message-templates/preview": "a frame, and a button of the form of the texts that is sent into it",
}
"""Addresses that take a form which no page has, and why."""
FILES: Final = frozenset(
    {
        "/payments.csv",
        "/invoices.csv",
        "/invoices/{object_id}/proforma.pdf",
        "/invoices/{object_id}/payments/{payment_id}/receipt.pdf",
        "/credit-notes.csv",
        *(f"/{kind}/{{object_id}}/{name}" for kind in ("invoices", "credit-notes") for name in DOCUMENTS),
        "/document-templates/{object_id}/proof.pdf",
    }
)
"""What links download."""
STREAMS: Final = frozenset({"/events/stream", "/settings/invoicing/next-number"})
"""What scripts load; no link leads to it."""
