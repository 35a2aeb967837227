"""A payment that was made elsewhere enters the records: cash, or a transfer outside of any checkout."""

import json

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict
from gateway_contracts.ids import new_object_id, new_operation_id
from gateway_contracts.money import Money
from gateway_contracts.requests.operation import CreateManualTransaction
from gateway_contracts.requests.transaction import CreateCheckout, TimelineEntry, TransactionRecord
from gateway_contracts.sale_facts import SaleFacts, facts_of
from gateway_contracts.sale_fields import SaleFields
from gateway_kit import context
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from gateway_kit.telemetry import current_trace_id, current_traceparent
from transaction.domain import ledger
from transaction.domain.booked import booked_entries
from transaction.domain.checkout import Checkout
from transaction.domain.states import Effect, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition
from transaction.ports import Deps
from transaction.transitions.events import emit_checkout_event, emit_transaction_event
from transaction.use_cases.create_checkout import check_command, new_checkout
from transaction.views import open_name, transaction_record

MANUAL = "manual"
"""Provider id and type of a payment that no provider made."""


async def create_manual(
    request: CreateManualTransaction, *, scope: Scope, site_id: str | None, operation_id: str | None, deps: Deps
) -> TransactionRecord:
    """Store it as succeeded, in the books of the bank account, with a completed checkout of its own. Idempotent on
    operation id and on the transaction id that the caller allocated.

    Raises:
        NotFound: no such site in this organization (or not the credential's own site).
        Invalid: a rule on a field is broken.
    """
    command, _ = await check_command(_command(request), scope, site_id, deps=deps)
    known = await deps.transactions.get(None, scope, request.transaction_id)
    if known is not None:
        return transaction_record(known, deps=deps)
    seed = new_checkout(command, scope, deps=deps)
    checkout = seed.changed(
        status="completed", paid_by=request.transaction_id, transaction_ids=(request.transaction_id,)
    )
    transaction = _transaction(request, command, checkout, deps=deps)

    async def work(tx: Tx) -> Transaction:
        deps.checkouts.insert(tx, checkout)
        deps.transactions.insert(tx, transaction)
        entry = ledger.manual_payment(Money(checkout.amount, checkout.currency), MANUAL, transaction.id)
        deps.ledger.post(tx, transaction, [entry])
        transition = Transition(Trigger.MARKED_PAID, "operator", dispatch_ipn=request.dispatch_ipn, manual=True)
        booked = booked_entries([entry])
        emit_transaction_event(tx, transaction, cipher=deps.cipher, transition=transition, booked=booked)
        emit_checkout_event(tx, checkout)
        return transaction

    operation = Operation(operation_id or new_operation_id(), transaction.id)
    try:
        return transaction_record(await deps.uow.run(work, operation=operation), deps=deps)
    except OperationReplayed as replay:
        known = await deps.transactions.get(None, scope, replay.entity_id)
        if known is None:
            raise Conflict("this operation id belongs to another request", code="OPERATION_CONFLICT") from replay
        return transaction_record(known, deps=deps)


def _command(request: CreateManualTransaction) -> CreateCheckout:
    """The checkout that the payment would have had; the same rules hold for it."""
    return CreateCheckout(
        checkout_id=new_object_id(),
        site_id=request.site_id,
        party=request.party,
        items=request.items,
        amount_format=request.amount_format,
        **{field: getattr(request, field) for field in SaleFields.model_fields},
    )


def _transaction(
    request: CreateManualTransaction, command: CreateCheckout, checkout: Checkout, *, deps: Deps
) -> Transaction:
    organization_id, cipher = checkout.organization_id, deps.cipher
    created = TimelineEntry(
        at=checkout.created_at,
        type="recorded_by_hand",
        effect=Effect.APPLIED.value,
        to_status=Status.SUCCEEDED.public,
        source="operator",
        correlation_id=context.correlation_id.get() or None,
        trace_id=current_trace_id(),
        note=f"received {request.received_at.date().isoformat()}",
    )
    sealed = {
        "session_public_id": open_name(checkout, "session_public_id", cipher=cipher),
        "party": command.party.wire_json().decode() if checkout.party else None,
        "ipn_url": command.ipn_url,
        "metadata": json.dumps(command.metadata) if command.metadata else None,
    }
    return Transaction(
        id=request.transaction_id,
        organization_id=organization_id,
        livemode=checkout.livemode,
        site_id=checkout.site_id,
        checkout_id=checkout.id,
        session_hash=checkout.session_hash,
        provider_id=MANUAL,
        provider_type=MANUAL,
        status=Status.SUCCEEDED,
        version=1,
        amount=checkout.amount,
        currency=checkout.currency,
        amount_format=checkout.amount_format,
        created_at=checkout.created_at,
        updated_at=checkout.created_at,
        type="manual",
        captured=checkout.amount,
        received=checkout.amount,
        entry_count=1,
        lines=checkout.items,
        email_hash=checkout.email_hash,
        country=checkout.country,
        **facts_of(checkout, SaleFacts),
        timeline=(created,),
        trace_id=current_trace_id(),
        traceparent=current_traceparent(),
        **{
            field: cipher.seal(organization_id, "transactions", request.transaction_id, field, text)  # type: ignore[arg-type]  # all encrypted values
            for field, text in sealed.items()
        },
    )
