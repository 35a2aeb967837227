"""A merchant changes a checkout's metadata."""

import json

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.transaction import CheckoutRecord, UpdateCheckout
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout, merge_metadata
from transaction.errors import checkout_not_found
from transaction.ports import Deps
from transaction.views import checkout_record, open_metadata


async def update_checkout(change: UpdateCheckout, *, scope: Scope, deps: Deps) -> CheckoutRecord:
    """Merge key-value pairs; an empty value deletes its key. Repeating it changes nothing more.

    Raises:
        NotFound: there is none of that id in this organization and mode.
        Invalid: the result is over a limit.
    """

    async def work(tx: Tx) -> Checkout:
        checkout = await deps.checkouts.get(tx, scope, change.checkout_id)
        if checkout is None:
            raise checkout_not_found()
        present = open_metadata(checkout, cipher=deps.cipher)
        merged = merge_metadata(present, change.metadata)
        if merged == present:
            return checkout
        text = json.dumps(merged) if merged else None
        sealed = deps.cipher.seal(checkout.organization_id, "checkouts", checkout.id, "metadata", text)
        return deps.checkouts.replace(tx, checkout, checkout.changed(metadata=sealed, updated_at=tx.now))

    return checkout_record(await deps.uow.run(work), deps=deps)
