"""Changes of invoices and credit notes that their pages offer, declared."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from admin_api.console.actions import Action
from admin_api.console.forms.fields import Field, Row
from admin_api.console.forms.parties import party_fields
from admin_api.console.invoice_drafts import SCHEDULE
from admin_api.console.translations import N_
from gateway_contracts.limits import NOTES_CHARACTERS_MAX, REASON_CHARACTERS_MAX, REFERENCE_CHARACTERS_MAX
from gateway_contracts.notification_fields import MESSAGE_CHARACTERS_MAX
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX

ONE: Final = "/invoices/{invoice_id}"
CREDITED_LINES_MAX: Final = 50
"""Lines that a page offers to credit one by one; longer invoices are credited as a whole, or through the API."""
_DRAFT: Final = ("draft",)
_UNPAID: Final = ("open",)
_TO_PAY: Final = ("open", "partially_settled")
_LINKABLE: Final = (*_DRAFT, *_TO_PAY)
_LINE: Final = "lines."


def _is_issued(document: Row) -> bool:
    return bool(document["number"])


def _optional(name: str, title: str, **more: Any) -> Field:
    return Field(name, title, is_required=False, **more)


def _reason(title: str, hint: str = "") -> Field:
    return Field("reason", title, hint=hint, length_max=REASON_CHARACTERS_MAX)


NOTES: Final = _optional(
    "notes", N_("Notes"), kind="long", hint=N_("Printed below the lines."), length_max=NOTES_CHARACTERS_MAX
)


def _corrected(name: str, title: str, **more: Any) -> Field:
    """A text of the invoice; one that is left empty stays as it is."""
    return _optional(f"changes.{name}", title, source=name, **more)


def _send(path: str) -> Action:
    return Action(
        "send",
        N_("Send by e-mail"),
        path,
        N_("The PDF is attached. It is sent within moments; the result stands below."),
        (
            _optional(
                "to", N_("To"), kind="email", hint=N_("Empty: the client's address."), length_max=EMAIL_CHARACTERS_MAX
            ),
            _optional("message", N_("Message"), kind="long", length_max=MESSAGE_CHARACTERS_MAX),
        ),
        when=_is_issued,
    )


def _credited(body: dict[str, Any], invoice: Row) -> dict[str, Any]:
    """The body of a credit note: the invoice, the reason, and the lines that have an amount."""
    amounts: dict[str, int] = body.get("lines", {})
    lines = [{"line": int(number), "amount": amount} for number, amount in amounts.items()]
    return {"invoiceId": invoice["id"], "reason": body["reason"], "lines": lines}


INVOICE_ACTIONS: Final = (
    Action(
        "issue",
        N_("Issue"),
        f"{ONE}/issue",
        N_("The invoice gets its number for good. Afterwards amounts change by credit notes alone."),
        states=_DRAFT,
        state_field="state",
    ),
    Action(
        "schedule",
        N_("Issue by itself"),
        f"{ONE}/schedule",
        N_("The draft is issued at that time if nothing is missing then."),
        (SCHEDULE,),
        verb="PATCH",
        states=_DRAFT,
        state_field="state",
    ),
    Action(
        "payment-link",
        N_("Payment link"),
        f"{ONE}/payment-checkout",
        N_("A page on which the client pays this invoice."),
        (
            _optional("amount", N_("Amount"), kind="amount", hint=N_("Empty: all that is outstanding.")),
            _optional(
                "expireInHours",
                N_("Hours until it expires"),
                kind="number",
                hint=N_("1 to 3120. Empty: as in the invoicing settings."),
            ),
        ),
        states=_TO_PAY,
        state_field="state",
    ),
    _send(f"{ONE}/send-email"),
    Action(
        "link",
        N_("Link to a payment"),
        f"{ONE}/transaction",
        N_("A payment that has succeeded settles the invoice, wholly or in part. It settles one invoice only."),
        (Field("transactionId", N_("Payment id"), length_max=24),),
        verb="PUT",
        states=_LINKABLE,
        state_field="state",
    ),
    Action(
        "notes",
        N_("Change the notes"),
        f"{ONE}/notes",
        fields=(NOTES,),
        verb="PATCH",
        states=_DRAFT,
        state_field="state",
    ),
    Action(
        "correct",
        N_("Correct"),
        f"{ONE}/correct",
        N_("Amounts and lines stay. The correction is kept with its reason and stands in the register."),
        (
            _reason(N_("Reason of the correction"), N_("Kept in the trail of the invoice.")),
            _corrected("dueDate", N_("Due"), hint=N_("A day, such as 2026-01-31."), length_max=10),
            _corrected("paymentTerms", N_("Payment terms"), length_max=REASON_CHARACTERS_MAX),
            _corrected(
                "buyerReference", N_("Reference of the client"), hint=N_("Such as a Leitweg-ID."), length_max=64
            ),
            _corrected("orderReference", N_("Number of the client's order"), length_max=REFERENCE_CHARACTERS_MAX),
            _corrected("notes", N_("Notes"), kind="long", length_max=NOTES_CHARACTERS_MAX),
            *party_fields("changes.client", stored="buyer", group=N_("Client")),
        ),
        states=("open", "partially_settled", "settled", "overpaid", "credited", "partially_refunded", "refunded"),
        state_field="state",
        begins_filled=True,
    ),
    Action(
        "credit",
        N_("Create a credit note"),
        "/credit-notes",
        N_("Takes back all that is left, or the amounts of the lines that you fill in. It cannot be undone."),
        (_reason(N_("Reason"), N_("Printed on the credit note.")),),
        is_final=True,
        states=_UNPAID,
        state_field="state",
        shape=_credited,
    ),
    Action(
        "void",
        N_("Void"),
        f"{ONE}/void",
        N_("A credit note takes back the whole invoice, which is void from then on. It cannot be undone."),
        (_optional("reason", N_("Reason"), hint=N_("Printed on the credit note."), length_max=REASON_CHARACTERS_MAX),),
        is_final=True,
        states=_UNPAID,
        state_field="state",
    ),
    Action(
        "regenerate",
        N_("Make the PDF again"),
        f"{ONE}/regenerate-pdf",
        N_("The PDF is printed again from what the invoice says."),
        when=_is_issued,
    ),
    Action(
        "delete",
        N_("Delete the draft"),
        ONE,
        N_("The draft disappears without a trace."),
        verb="DELETE",
        is_final=True,
        states=_DRAFT,
        state_field="state",
    ),
)
CREDIT_NOTE_ACTIONS: Final = (_send("/credit-notes/{credit_note_id}/send-email"),)


def completed(actions: Sequence[Action], document: Row) -> list[Action]:
    """The actions with the fields that the document's lines give them."""
    return [_with_lines(action, document) if action.slug == "credit" else action for action in actions]


def _with_lines(action: Action, document: Row) -> Action:
    lines = document["lines"]
    if len(lines) > CREDITED_LINES_MAX:
        return action
    fields = (
        _optional(f"{_LINE}{number}", line["description"], kind="amount", group=N_("Lines") if number == 0 else "")
        for number, line in enumerate(lines)
    )
    return replace(action, fields=(*action.fields, *fields))
