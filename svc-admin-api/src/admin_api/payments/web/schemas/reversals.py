"""Refunds, disputes, cases and manual payments: what is sent and answered."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from admin_api.payments.web.schemas.address import AddressIn
from admin_api.payments.web.schemas.checkout import Amount, Currency, ItemIn, Metadata, Reference
from admin_api.shared.web.schemas.base import ObjectId, View
from admin_api.shared.web.schemas.moments import Moment
from admin_api.shared.web.schemas.urls import Url
from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.bodies import Body, ChangeBody, Part
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Email
from gateway_contracts.limits import ITEMS_MAX, QUANTITY_MAX, REASON_CHARACTERS_MAX
from gateway_contracts.requests.dispute import DisputeRecord, DisputeStatus, HoldRecord
from gateway_contracts.requests.operation import CreateManualTransaction
from gateway_contracts.requests.refund import CreateRefund, RefundRecord


class RefundLineIn(Part):
    """How much of one line of the sale goes back."""

    line: int = Field(ge=0, lt=ITEMS_MAX, description="Counts the checkout's items from 0.")
    amount: Amount
    quantity: int | None = Field(None, ge=1, le=QUANTITY_MAX)


class RefundIn(Body):
    """Money that goes back. Without an amount: that of the lines, else all that is left."""

    amount: Amount | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=REASON_CHARACTERS_MAX, strip_whitespace=True)] = (
        Field(
            description="For your own records; kept encrypted. Providers get it only if it is one of their words.",
            examples=["requested_by_customer"],
        )
    )
    lines: list[RefundLineIn] = Field(default=[], max_length=ITEMS_MAX, description="Their sum must be the amount.")
    dispatch_ipn: bool = True

    def command(self, refund_id: str, transaction_id: str) -> CreateRefund:
        """The request to the owner of refunds."""
        return CreateRefund(
            refund_id=refund_id,
            transaction_id=transaction_id,
            amount=self.amount,
            reason=self.reason,
            lines=tuple(RefundLine(line=line.line, amount=line.amount, quantity=line.quantity) for line in self.lines),
            dispatch_ipn=self.dispatch_ipn,
        )


class RefundListView(View):
    """All refunds of one transaction, the oldest first."""

    refunds: list[RefundRecord]


class SettleRefundIn(Body):
    """The result of a manual refund."""

    outcome: Literal["succeeded", "failed", "canceled"] = Field(description="succeeded: you paid it.")
    dispatch_ipn: bool = False


class ChargebackPatch(ChangeBody):
    """Where a dispute stands, by your word."""

    status: DisputeStatus = Field(description="open, under_review, won, lost or accepted.")
    dispatch_ipn: bool = False


class ChargebackListView(View):
    """All disputes of one transaction, the oldest first."""

    chargebacks: list[DisputeRecord] = Field(validation_alias="disputes")


class HoldListView(View):
    """Customers on hold, newest first, at most 100."""

    holds: list[HoldRecord]


class ResolveCaseIn(Body):
    """A decision about a case."""

    dispatch_ipn: bool = True


class MarkIn(Body):
    """The result of a bank transfer, as recorded by the merchant."""

    outcome: Literal["paid", "failed", "canceled"] = Field(description="paid: all of the money arrived.")
    dispatch_ipn: bool = False


class ManualTransactionIn(Body):
    """A payment that was made elsewhere: cash, or a transfer outside of any checkout."""

    site_id: ObjectId
    amount: Amount
    currency: Currency
    received_at: Moment
    email: Email | None = None
    external_reference: Reference | None = Field(None, description="Your order's number.", examples=["ORDER-1001"])
    invoice_number: Reference | None = None
    client_id: ObjectId | None = None
    items: list[ItemIn] = Field(default=[], max_length=ITEMS_MAX, description="Their sum must be the amount.")
    billing_address: AddressIn | None = None
    metadata: Metadata = Field(default_factory=dict)
    ipn_url: Url | None = None
    dispatch_ipn: bool = False

    def command(self, transaction_id: str, amount_format: AmountFormat) -> CreateManualTransaction:
        """The request to the owner of transactions."""
        party = self.billing_address.party(self.email) if self.billing_address else Party(email=self.email)
        return CreateManualTransaction(
            transaction_id=transaction_id,
            site_id=self.site_id,
            amount=self.amount,
            currency=self.currency,
            received_at=self.received_at,
            external_reference=self.external_reference,
            invoice_number=self.invoice_number,
            client_id=self.client_id,
            party=party,
            items=tuple(item.line() for item in self.items),
            metadata=self.metadata,
            ipn_url=self.ipn_url,
            amount_format=amount_format,
            dispatch_ipn=self.dispatch_ipn,
        )
