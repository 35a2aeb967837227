"""A customer comes back from the provider: look at the payment before showing anything."""

from gateway_contracts.errors import OutcomeUnknown, Rejected, Transient
from gateway_contracts.requests.customer import OwnedTransaction, StatusView
from gateway_kit.logging import get_logger
from transaction.ports import Deps
from transaction.provider_operations.ask_provider import ask_provider
from transaction.provider_operations.execute import execute_operations
from transaction.use_cases.get_status import find_owned, view_status

log = get_logger(__name__)


async def sync_return(request: OwnedTransaction, *, deps: Deps) -> StatusView:
    """The visit proves nothing; the provider's answer does. Without one, what is stored is shown.

    Raises:
        NotFound: none of the caller's session names owns such a transaction.
    """
    transaction = await find_owned(request, deps=deps)
    if transaction.is_open:
        try:
            outcome = await ask_provider(transaction, source="customer", deps=deps)
        except (Transient, OutcomeUnknown, Rejected) as exc:
            log.warning("provider.no_answer", transaction_id=transaction.id, code=exc.code)
            outcome = None
        if outcome is not None:
            transaction = outcome.transaction
            await execute_operations(outcome.operations, deps=deps)
    return await view_status(transaction, deps=deps)
