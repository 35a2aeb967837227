"""Money of a sale that went back to its customer, or came again."""

from dataclasses import dataclass
from datetime import datetime

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.invoice import CreditReason
from invoice.domain.credit import ReturnedLine


@dataclass(frozen=True)
class Reversal:
    """A refund that succeeded or a dispute that was lost.

    Attributes:
        origin_id: the refund or dispute; it has one credit note.
        amount: gross, in minor units.
    """

    organization_id: str
    livemode: bool
    transaction_id: str
    reason: CreditReason
    origin_id: str
    amount: int
    currency: str
    occurred_at: datetime
    lines: tuple[ReturnedLine, ...] = ()

    @property
    def scope(self) -> Scope:
        """The tenant whose money it was."""
        return Scope(self.organization_id, self.livemode)
