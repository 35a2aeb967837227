"""A merchant reads one checkout."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.transaction import CheckoutRecord
from transaction.errors import checkout_not_found
from transaction.ports import Deps
from transaction.views import checkout_record


async def get_checkout(checkout_id: str, *, scope: Scope, deps: Deps) -> CheckoutRecord:
    """
    Raises:
        NotFound: there is none of that id in this organization and mode.
    """
    checkout = await deps.checkouts.get(None, scope, checkout_id)
    if checkout is None:
        raise checkout_not_found()
    return checkout_record(checkout, deps=deps)
