"""Ask the provider where a payment stands, and apply the answer."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.telemetry import continued_span
from gateway_providers.ports import ProviderPayment
from transaction.domain.states import Effect, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Source, Transition, transition_of
from transaction.ports import Deps
from transaction.provider_operations.account import provider_of
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.load import load_pair
from transaction.transitions.translate import report_of_payment


async def ask_provider(transaction: Transaction, *, source: Source, deps: Deps) -> TransitionResult | None:
    """Fetch the payment and apply what it proves; None when there was nothing to ask or nothing new.

    Raises:
        Transient, OutcomeUnknown, Rejected: the provider did not tell.
    """
    capabilities = deps.providers.capabilities(transaction.provider_type)
    if transaction.provider_payment_id is None or capabilities is None or not capabilities.webhooks:
        return None
    provider = await provider_of(transaction, deps=deps)
    with continued_span("transaction.ask", transaction.traceparent):
        payment = await deps.providers.fetch(provider, transaction.provider_payment_id)
    scope = transaction.scope
    if payment is None:
        transition = Transition(Trigger.NO_SUCH_PAYMENT, source, key_window_over=True)
        return await _apply(scope, transaction.id, transition, deps=deps)
    return await apply_payment(transaction, payment, source=source, deps=deps)


async def apply_payment(
    asked_for: Transaction, payment: ProviderPayment, *, source: Source, deps: Deps
) -> TransitionResult | None:
    """Apply the provider's present view of the payment; ``asked_for`` is what was known before it was asked."""

    async def work(tx: Tx) -> TransitionResult | None:
        transaction, checkout = await load_pair(tx, asked_for.scope, asked_for.id, deps=deps)
        fact = report_of_payment(payment, transaction.status, deps=deps, since=asked_for.last_fact_at)
        if fact is None or _is_known(fact.trigger, transaction):
            return None
        transition = transition_of(fact, transaction, checkout, source=source, event_id=None)
        return await apply_transition(tx, transition, transaction, checkout, deps=deps)

    return await deps.uow.run(work)


def _is_known(trigger: Trigger, transaction: Transaction) -> bool:
    """Whether the answer only repeats what the transaction says; the timeline is no diary of questions."""
    match transaction.status:
        case Status.PENDING:
            return trigger is Trigger.PROCESSING and transaction.committed
        case Status.CANCELED:
            return trigger is Trigger.CANCELED_AT_PROVIDER
        case Status.FAILED:
            return trigger in (Trigger.DECLINED, Trigger.CANCELED_AT_PROVIDER, Trigger.PROCESSING)
        case _:
            return False


async def _apply(scope: Scope, transaction_id: str, transition: Transition, *, deps: Deps) -> TransitionResult | None:
    async def work(tx: Tx) -> TransitionResult:
        transaction, checkout = await load_pair(tx, scope, transaction_id, deps=deps)
        return await apply_transition(tx, transition, transaction, checkout, deps=deps)

    outcome = await deps.uow.run(work)
    return None if outcome.decision.effect is Effect.IGNORED else outcome
