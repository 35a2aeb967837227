"""Money of an invoice: what came, what went back, and what is still to be paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

_OF_THE_INVOICE = ("credited", "voided")


@dataclass(frozen=True)
class Method:
    """How it was paid; see `gateway_contracts.events.transaction.PaymentMethod`."""

    type: str
    brand: str | None = None
    last4: str | None = None


@dataclass(frozen=True)
class Settlement:
    """One payment of an invoice, or the money that went back with a credit note. Minor units.

    Attributes:
        session_hash: SHA-256 of the checkout session's public id: a caller that knows the id may fetch the document.
        refunded: what went back of it, by refunds and lost disputes.
        at_issue: whether it came before the issue: then the document states it, and it never changes but for
            ``refunded``.
    """

    transaction_id: str
    checkout_id: str
    session_hash: str
    provider_type: str
    paid_at: datetime
    settled: int
    refunded: int = 0
    method: Method | None = None
    at_issue: bool = True


@dataclass(frozen=True)
class Uncredited:
    """Money that went back without a credit note, such as a surplus; ``origin_id`` is the refund or dispute."""

    origin_id: str
    amount: int


@dataclass(frozen=True)
class Balance:
    """Where an invoice stands, in minor units.

    Attributes:
        refunded: at most ``settled``: what was taken back twice, by a refund and a dispute, is no more than was paid.
    """

    total: int
    settled: int
    refunded: int
    credited: int

    @property
    def outstanding(self) -> int:
        """The amount that is still to be paid."""
        return max(0, self.total - self.credited - (self.settled - self.refunded))

    @property
    def surplus(self) -> int:
        """Money beyond what is owed: it goes back without a credit note."""
        return max(0, (self.settled - self.refunded) - (self.total - self.credited))


def balance_of(total: int, settlements: Sequence[Settlement], credited: int) -> Balance:
    """The balance of an invoice over ``total``."""
    settled = sum(one.settled for one in settlements)
    refunded = sum(min(one.refunded, one.settled) for one in settlements)
    return Balance(total, settled, refunded, credited)


def moved(settlements: Sequence[Settlement], transaction_id: str, amount: int) -> tuple[Settlement, ...]:
    """After so much of a payment went back; negative where it came again."""
    return tuple(
        replace(one, refunded=one.refunded + amount) if one.transaction_id == transaction_id else one
        for one in settlements
    )


def in_present_form(stored: Any) -> Any:
    """The fields of an invoice as earlier versions stored them, with one ``payment`` (ADR 0072)."""
    if not isinstance(stored, Mapping):
        return stored
    earlier: dict[str, Any] = {}
    if stored.get("draft_reason"):
        earlier["draft_reasons"] = (stored["draft_reason"],)
    if isinstance(payment := stored.get("payment"), Mapping):
        earlier["settlements"] = ({name: value for name, value in payment.items() if name not in _OF_THE_INVOICE},)
        earlier |= {name: payment[name] for name in _OF_THE_INVOICE if name in payment}
    return {**earlier, **stored}
