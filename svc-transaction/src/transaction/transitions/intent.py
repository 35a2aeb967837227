"""The stored intent of an operation at a provider."""

from typing import Any

from gateway_contracts.ids import new_operation_id
from gateway_kit import context
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import OperationKind, ProviderOperation
from transaction.domain.transaction import Transaction
from transaction.ports import Deps


def new_operation(
    tx: Tx, transaction: Transaction, kind: OperationKind, deps: Deps, **options: Any
) -> ProviderOperation:
    """An intent, to be stored before the provider is asked."""
    return ProviderOperation(
        id=new_operation_id(),
        organization_id=transaction.organization_id,
        livemode=transaction.livemode,
        transaction_id=transaction.id,
        provider_id=transaction.provider_id,
        kind=kind,
        due_at=tx.now + deps.timing.first,
        created_at=tx.now,
        correlation_id=context.correlation_id.get() or None,
        **options,
    )
