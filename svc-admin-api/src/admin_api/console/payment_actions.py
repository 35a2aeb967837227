"""Changes of what belongs to a payment: its refunds, disputes and notifications."""

from typing import Final

from admin_api.console.actions import NOTIFY_SHOP, Action
from admin_api.console.forms.fields import Field
from admin_api.console.translations import N_

REFUND_ACTIONS: Final = (
    Action(
        "settle",
        N_("Set the result"),
        "/transactions/{transaction_id}/refunds/{refund_id}/settle",
        N_("Records whether you have paid this refund. The gateway does not transfer it."),
        (Field("outcome", N_("Result"), "choice", ("succeeded", "failed", "canceled")), NOTIFY_SHOP),
        states=("requested", "pending"),
        positive="manual",
    ),
)
DISPUTE_ACTIONS: Final = (
    Action(
        "state",
        N_("Set the state"),
        "/transactions/{transaction_id}/chargeback/{chargeback_id}",
        N_("Records where the dispute stands. Amounts and the customer's hold follow."),
        (Field("status", N_("State"), "choice", ("under_review", "won", "lost", "accepted")), NOTIFY_SHOP),
        states=("open", "under_review"),
        verb="PATCH",
    ),
)
DELIVERY_ACTIONS: Final = (
    Action(
        "resend",
        N_("Send again"),
        "/ipn/deliveries/{delivery_id}/resend",
        N_(
            "The same notification goes to the same address once more, with a new signature. The shop names the address"
            " with each order."
        ),
        states=("waiting", "delivered", "exhausted"),
        state_field="state",
    ),
)
