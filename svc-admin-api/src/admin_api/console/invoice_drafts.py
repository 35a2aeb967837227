"""A draft of an invoice as a person types it: any number of lines, and everything else that it says."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from admin_api.console.forms.document_templates import LANGUAGES
from admin_api.console.forms.fields import Field, Options, Row, body_of, texts_of
from admin_api.console.forms.form import Form
from admin_api.console.forms.parties import party_fields
from admin_api.console.invoice_words import CATEGORIES
from admin_api.console.translations import N_
from gateway_contracts import languages
from gateway_contracts.limits import (
    ITEM_DESCRIPTION_CHARACTERS_MAX,
    ITEMS_MAX,
    LINE_CHARACTERS_MAX,
    NOTES_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    REFERENCE_CHARACTERS_MAX,
)
from gateway_contracts.money import Money

_LINE: Final = re.compile(r"items\[(\d{1,4})\]\.(\w+)")
_AMOUNT_TYPE: Final = "amountType"
_ITEM_TYPE: Final = "itemType"
"""What is sold, as the API names it: a form keeps it and does not ask for it."""


def _optional(name: str, title: str, kind: Any = "text", **more: Any) -> Field:
    return Field(name, title, kind, is_required=False, **more)


def _treatment(prefix: str) -> tuple[Field, ...]:
    return (
        _optional(f"{prefix}taxRate", N_("VAT rate (%)"), length_max=10),
        _optional(f"{prefix}category", N_("VAT category"), "choice", choices=tuple(CATEGORIES), words=CATEGORIES),
        _optional(f"{prefix}reason", N_("Reason for no VAT"), length_max=LINE_CHARACTERS_MAX),
    )


LINE_FIELDS: Final = (
    Field("description", N_("Description"), length_max=ITEM_DESCRIPTION_CHARACTERS_MAX),
    Field("quantity", N_("Quantity"), length_max=32, start="1"),
    _optional("unit", N_("Unit"), length_max=3),
    Field("unitPrice", N_("Unit price"), "amount", length_max=20),
    *_treatment(""),
)
_LINE_TEXTS: Final = ("description", "unit", "taxRate", "category", "reason", _ITEM_TYPE)
SITE: Final = Field("siteId", N_("Site"), "choice", options=Options("/sites", "sites", "name"))
HEAD: Final = (
    Field("currency", N_("Currency"), start="EUR", length_max=3),
    Field(
        _AMOUNT_TYPE,
        N_("Prices are"),
        "choice",
        ("gross", "net"),
        words={"gross": N_("with VAT"), "net": N_("without VAT")},
        start="gross",
    ),
    _optional(
        "language",
        N_("Language"),
        "choice",
        choices=languages.LANGUAGES,
        words=LANGUAGES,
        hint=N_("Empty: as in the settings."),
    ),
)
CLIENT: Final = _optional("clientId", N_("Client"), "choice", hint=N_("One of yours, or the one that you write below."))
TYPED: Final = party_fields("client", stored="buyer")
DELIVERY: Final = party_fields("shippingAddress", stored="shippingAddress")
CHARGES: Final = (
    _optional("discount.amount", N_("Discount on everything"), "amount", length_max=20),
    _optional("discount.description", N_("Text of the discount"), length_max=LINE_CHARACTERS_MAX),
    _optional("shipping.amount", N_("Shipping"), "amount", length_max=20),
    _optional("shipping.description", N_("Text of the shipping"), length_max=LINE_CHARACTERS_MAX),
    *(
        replace(one, title=title)
        for one, title in zip(
            _treatment("shipping."),
            (N_("VAT rate of the shipping (%)"), N_("VAT category of the shipping"), N_("Reason for no VAT on it")),
            strict=True,
        )
    ),
)
ACCOUNTING: Final = (
    _optional(
        "accountingRate.currency",
        N_("Accounting currency"),
        hint=N_("VAT is stated in it as well, by this rate."),
        length_max=3,
    ),
    _optional("accountingRate.rate", N_("Exchange rate"), length_max=32),
    _optional("accountingRate.source", N_("Who published the rate"), length_max=LINE_CHARACTERS_MAX),
    _optional("accountingRate.date", N_("Day of the rate"), hint=N_("A day, such as 2026-01-31."), length_max=10),
)
TERMS: Final = (
    _optional("dueDate", N_("Due"), hint=N_("A day, such as 2026-01-31."), length_max=10),
    _optional("paymentTerms", N_("Payment terms"), length_max=REASON_CHARACTERS_MAX),
    _optional("externalReference", N_("Reference"), length_max=REFERENCE_CHARACTERS_MAX),
    _optional("buyerReference", N_("Reference of the client"), hint=N_("Such as a Leitweg-ID."), length_max=64),
    _optional("orderReference", N_("Number of the client's order"), length_max=REFERENCE_CHARACTERS_MAX),
    *ACCOUNTING,
    _optional("notes", N_("Notes"), "long", hint=N_("Printed below the lines."), length_max=NOTES_CHARACTERS_MAX),
)
SCHEDULE: Final = _optional(
    "scheduledFinalizeAt", N_("Issue by itself at (UTC)"), "moment", hint=N_("Empty: it is issued by hand.")
)
_DOCUMENT: Final = (*HEAD, CLIENT, *TYPED, *DELIVERY, *CHARGES, *TERMS, SCHEDULE)
NEW: Final = Form("new", N_("New invoice"), "/invoices")
EDIT: Final = Form("edit", N_("Change the draft"), "/invoices/{invoice_id}", verb="PUT")
PREVIEW: Final = Form("compute", N_("Compute"), "/invoices/preview")
FROM_PAYMENT: Final = Form(
    "invoice",
    N_("Create an invoice"),
    "/invoices/from-transaction/{transaction_id}",
    N_("A draft over the order of this payment, which the payment settles."),
)
INPUTS_MAX: Final = ITEMS_MAX * (len(LINE_FIELDS) + 1) + len(_DOCUMENT) + 8


@dataclass(frozen=True)
class Draft:
    """Content of the form.

    Attributes:
        texts: by the names of the inputs, without those of lines.
        lines: texts of each line by the names of `LINE_FIELDS`.
    """

    texts: Mapping[str, str]
    lines: tuple[Mapping[str, str], ...]

    @property
    def currency(self) -> str:
        """As it is typed, in capitals."""
        return self.texts.get("currency", "").strip().upper()

    def replacing(self, stored: "Draft") -> dict[str, Any]:
        """The body that replaces that draft; without a typed client that was not changed, so that all of it stays."""
        body = self.body()
        if all(self.texts.get(one.name, "") == stored.texts.get(one.name, "") for one in TYPED):
            body.pop("client", None)
        return body

    def filled(self) -> dict[str, str]:
        """All texts by the names of the inputs."""
        return dict(self.texts) | {
            f"items[{place}].{name}": text for place, line in enumerate(self.lines) for name, text in line.items()
        }

    def written(self) -> "Draft":
        """Without lines that are empty."""
        return replace(self, lines=tuple(line for line in self.lines if _is_written(line)))

    def with_line(self) -> "Draft":
        """With one more line, which has the VAT of the one before."""
        before = self.lines[-1] if self.lines else {}
        kept = {name: before[name] for name in ("taxRate", "category", "reason") if before.get(name)}
        return replace(self, lines=(*self.lines, {"quantity": "1", **kept})[:ITEMS_MAX])

    def without_line(self, number: int) -> "Draft":
        """Without the line of that place."""
        return replace(self, lines=self.lines[:number] + self.lines[number + 1 :])

    def body(self) -> dict[str, Any]:
        """The draft as the API takes it.

        Raises:
            Unfit: a field that cannot be read.
        """
        row = {"currency": self.currency}
        body = body_of(_DOCUMENT, {**self.texts, "currency": self.currency}, row, clears=False)
        terms = body.pop(_AMOUNT_TYPE)
        filled = self.filled()
        items = [body_of(line_fields(place), filled, row, clears=False) for place in range(len(self.lines))]
        kinds = [{_ITEM_TYPE: line[_ITEM_TYPE]} if line.get(_ITEM_TYPE) else {} for line in self.lines]
        body["items"] = [
            item[f"items[{place}]"] | kind | {_AMOUNT_TYPE: terms}
            for place, (item, kind) in enumerate(zip(items, kinds, strict=True))
        ]
        return body


def line_fields(place: int) -> tuple[Field, ...]:
    """The fields of one line, named as the API names its place."""
    return tuple(replace(one, name=f"items[{place}].{one.name}") for one in LINE_FIELDS)


def empty_draft(client_id: str | None = None) -> Draft:
    """A new draft with one line."""
    starts = {one.name: one.start for one in _DOCUMENT if one.start}
    return Draft(starts | ({"clientId": client_id} if client_id else {}), ({"quantity": "1"},))


def typed_draft(filled: Mapping[str, str]) -> Draft:
    """The draft of a form that was sent; its lines in the order of their places."""
    lines: dict[int, dict[str, str]] = {}
    for name, text in filled.items():
        if found := _LINE.fullmatch(name):
            lines.setdefault(int(found[1]), {})[found[2]] = text
    texts = {name: text for name, text in filled.items() if _LINE.fullmatch(name) is None}
    return Draft(texts, tuple(lines[place] for place in sorted(lines)))


def stored_draft(invoice: Row) -> Draft:
    """A draft that is stored; what came from a payment has its lines as items."""
    texts = texts_of(_DOCUMENT, invoice) | {_AMOUNT_TYPE: invoice[_AMOUNT_TYPE], "siteId": invoice["siteId"]}
    if invoice["clientId"]:
        texts = {name: text for name, text in texts.items() if not name.startswith("client.")}
    discount = sum(one["total"] for one in invoice["allowances"]) if not invoice["items"] else 0
    amounts = {
        "discount.amount": (invoice["discount"] or {}).get("amount") or discount,
        "shipping.amount": (invoice["shipping"] or {}).get("amount"),
    }
    currency = invoice["currency"]
    texts |= {name: _major(amount, currency) for name, amount in amounts.items() if amount}
    items: Iterable[Row] = invoice["items"] or [
        {**line, "taxRate": line["vatRate"], "category": None, "reason": None} for line in invoice["lines"]
    ]
    return Draft(texts, tuple(_line_of(item, currency) for item in items))


def _line_of(item: Row, currency: str) -> dict[str, str]:
    named = {name: item[name] for name in _LINE_TEXTS if item.get(name)}
    quantity = format(Decimal(str(item["quantity"])), "f")
    return {**named, "quantity": quantity, "unitPrice": _major(item["unitPrice"], currency)}


def _major(amount: int, currency: str) -> str:
    return Money(amount, currency).decimal_text()


def _is_written(line: Mapping[str, str]) -> bool:
    """Whether something was typed beside what a new line has by itself."""
    return any(line.get(name, "").strip() for name in ("description", "unitPrice"))
