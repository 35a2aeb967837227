"""The delivery queue of a checkout: its notifications leave one at a time and in order.

The first open entry is the head: the only one that may be tried. What comes behind waits until the head is finished,
so that a merchant never learns of an older change after a newer one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import Field

from gateway_contracts.aggregates import Entity
from gateway_contracts.requests.ipn import Reason
from ipn.domain.changes import POINTLESS_AFTER_SUCCESS, SUCCEEDED, Change
from ipn.domain.delivery import OPEN_STATES, Delivery


@dataclass(frozen=True)
class Entry:
    """A notification that is not finished.

    Attributes:
        outdated: it became pointless while it was on its way; it gets no further attempt.
        reason: why it is outdated.
    """

    delivery_id: str
    transaction_id: str
    ipn_status: int
    outdated: bool = False
    reason: Reason | None = None


class DeliveryQueue(Entity):
    """All open notifications of one checkout, and what was taken in so far.

    Attributes:
        paid_by: the first transaction of the session that succeeded.
        versions: the newest version taken in, per transaction; an event that is not newer is known already.
        revision: increases with every save, so that of two transactions on one queue one begins anew; 0 is not stored.
    """

    open: tuple[Entry, ...] = ()
    paid_by: str | None = None
    versions: dict[str, int] = Field(default_factory=dict)
    revision: int = 0
    updated_at: datetime | None = None

    @property
    def head(self) -> Entry | None:
        """The entry that may be tried."""
        return self.open[0] if self.open else None


@dataclass(frozen=True)
class Planned:
    """Effect of a change on its queue.

    Attributes:
        created: a delivery is made for the change.
        superseded: ids of deliveries that are over without (further) attempts, and why.
    """

    queue: DeliveryQueue
    created: bool = False
    superseded: dict[str, Reason] = field(default_factory=dict)


def plan(queue: DeliveryQueue, change: Change, *, head_is_sent: bool = True, is_first: bool = False) -> Planned:
    """Take a change in. A change that is not newer than what is known does nothing.

    Args:
        head_is_sent: the head may be on its way at this moment, so it is only marked.
        is_first: the queue has no delivery yet. What is known are quiet changes then, and a success is taken in all the
            same (`may_be_first`).
    """
    known = queue.versions.get(change.transaction_id, 0)
    if change.event_version <= known and not (is_first and may_be_first(change)):
        return Planned(queue)
    pays = change.ipn_status == SUCCEEDED
    paid_by = queue.paid_by or (change.transaction_id if pays else None)
    versions = {**queue.versions, change.transaction_id: max(known, change.event_version)}

    def why(entry: Entry) -> Reason | None:
        if change.notified and entry.transaction_id == change.transaction_id:
            return "newer_status"
        return "checkout_paid" if _is_pointless(entry.transaction_id, entry.ipn_status, paid_by) else None

    kept, superseded = _thin_out(queue.open, why, head_is_sent=head_is_sent)
    queue = queue.changed(open=kept, paid_by=paid_by, versions=versions)
    if not change.notified or _is_pointless(change.transaction_id, change.ipn_status, paid_by):
        return Planned(queue, superseded=superseded)
    entry = Entry(change.delivery_id, change.transaction_id, change.ipn_status)
    return Planned(queue.changed(open=(*queue.open, entry)), created=True, superseded=superseded)


def paid_elsewhere(queue: DeliveryQueue, *, head_is_sent: bool) -> Planned:
    """Another checkout of the same order is paid: the outcomes of this one's attempts are pointless."""

    def why(entry: Entry) -> Reason | None:
        return "reference_paid" if entry.ipn_status in POINTLESS_AFTER_SUCCESS else None

    kept, superseded = _thin_out(queue.open, why, head_is_sent=head_is_sent)
    return Planned(queue.changed(open=kept), superseded=superseded)


def pointless_since(queue: DeliveryQueue, delivery: Delivery) -> Reason | None:
    """The reason in its queue why a delivery that was out of it for a while is pointless by now."""
    if queue.versions.get(delivery.transaction_id, 0) > delivery.event_version:
        return "newer_status"
    return "checkout_paid" if _is_pointless(delivery.transaction_id, delivery.ipn_status, queue.paid_by) else None


def may_be_first(change: Change) -> bool:
    """Whether the change may start its queue without a look at it: no other attempt makes a success pointless.

    Quiet changes meanwhile are not looked at either: a success that comes late after one is notified all the same.
    """
    return change.notified and change.ipn_status == SUCCEEDED


def taking_in(queue: DeliveryQueue, delivery: Delivery) -> DeliveryQueue:
    """The queue with a delivery that stood alone until now, ahead of all others."""
    entry = Entry(delivery.id, delivery.transaction_id, delivery.ipn_status)
    known = max(delivery.event_version, queue.versions.get(delivery.transaction_id, 0))
    pays = delivery.transaction_id if delivery.ipn_status == SUCCEEDED else None
    return queue.changed(
        open=(entry, *queue.open) if delivery.state in OPEN_STATES else queue.open,
        paid_by=queue.paid_by or pays,
        versions={**queue.versions, delivery.transaction_id: known},
    )


def finish(queue: DeliveryQueue, delivery_id: str) -> DeliveryQueue:
    """The queue without that delivery; the next one becomes its head."""
    return queue.changed(open=tuple(entry for entry in queue.open if entry.delivery_id != delivery_id))


def entry_of(queue: DeliveryQueue, delivery_id: str) -> Entry | None:
    """The open entry of that delivery."""
    return next((entry for entry in queue.open if entry.delivery_id == delivery_id), None)


def _thin_out(
    entries: tuple[Entry, ...], why: Callable[[Entry], Reason | None], *, head_is_sent: bool
) -> tuple[tuple[Entry, ...], dict[str, Reason]]:
    """Drop what is pointless; the head on its way is marked instead."""
    kept: list[Entry] = []
    superseded: dict[str, Reason] = {}
    for position, entry in enumerate(entries):
        reason = why(entry)
        if reason is None:
            kept.append(entry)
        elif position == 0 and head_is_sent:
            kept.append(entry if entry.outdated else replace(entry, outdated=True, reason=reason))
        else:
            superseded[entry.delivery_id] = reason
    return tuple(kept), superseded


def _is_pointless(transaction_id: str, ipn_status: int, paid_by: str | None) -> bool:
    return paid_by is not None and paid_by != transaction_id and ipn_status in POINTLESS_AFTER_SUCCESS
