"""Changes of a transaction of which the merchant is notified, and their numeric statuses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gateway_contracts.requests.ipn import DISPUTES_NOTIFIED, NOTIFIED, delivery_id_of
from gateway_contracts.requests.transaction import NUMERIC_STATUS

IpnVersion = Literal[1, 2]

_TAKEN_BACK: Final = frozenset({"lost", "accepted"})
# Once a checkout is paid, the end of another attempt of it is of no interest.
POINTLESS_AFTER_SUCCESS: Final = frozenset({-2, -1, 0, 2})
SUCCEEDED: Final = NUMERIC_STATUS["succeeded"]
CHARGEBACK: Final = NUMERIC_STATUS["chargeback"]


@dataclass(frozen=True)
class Change:
    """One change of one transaction, as far as notifications care.

    Attributes:
        event_id: of the event that says so; the delivery id follows from it.
        event_version: the transaction's version; grows with every change.
        notified: false when it makes no notification: an operator changed it quietly, or its version does not say it.
        dispute_id: the dispute that it is about.
    """

    event_id: str
    transaction_id: str
    ipn_status: int
    event_version: int
    notified: bool = True
    dispute_id: str | None = None

    @property
    def delivery_id(self) -> str:
        """The same for the same event, however often it is delivered to us."""
        return delivery_id_of(self.event_id)


@dataclass(frozen=True)
class Facts:
    """Content of the body besides ids."""

    external_reference: str | None
    invoice_number: str | None
    session_public_id: str
    occurred_at: datetime
    dispute_id: str | None = None
    dispute_status: str | None = None
    credit_note_id: str | None = None
    credit_note_number: str | None = None


def takes_back(status: str) -> bool:
    """Whether a dispute that ended so took the money: then a credit note follows where there is an invoice."""
    return status in _TAKEN_BACK


def ipn_status_of(event_type: str) -> int | None:
    """The numeric status that the merchant gets for that event; None for none."""
    return NOTIFIED.get(event_type)


def says_dispute(ipn_version: IpnVersion, ipn_status: int) -> bool:
    """Whether the version has a word for that news of a dispute.

    Receivers of version 2 book a 1 as a payment: that a dispute was won is left to people there.
    """
    return ipn_version == 1 or ipn_status == CHARGEBACK


def ipn_status_of_dispute(event_type: str, *, kind: str, status: str, transaction_status: str) -> int | None:
    """The numeric status that the merchant gets for news about a dispute; None for none.

    Its opening and its decision are notified, an inquiry never. A dispute that was won leaves the transaction as it is.
    """
    if kind == "inquiry" or event_type not in DISPUTES_NOTIFIED:
        return None
    if event_type == "dispute.opened.v1":
        return CHARGEBACK
    return CHARGEBACK if status in _TAKEN_BACK else NUMERIC_STATUS[transaction_status]
