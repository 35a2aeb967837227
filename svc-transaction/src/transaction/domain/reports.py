"""Reports of a provider about one payment, matched or not. No personal data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway_contracts.events.transaction import PaymentMethod
from gateway_contracts.money import Money
from gateway_contracts.requests.dispute import DisputeKind
from gateway_contracts.requests.transaction import Failure
from transaction.domain.states import Trigger


@dataclass(frozen=True, kw_only=True)
class Report:
    """The part that all reports share.

    Attributes:
        label: the provider's kind of report, where it says more than the trigger (``refund_pending``).
        transaction_id: our marker at the provider.
        refund_id: our marker on the refund that the report is about.
        provider_object_id: the provider's id of the refund, dispute, fee or transfer.
    """

    trigger: Trigger
    event_type: str
    provider_status: str
    occurred_at: datetime
    label: str | None = None
    provider_payment_id: str | None = None
    transaction_id: str | None = None
    refund_id: str | None = None
    provider_object_id: str | None = None
    amount: Money | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentReported(Report):
    """The state of a payment (captured, authorized, declined, canceled, ...), or anything that has no type here."""

    failure: Failure | None = None
    method: PaymentMethod | None = None


@dataclass(frozen=True, kw_only=True)
class RefundReported(Report):
    """The state of a refund."""

    state: Literal["pending", "succeeded", "failed"]
    failure: Failure | None = None


@dataclass(frozen=True, kw_only=True)
class DisputeReported(Report):
    """A dispute, its state or its money.

    Attributes:
        state: None when only money moved.
        funds: what happened to the money.
        withdrawn: how much of it the provider holds back after that, in minor units, where it says so.
    """

    kind: DisputeKind
    state: Literal["open", "under_review", "won", "lost"] | None = None
    funds: Literal["withdrawn", "reinstated"] | None = None
    withdrawn: int | None = None


@dataclass(frozen=True, kw_only=True)
class FeeReported(Report):
    """The provider's fee, and its exchange of the money; without either, both have to be fetched.

    Attributes:
        exchange: what went and what came in the provider's currency.
        rounding: what the provider's units lost in ours.
    """

    fee_of: Literal["payment", "dispute"] = "payment"
    exchange: tuple[Money, Money] | None = None
    rounding: Money | None = None

    @property
    def lookup(self) -> str | None:
        """The provider's name of a fee that is only named."""
        return self.provider_object_id if self.amount is None and self.exchange is None else None


@dataclass(frozen=True, kw_only=True)
class PayoutReported(Report):
    """The provider paid the money out to its merchant."""


@dataclass(frozen=True, kw_only=True)
class TransferReceived(Report):
    """Money on the bank account; ``provider_object_id`` is the transfer's id there."""


ProviderReport = PaymentReported | RefundReported | DisputeReported | FeeReported | PayoutReported | TransferReceived


def needs_capture(report: ProviderReport) -> bool:
    """Whether it makes sense only for a payment that was captured."""
    return isinstance(report, RefundReported) or (isinstance(report, DisputeReported) and report.kind != "inquiry")
