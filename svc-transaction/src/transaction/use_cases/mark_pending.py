"""A customer says "I have paid" (by bank transfer): a word that moves no money."""

from gateway_contracts.errors import Conflict
from gateway_contracts.requests.customer import OwnedTransaction, StatusView
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.states import Effect, Trigger
from transaction.domain.transition import Transition
from transaction.ports import Deps
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.load import load_pair
from transaction.use_cases.get_status import find_owned, view_status


async def mark_pending(request: OwnedTransaction, *, deps: Deps) -> StatusView:
    """Repeating it changes nothing.

    Raises:
        NotFound: none of the caller's session names owns such a transaction.
        Conflict: the provider reports by itself (``MARK_PENDING_NOT_ALLOWED``), or the attempt ended.
    """
    owned = await find_owned(request, deps=deps)
    capabilities = deps.providers.capabilities(owned.provider_type)
    if capabilities is None or not capabilities.mark_pending:
        raise Conflict("this provider reports by itself", code="MARK_PENDING_NOT_ALLOWED")

    async def work(tx: Tx) -> TransitionResult:
        transaction, checkout = await load_pair(tx, owned.scope, owned.id, deps=deps)
        transition = Transition(
            Trigger.PROCESSING, "customer", by_caller=True, label="marked_pending", commits=True, sent=True
        )
        return await apply_transition(tx, transition, transaction, checkout, deps=deps)

    outcome = await deps.uow.run(work)
    if outcome.decision.effect is Effect.CONFLICT:
        raise Conflict(f"this transaction is {outcome.transaction.status.public}", code="TRANSACTION_ENDED")
    return await view_status(outcome.transaction, deps=deps)
