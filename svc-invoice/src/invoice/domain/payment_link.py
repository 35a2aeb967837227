"""The payment page of an invoice."""

from dataclasses import dataclass
from datetime import datetime

from gateway_contracts.encrypted import EncryptedValue


@dataclass(frozen=True)
class PaymentLink:
    """A checkout by which an invoice can be paid. Without ``url`` it is an intent: the page is still to be made.

    Attributes:
        amount: what the page asks for, in minor units.
        hours: how long the page holds, from when it is made.
        url: its address; who knows it sees the checkout.
    """

    checkout_id: str
    amount: int
    hours: int
    expires_at: datetime | None = None
    url: EncryptedValue | None = None
