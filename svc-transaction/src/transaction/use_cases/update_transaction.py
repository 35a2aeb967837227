"""A merchant changes a transaction's metadata."""

import json

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.transaction import TransactionRecord, UpdateTransaction
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import merge_metadata
from transaction.domain.transaction import Transaction
from transaction.errors import transaction_not_found
from transaction.ports import Deps
from transaction.views import open_metadata, transaction_record


async def update_transaction(change: UpdateTransaction, *, scope: Scope, deps: Deps) -> TransactionRecord:
    """Merge or replace key-value pairs; an empty value deletes its key. Repeating it changes nothing more.

    Raises:
        NotFound: there is none of that id in this organization and mode.
        Invalid: the result is over a limit.
    """

    async def work(tx: Tx) -> Transaction:
        transaction = await deps.transactions.get(tx, scope, change.transaction_id)
        if transaction is None:
            raise transaction_not_found()
        present = open_metadata(transaction, cipher=deps.cipher)
        merged = merge_metadata({} if change.replaces else present, change.metadata)
        if merged == present:
            return transaction
        text = json.dumps(merged) if merged else None
        sealed = deps.cipher.seal(scope.organization_id, "transactions", transaction.id, "metadata", text)
        return deps.transactions.replace(tx, transaction, transaction.changed(metadata=sealed, updated_at=tx.now))

    return transaction_record(await deps.uow.run(work), deps=deps)
