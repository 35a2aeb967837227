"""Write down what attempts came to, and decide what follows."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway_contracts.clock import Clock
from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.requests.ipn import Reason
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from ipn.domain.delivery import OPEN_STATES, Attempted, Delivery, State
from ipn.domain.delivery_queue import DeliveryQueue, entry_of, finish
from ipn.domain.outcome import Outcome
from ipn.domain.schedule import next_attempt_at
from ipn.ports import DeliveryStore
from ipn.use_cases.events import emit_finished
from ipn.use_cases.plan_deliveries import begin, load_if_any


async def record_attempts(
    results: Sequence[Attempted],
    *,
    uow: UnitOfWork,
    store: DeliveryStore,
    clock: Clock,
    claim: str,
    jitter: Callable[[], float],
) -> list[Delivery]:
    """Store the outcomes in one transaction; returns the next deliveries of their queues, under our lease.

    A process that is killed before this leaves a lease behind: the same delivery is sent again under the same id.
    """
    as_sent = {delivery.id: delivery for delivery, _ in results}
    # Nearly always they are unchanged since; the guard on their versions finds a change.
    is_fresh = len(as_sent) == len(results)

    async def work(tx: Tx) -> list[Delivery]:
        now = clock.now()
        current = as_sent if is_fresh else await store.load(tx, as_sent)
        # A delivery that stands alone has no queue that could be read or written.
        before = await store.queues(tx, {delivery.lane for delivery in current.values() if not delivery.solo})
        queues = dict(before)
        changed: dict[str, Delivery] = {}
        for attempted, outcome in results:
            delivery = current.get(attempted.id)
            if delivery is None or delivery.id in changed:
                continue
            queue = queues.get(delivery.lane) or DeliveryQueue(id=delivery.lane)
            entry = entry_of(queue, delivery.id)
            outdated = (entry.reason or "newer_status") if entry and entry.outdated else None
            after = _after(delivery, attempted, outcome, outdated=outdated, now=now, jitter=jitter())
            # First what is over, then what follows it: one delivery of a queue is under way at a time.
            after = changed[delivery.id] = store.save(
                tx, delivery, after.model_copy(update={"attempts": (*delivery.attempts, outcome)})
            )
            if after.state not in OPEN_STATES and delivery.state in OPEN_STATES:
                if not delivery.solo:
                    queues[delivery.lane] = finish(queue, delivery.id)
                _report(tx, after, delivery, outcome, now)
        following = await next_heads(tx, queues, changed, store, now=now, claim=claim)
        store.save_queues(tx, before, queues.values())
        return following

    try:
        return await uow.run(work)
    except ChangedMeanwhile:
        is_fresh = False
        return await uow.run(work)


def _after(
    delivery: Delivery, attempted: Delivery, outcome: Outcome, *, outdated: Reason | None, now: datetime, jitter: float
) -> Delivery:
    """Where the delivery stands after the attempt."""
    if delivery.state not in OPEN_STATES:
        return delivery
    if outcome.verdict == "delivered":
        return _finished(delivery, "delivered")
    if delivery.claim != attempted.claim or delivery.state != "sending":
        # The lease ran out and another process has it now: only a receipt may end its work.
        return delivery
    if delivery.resend_of is not None:
        return _finished(delivery, delivery.resend_of)
    if outdated:
        return _finished(delivery, "superseded").changed(reason=outdated)
    made = delivery.made + 1
    due = None
    if outcome.verdict == "retry":
        due = next_attempt_at(
            ipn_version=delivery.dialect,
            made=made,
            created_at=delivery.created_at,
            now=now,
            jitter=jitter,
            retry_after=outcome.retry_after,
        )
    if due is None:
        return _finished(delivery, "exhausted").changed(made=made)
    return delivery.changed(state="waiting", made=made, unrecorded=0, next_attempt_at=due, claim=None, lease_until=None)


def _finished(delivery: Delivery, state: State) -> Delivery:
    return delivery.changed(
        state=state, unrecorded=0, claim=None, lease_until=None, next_attempt_at=None, resend_of=None
    )


def _report(tx: Tx, after: Delivery, before: Delivery, outcome: Outcome, now: datetime) -> None:
    if before.resend_of is not None and outcome.verdict != "delivered":
        return  # sent again by hand, without success: nothing has changed
    emit_finished(tx, after, at=now, attempts=len(before.attempts) + 1, http_status=outcome.http_status)


async def next_heads(
    tx: Tx,
    queues: dict[str, DeliveryQueue],
    changed: dict[str, Delivery],
    store: DeliveryStore,
    *,
    now: datetime,
    claim: str,
) -> list[Delivery]:
    """Start what was blocked behind a delivery that is over now."""
    heads = [queue.head.delivery_id for queue in queues.values() if queue.head]
    found = await load_if_any(tx, [key for key in heads if key not in changed], store)
    blocked = [item for item in found.values() if item.state == "blocked"]
    return [store.save(tx, item, begin(item, now=now, claim=claim)) for item in blocked]
