"""The call that registers a payment at its provider, and its outcome."""

from datetime import timedelta
from typing import Final

from gateway_contracts.errors import OutcomeUnknown, Rejected, Transient
from gateway_contracts.requests.transaction import Failure
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from gateway_providers.ports import ProviderPayment
from gateway_providers.recording import recording
from transaction.domain.records import ProviderOperation
from transaction.domain.states import OPEN, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Source, Transition, transition_of
from transaction.ports import Deps
from transaction.provider_operations.account import provider_of
from transaction.provider_operations.keep_requests import close_operation, postpone_operation
from transaction.provider_operations.payment_request import intent_of
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.intent import new_operation
from transaction.transitions.load import load_pair
from transaction.transitions.translate import report_of_payment

log = get_logger(__name__)

WIRE_DEADLINE_DAYS: Final = 14


async def start_payment(
    operation: ProviderOperation, *, source: Source, patient: bool, deps: Deps
) -> tuple[TransitionResult, ProviderPayment | None]:
    """Make the stored call (its id is the provider's idempotency key) and store what came of it.

    Safe to repeat after a crash, within the provider's idempotency window. The first time a passing fault ends the
    attempt, so that the customer may choose another method; ``patient`` repeats leave it open.

    Raises:
        Transient: nothing is known yet, try again later (only if patient).
    """
    with recording(operation.id):
        return await _start(operation, source=source, patient=patient, deps=deps)


async def _start(
    operation: ProviderOperation, *, source: Source, patient: bool, deps: Deps
) -> tuple[TransitionResult, ProviderPayment | None]:
    transaction = await deps.transactions.get(None, operation.scope, operation.transaction_id)
    assert transaction is not None, "a call is stored together with its transaction"
    try:
        provider = await provider_of(transaction, deps=deps)
        payment = await deps.providers.create(provider, intent_of(transaction, deps=deps), operation.id)
    except OutcomeUnknown as exc:
        return await _store_unknown(operation, exc, source=source, deps=deps), None
    except Transient as exc:
        if patient:
            raise
        return await _store_refused(operation, _unavailable(exc), source=source, deps=deps), None
    except Rejected as exc:
        log.info("provider.refused", transaction_id=transaction.id, code=exc.code)
        return await _store_refused(operation, _refused(exc), source=source, deps=deps), None
    return await _store_accepted(operation, payment, source=source, deps=deps), payment


def _unavailable(exc: Transient) -> Failure:
    return Failure(code=exc.code, message="The payment provider cannot be reached. Please try again or pay otherwise.")


def _refused(exc: Rejected) -> Failure:
    code = exc.data.get("providerCode")
    return Failure(code=exc.code, message="The payment provider refused the payment.", provider_code=code)


async def _store_unknown(
    operation: ProviderOperation, exc: OutcomeUnknown, *, source: Source, deps: Deps
) -> TransitionResult:
    log.warning("provider.outcome_unknown", transaction_id=operation.transaction_id, code=exc.code)

    async def work(tx: Tx) -> TransitionResult:
        transaction, checkout = await load_pair(tx, operation.scope, operation.transaction_id, deps=deps)
        # The webhook may have reported the payment already: that is no conflict for an event.
        transition = Transition(Trigger.OUTCOME_UNKNOWN, source, by_caller=True)
        return await apply_transition(tx, transition, transaction, checkout, deps=deps)

    outcome = await deps.uow.run(work)
    await deps.uow.run(
        lambda tx: postpone_operation(tx, operation, deps.clock.now() + deps.timing.first, state="unknown", deps=deps)
    )
    return outcome


async def _store_refused(
    operation: ProviderOperation, failure: Failure, *, source: Source, deps: Deps
) -> TransitionResult:
    async def work(tx: Tx) -> TransitionResult:
        transaction, checkout = await load_pair(tx, operation.scope, operation.transaction_id, deps=deps)
        await close_operation(tx, operation, "refused", deps=deps)
        transition = Transition(Trigger.CREATE_REFUSED, source, failure=failure)
        return await apply_transition(tx, transition, transaction, checkout, deps=deps)

    return await deps.uow.run(work)


async def _store_accepted(
    operation: ProviderOperation, payment: ProviderPayment, *, source: Source, deps: Deps
) -> TransitionResult:
    async def work(tx: Tx) -> TransitionResult:
        transaction, checkout = await load_pair(tx, operation.scope, operation.transaction_id, deps=deps)
        await close_operation(tx, operation, "done", deps=deps)
        accepted = Transition(
            Trigger.CALL_ACCEPTED,
            source,
            provider_payment_id=payment.provider_payment_id,
            provider_status=payment.provider_status,
        )
        outcome = await apply_transition(tx, accepted, transaction, checkout, deps=deps)
        if transaction.status in (Status.CANCELED, Status.FAILED):
            # It was given up while the call was under way: what it made must not stay payable.
            void = new_operation(tx, outcome.transaction, "cancel", deps)
            deps.operations.insert(tx, void)
            return TransitionResult(outcome.decision, outcome.transaction, outcome.checkout, (void,))
        follow_up = _next_transition(payment, outcome.transaction, outcome, source=source, deps=deps)
        if follow_up is None:
            return outcome
        return await apply_transition(tx, follow_up, outcome.transaction, outcome.checkout, deps=deps)

    return await deps.uow.run(work)


def _next_transition(
    payment: ProviderPayment, transaction: Transaction, outcome: TransitionResult, *, source: Source, deps: Deps
) -> Transition | None:
    """Details that were handed out commit the customer; any other state speaks for itself."""
    if transaction.status not in OPEN:
        return None
    if payment.next_action.type == "bank_transfer":
        return Transition(
            Trigger.PROCESSING,
            source,
            label="bank_details_shown",
            commits=True,
            deadline_at=deps.clock.now() + _wire_deadline(transaction, deps=deps),
        )
    fact = report_of_payment(payment, transaction.status, deps=deps)
    return transition_of(fact, transaction, outcome.checkout, source=source, event_id=None) if fact else None


def _wire_deadline(transaction: Transaction, *, deps: Deps) -> timedelta:
    site = deps.tenants.site(transaction.site_id)
    days = site.settings.get("wireDeadlineDays") if site else None
    return timedelta(days=days if isinstance(days, int) and days > 0 else WIRE_DEADLINE_DAYS)
