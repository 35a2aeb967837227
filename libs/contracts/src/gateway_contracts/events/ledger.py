"""Facts about the ledger, written by svc-transaction."""

from datetime import datetime
from typing import ClassVar

from gateway_contracts.base import Contract
from gateway_contracts.envelope import EventData


class BookedAmounts(Contract):
    """Effect of one ledger entry in one currency, in minor units; negative where an entry takes something back.

    Attributes:
        captured: of sales.
        refunded: of sales, confirmed.
        disputed: withdrawn in a dispute, or lost in one.
        fees: of the provider, for payments and disputes.
    """

    currency: str
    captured: int = 0
    refunded: int = 0
    disputed: int = 0
    fees: int = 0


class BookedEntry(Contract):
    """One ledger entry of a transaction; kind and reference are unique within it."""

    kind: str
    """What happened, such as ``capture``."""
    reference: str
    amounts: tuple[BookedAmounts, ...] = ()


class LedgerPostedV1(EventData):
    """Entries were booked without a change of the transaction's status, such as a fee or a partial refund.

    Entries that come with a change of status are in the event of that change, as ``booked``.
    """

    TYPE: ClassVar[str] = "ledger.posted.v1"
    transaction_id: str
    checkout_id: str
    site_id: str
    provider_id: str
    provider_type: str
    booked: tuple[BookedEntry, ...]
    occurred_at: datetime
