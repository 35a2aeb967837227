"""Events of this service: what they say, and personal data and secret names re-encrypted for each of them."""

from typing import Any, Final, assert_never

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.checkout import (
    CheckoutCompletedV1,
    CheckoutCreatedV1,
    CheckoutExpiredV1,
)
from gateway_contracts.events.ledger import BookedEntry, LedgerPostedV1
from gateway_contracts.events.transaction import (
    TransactionCanceledV1,
    TransactionChange,
    TransactionFailedV1,
    TransactionInitiatedV1,
    TransactionRefundedV1,
    TransactionRestoredV1,
    TransactionSubmittedV1,
    TransactionSucceededV1,
)
from gateway_contracts.ids import new_event_id
from gateway_contracts.sale_facts import OrderFacts, SaleFacts, facts_of
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.states import Status
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition
from transaction.tenant_port import FieldCipher

_EVENTS: Final[dict[Status, type[TransactionChange]]] = {
    Status.INITIATED: TransactionInitiatedV1,
    Status.PENDING: TransactionSubmittedV1,
    Status.UNKNOWN: TransactionSubmittedV1,
    Status.SUCCEEDED: TransactionSucceededV1,
    Status.FAILED: TransactionFailedV1,
    Status.CANCELED: TransactionCanceledV1,
    Status.REFUNDED: TransactionRefundedV1,
}


def emit_transaction_event(
    tx: Tx,
    transaction: Transaction,
    *,
    cipher: FieldCipher,
    transition: Transition | None = None,
    late: bool = False,
    restored: bool = False,
    booked: tuple[BookedEntry, ...] = (),
) -> None:
    """The event of the state that the transaction has now.

    Args:
        restored: it had been refunded before.
        booked: ledger entries of this change.
    """
    kind, event_id = TransactionRestoredV1 if restored else _EVENTS[transaction.status], new_event_id()
    fields: dict[str, Any] = {
        "transaction_id": transaction.id,
        "status": transaction.status.public,
        "session_public_id": moved_session(cipher, transaction, kind.TYPE, event_id),
        "ipn_url": moved(cipher, transaction, "ipn_url", transaction.ipn_url, kind.TYPE, event_id),
        "occurred_at": tx.now,
        "failure_code": transaction.failure.code if transaction.failure else None,
        "late": late,
        "manual": transition.manual if transition else False,
        "dispatch_ipn": transition.dispatch_ipn if transition else True,
        "created_at": transaction.created_at,
        "booked": booked,
    }
    for name in _SHARED:
        fields[name] = getattr(transaction, name)
    if kind is TransactionSucceededV1:
        fields |= {
            **facts_of(transaction, SaleFacts),
            "lines": transaction.lines,
            "party": moved(cipher, transaction, "party", transaction.party, kind.TYPE, event_id),
            "shipping": moved(cipher, transaction, "shipping", transaction.shipping, kind.TYPE, event_id),
            "country": transaction.country,
            "client_search_hash": transaction.email_hash,
            "payment_method": transaction.payment_method,
        }
    tx.emit(
        kind(**fields),
        organization_id=transaction.organization_id,
        livemode=transaction.livemode,
        entity_id=transaction.id,
        sequence=transaction.version,
        event_id=event_id,
        causation_id=transition.event_id if transition else None,
    )


def emit_ledger_event(
    tx: Tx, transaction: Transaction, booked: tuple[BookedEntry, ...], transition: Transition
) -> None:
    """The event of entries that came without a change of the public status."""
    tx.emit(
        LedgerPostedV1(
            transaction_id=transaction.id,
            checkout_id=transaction.checkout_id,
            site_id=transaction.site_id,
            provider_id=transaction.provider_id,
            provider_type=transaction.provider_type,
            booked=booked,
            occurred_at=tx.now,
        ),
        organization_id=transaction.organization_id,
        livemode=transaction.livemode,
        entity_id=transaction.id,
        sequence=transaction.version,
        causation_id=transition.event_id,
    )


_SHARED: Final = (
    "checkout_id",
    "site_id",
    "provider_id",
    "provider_type",
    "amount",
    "currency",
    *OrderFacts.model_fields,
)


def moved(
    cipher: FieldCipher,
    transaction: Transaction,
    field: str,
    value: EncryptedValue | None,
    event_type: str,
    event_id: str,
) -> EncryptedValue | None:
    """An encrypted field of a transaction, encrypted again for an event."""
    organization_id = transaction.organization_id
    text = cipher.open(organization_id, "transactions", transaction.id, field, value)
    return cipher.seal(organization_id, event_type, event_id, field, text)


def moved_session(cipher: FieldCipher, transaction: Transaction, event_type: str, event_id: str) -> EncryptedValue:
    """The secret name of the session, encrypted again for an event."""
    value = moved(cipher, transaction, "session_public_id", transaction.session_public_id, event_type, event_id)
    assert value is not None, "every session has its name"
    return value


def emit_checkout_event(tx: Tx, checkout: Checkout) -> None:
    """The event of the state that the checkout has now."""
    common: dict[str, Any] = {
        "checkout_id": checkout.id,
        "site_id": checkout.site_id,
        "amount": checkout.amount,
        "currency": checkout.currency,
        **facts_of(checkout, OrderFacts),
        "occurred_at": tx.now,
    }
    data: CheckoutCreatedV1 | CheckoutCompletedV1 | CheckoutExpiredV1
    match checkout.status:
        case "pending":
            data = CheckoutCreatedV1(**common, expires_at=checkout.expires_at)
        case "completed":
            data = CheckoutCompletedV1(**common, transaction_id=checkout.paid_by or "")
        case "expired":
            data = CheckoutExpiredV1(**common)
        case "canceled":
            raise ValueError("there is no event of a canceled checkout")
        case _:
            assert_never(checkout.status)
    tx.emit(
        data,
        organization_id=checkout.organization_id,
        livemode=checkout.livemode,
        entity_id=checkout.id,
        sequence=checkout.version,
    )
