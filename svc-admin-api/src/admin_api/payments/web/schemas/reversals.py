"""Refunds, disputes, cases and manual payments: what is sent and answered."""

from pydantic import Field

from admin_api.payments.web.schemas.checkout import ItemIn
from admin_api.shared.web.schemas.base import View
from gateway_contracts.addresses import Address
from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.bodies import Body, ChangeBody, Part
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Email, Moment, ObjectId
from gateway_contracts.requests.dispute import DisputeRecord, DisputeStatus, HoldRecord
from gateway_contracts.requests.operation import CreateManualTransaction, MarkOutcome
from gateway_contracts.requests.refund import CreateRefund, RefundOutcome, RefundRecord
from gateway_contracts.sale_fields import Items, RefundFields, RefundLineFields, SaleFields


class RefundLineIn(RefundLineFields, Part):
    """How much of one line of the sale goes back."""


class RefundIn(RefundFields, Body):
    """A refund of a payment."""

    lines: Items[RefundLineIn] = Field((), description="Refunded lines. Their sum must be the amount.")

    def command(self, refund_id: str, transaction_id: str) -> CreateRefund:
        """The request to the owner of refunds."""
        return CreateRefund(
            refund_id=refund_id,
            transaction_id=transaction_id,
            lines=tuple(RefundLine(**dict(line)) for line in self.lines),
            **{field: getattr(self, field) for field in RefundFields.model_fields},
        )


class RefundListView(View):
    """All refunds of one transaction, the oldest first."""

    refunds: list[RefundRecord]


class SettleRefundIn(Body):
    """The result of a manual refund."""

    outcome: RefundOutcome = Field(description="succeeded (you paid the refund), failed or canceled.")
    dispatch_ipn: bool = False


class ChargebackPatch(ChangeBody):
    """The state of a dispute, as you report it."""

    status: DisputeStatus = Field(description="State of the dispute: open, under_review, won, lost or accepted.")
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


class AddressIn(Address):
    """Either dialect: ``firstName, lastName, address1, postcode`` or ``name, line1, postalCode``."""


class MarkIn(Body):
    """The result of a bank transfer, as the merchant records it."""

    outcome: MarkOutcome = Field(description="paid (all of the money arrived), failed or canceled.")
    dispatch_ipn: bool = False


class ManualTransactionIn(SaleFields, Body):
    """A payment outside of the gateway, such as cash or a direct bank transfer."""

    site_id: ObjectId
    received_at: Moment = Field(description="When the money arrived.")
    email: Email | None = None
    items: Items[ItemIn] = Field((), description="Items of the order. Their sum must be the amount.")
    billing_address: AddressIn | None = Field(None, description="Name and address of the buyer.")
    dispatch_ipn: bool = Field(False, description="Whether a notification is sent to ipnUrl.")

    def command(self, transaction_id: str, amount_format: AmountFormat) -> CreateManualTransaction:
        """The request to the owner of transactions."""
        party = self.billing_address.party(self.email) if self.billing_address else Party(email=self.email)
        return CreateManualTransaction(
            transaction_id=transaction_id,
            site_id=self.site_id,
            received_at=self.received_at,
            party=party,
            items=tuple(item.line() for item in self.items),
            amount_format=amount_format,
            dispatch_ipn=self.dispatch_ipn,
            **{field: getattr(self, field) for field in SaleFields.model_fields},
        )
