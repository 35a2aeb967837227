"""Changes that pages offer, declared: the operation of the API, its fields, and when it makes sense to show it.

Whether it is allowed is decided by the API alone.
"""

from dataclasses import dataclass
from typing import Final

from admin_api.console.forms.fields import Field, Row
from admin_api.console.forms.form import Form
from admin_api.console.translations import N_
from gateway_providers.registry import transfer_types


@dataclass(frozen=True)
class Action(Form):
    """One form below a payment, a case or a document.

    Attributes:
        states: the row's status must be one of these; empty: any.
        state_field: where the row has its status.
        positive: a field of the row that must be above 0, or true.
        by_transfer: the row's money must come by bank transfer.
    """

    states: tuple[str, ...] = ()
    positive: str | None = None
    by_transfer: bool = False
    state_field: str = "status"

    def fits(self, row: Row) -> bool:
        """Whether it makes sense for the object as it is now."""
        return (
            super().fits(row)
            and (not self.states or row[self.state_field] in self.states)
            and (self.positive is None or row[self.positive] > 0)
            and (not self.by_transfer or row["providerType"] in transfer_types())
        )


_UNPAID: Final = ("initiated", "pending_provider")
NOTIFY_SHOP: Final = Field(
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
        (Field("outcome", N_("Result"), "choice", ("paid", "failed", "canceled")), NOTIFY_SHOP),
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
    Action(
        "delete",
        N_("Delete"),
        "/transactions/{transaction_id}",
        N_("The attempt disappears from all lists. Only one without money can be deleted."),
        is_final=True,
        states=("initiated", "failed", "canceled"),
        verb="DELETE",
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
