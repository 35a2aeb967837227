"""Changes that pages offer, declared: the operation of the API, its fields, and when it makes sense to show it.

Whether it is allowed is decided by the API alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from admin_api.console.api import Answer
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from gateway_contracts.amount_format import from_minor
from gateway_contracts.money import Money
from gateway_providers.registry import transfer_types

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """One field of a form.

    Attributes:
        name: as the API names it.
        kind: ``amount`` is typed in major units of the row's currency; ``moment`` in UTC.
    """

    name: str
    title: str
    kind: Literal["text", "amount", "moment", "choice", "flag"] = "text"
    choices: tuple[str, ...] = ()
    is_required: bool = True
    hint: str = ""
    length_max: int = 200


@dataclass(frozen=True)
class Action:
    """One form below an object.

    Attributes:
        slug: last part of the form's address.
        path: of the API's operation (``POST``); the row's id takes the place of the parameter.
        warning: what the person confirms.
        states: the row's status must be one of these; empty: any.
        positive: a field of the row that must be above 0.
        by_transfer: the row's money must come by bank transfer.
        copied: fields of the row that the API wants beside those of the form.
    """

    slug: str
    title: str
    path: str
    warning: str
    fields: tuple[Field, ...] = ()
    is_final: bool = False
    states: tuple[str, ...] = ()
    positive: str | None = None
    by_transfer: bool = False
    copied: tuple[str, ...] = ()

    def fits(self, row: Row) -> bool:
        """Whether it makes sense for the object as it is now."""
        return (
            (not self.states or row["status"] in self.states)
            and (self.positive is None or row[self.positive] > 0)
            and (not self.by_transfer or row["providerType"] in transfer_types())
        )


class Unfit(ValueError):
    """A field of a form that cannot be read.

    Attributes:
        field: its name.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


_UNPAID: Final = ("initiated", "pending_provider")
_IPN: Final = Field(
    "dispatchIpn",
    N_("Notify the shop"),
    "flag",
    is_required=False,
    hint=N_("Sends the new status to the shop's server."),
)

PAYMENT_ACTIONS: Final = (
    Action(
        "refund",
        N_("Refund"),
        "/transactions/{transaction_id}/refunds",
        N_("The money goes back to the customer. A refund cannot be undone."),
        (
            Field("amount", N_("Amount"), "amount"),
            Field("reason", N_("Reason"), hint=N_("For your own records.")),
        ),
        is_final=True,
        positive="refundable",
    ),
    Action(
        "receipt",
        N_("Record a bank transfer"),
        "/transactions/{transaction_id}/receipts",
        N_("The money is booked. A bank reference is counted once."),
        (
            Field("amount", N_("Amount"), "amount"),
            Field("receivedAt", N_("Received (UTC)"), "moment"),
            Field("bankReference", N_("Bank reference"), length_max=140),
        ),
        states=_UNPAID,
        by_transfer=True,
        copied=("currency",),
    ),
    Action(
        "mark",
        N_("Set the result"),
        "/transactions/{transaction_id}/mark",
        N_("Records the result of a bank transfer as you know it."),
        (Field("outcome", N_("Result"), "choice", ("paid", "failed", "canceled")), _IPN),
        states=_UNPAID,
        by_transfer=True,
    ),
    Action(
        "cancel",
        N_("Cancel"),
        "/transactions/{transaction_id}/cancel",
        N_("The customer cannot complete this payment any more."),
        is_final=True,
        states=_UNPAID,
    ),
)

CASE_ACTIONS: Final = (
    Action("accept", N_("Accept"), "/cases/{case_id}/accept", N_("The money is booked as it is."), states=("open",)),
    Action(
        "refund",
        N_("Refund"),
        "/cases/{case_id}/refund",
        N_("The money goes back to the customer. A refund cannot be undone."),
        is_final=True,
        states=("open",),
    ),
    Action(
        "dismiss", N_("Dismiss"), "/cases/{case_id}/dismiss", N_("Closes the case and books nothing."), states=("open",)
    ),
)


def offered(actions: tuple[Action, ...], row: Row, visitor: Visitor) -> list[Action]:
    """The actions that make sense for the object and that the visitor may carry out."""
    return [action for action in actions if action.fits(row) and visitor.may("POST", action.path)]


async def carry_out(action: Action, object_id: str, row: Row, form: Mapping[str, str], visitor: Visitor) -> Answer:
    """Send the form to the API.

    Args:
        form: with ``key``, by which a form that is sent twice is carried out once.

    Raises:
        Unfit: a field that cannot be read.
    """
    body = {name: row[name] for name in action.copied}
    for field in action.fields:
        value = _value(field, form.get(field.name, "").strip(), row)
        if value is not None:
            body[field.name] = value
    return await visitor.api.ask("POST", path_of(action, object_id), body=body, key=form.get("key") or None)


def path_of(action: Action, object_id: str) -> str:
    """The operation's path for one object."""
    start, _, end = action.path.partition("{")
    return f"{start}{object_id}{end.partition('}')[2]}"


def _value(field: Field, text: str, row: Row) -> Any:
    if field.kind == "flag":
        return text == "on"
    if not text:
        if field.is_required:
            raise Unfit(field.name, N_("Please fill in this field."))
        return None
    if field.kind == "amount":
        return _amount(field, text, row)
    return f"{text}:00Z" if field.kind == "moment" and len(text) == len("2030-01-31T12:00") else text


def _amount(field: Field, text: str, row: Row) -> int:
    """An amount as the API takes it. A comma is a decimal sign too; signs between thousands are refused."""
    try:
        money = Money.from_decimal_text(text.replace(",", "."), row["currency"])
    except ValueError as exc:
        raise Unfit(field.name, N_("Write the amount in digits, such as 12.50.")) from exc
    return from_minor(money.amount_minor, row["currency"], row.get("amountFormat", "minor"))
