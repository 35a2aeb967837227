"""Payments and checkouts, asked for at svc-transaction."""

from typing import Any, Final

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.amount_format import to_minor
from gateway_contracts.requests.transaction import (
    CREATE_CHECKOUT,
    GET_CHECKOUT,
    GET_TRANSACTION,
    CheckoutCreated,
    CheckoutRef,
    CreateCheckout,
    TransactionRecord,
    TransactionRef,
)
from gateway_contracts.rpc import Rpc
from invoice.ports import PaidTransaction, SoldOrder

_PAID: Final = "succeeded"


class RequestedPayments:
    """The port of payments. The owner sees the service, with the rights that one request needs."""

    def __init__(self, requests: Rpc, *, service: str) -> None:
        self._requests = requests
        self._service = service

    async def transaction(self, scope: Scope, transaction_id: str) -> PaidTransaction:
        """See the port."""
        record = await self._requests.call(
            GET_TRANSACTION, TransactionRef(transaction_id=transaction_id), actor=self._actor(scope, "transaction:read")
        )
        return PaidTransaction(
            id=record.id,
            checkout_id=record.checkout_id,
            session_public_id=record.session_public_id,
            site_id=record.site_id,
            provider_type=record.provider_type,
            currency=record.currency,
            captured=to_minor(record.captured, record.currency, record.amount_format),
            refunded=to_minor(record.refunded, record.currency, record.amount_format),
            paid_at=_paid_at(record),
            client_id=record.client_id,
        )

    async def order(self, scope: Scope, checkout_id: str) -> SoldOrder:
        """See the port."""
        record = await self._requests.call(
            GET_CHECKOUT, CheckoutRef(checkout_id=checkout_id), actor=self._actor(scope, "checkout:read")
        )

        def minor(amount: int) -> int:
            return to_minor(amount, record.currency, record.amount_format)

        lines = tuple(item.model_copy(update={"unit_price": minor(item.unit_price)}) for item in record.items)
        facts: dict[str, Any] = {
            name: getattr(record, name) for name in ("buyer", "shipping", "description", "external_reference", "locale")
        }
        return SoldOrder(amount=minor(record.amount), lines=lines, **facts)

    async def create_checkout(
        self, scope: Scope, command: CreateCheckout, *, operation_id: str | None
    ) -> CheckoutCreated:
        """See the port."""
        actor = self._actor(scope, "checkout:create")
        return await self._requests.call(CREATE_CHECKOUT, command, actor=actor, operation_id=operation_id)

    def _actor(self, scope: Scope, right: str) -> Actor:
        return Actor(
            kind="service",
            subject_id=self._service,
            organization_id=scope.organization_id,
            livemode=scope.mode,
            site_id=scope.site_id,
            scopes=(right,),
        )


def _paid_at(record: TransactionRecord) -> Any:
    """When the payment succeeded, as its timeline says."""
    paid = [entry.at for entry in record.timeline if entry.to_status == _PAID]
    return paid[0] if paid else record.updated_at
