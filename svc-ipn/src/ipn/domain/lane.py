"""The lane of a checkout session: its notifications leave one at a time and in order.

The first open entry is the head: the only one that may be tried. What comes behind waits until the head is finished,
so that a merchant never learns of an older change after a newer one.
"""

from dataclasses import dataclass, field, replace

from ipn.domain.changes import POINTLESS_AFTER_SUCCESS, SUCCEEDED, Change
from ipn.domain.delivery import OPEN_STATES, Delivery


@dataclass(frozen=True)
class Entry:
    """A notification that is not finished.

    Attributes:
        outdated: a newer one made it pointless while it was on its way; it gets no further attempt.
    """

    delivery_id: str
    transaction_id: str
    ipn_status: int
    outdated: bool = False


@dataclass(frozen=True)
class Lane:
    """All open notifications of one session, and what was taken in so far.

    Attributes:
        paid_by: the first transaction of the session that succeeded.
        versions: the newest version taken in, per transaction; an event that is not newer is known already.
    """

    id: str
    open: tuple[Entry, ...] = ()
    paid_by: str | None = None
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def head(self) -> Entry | None:
        """The entry that may be tried."""
        return self.open[0] if self.open else None


@dataclass(frozen=True)
class Planned:
    """What a change does to its lane.

    Attributes:
        created: a delivery is made for the change.
        superseded: ids of deliveries that are over without (further) attempts.
    """

    lane: Lane
    created: bool = False
    superseded: tuple[str, ...] = ()


def plan(lane: Lane, change: Change, *, head_is_sent: bool = True) -> Planned:
    """Take a change in. A change that is not newer than what is known does nothing.

    ``head_is_sent``: the head may be on its way at this moment, so it is only marked.
    """
    if change.event_version <= lane.versions.get(change.transaction_id, 0):
        return Planned(lane)
    pays = change.ipn_status == SUCCEEDED
    paid_by = lane.paid_by or (change.transaction_id if pays else None)
    versions = {**lane.versions, change.transaction_id: change.event_version}
    kept, superseded = _thin_out(lane.open, change, paid_by, head_is_sent=head_is_sent)
    lane = replace(lane, open=kept, paid_by=paid_by, versions=versions)
    if not change.told or _is_pointless(change.transaction_id, change.ipn_status, paid_by):
        return Planned(lane, superseded=superseded)
    entry = Entry(change.delivery_id, change.transaction_id, change.ipn_status)
    return Planned(replace(lane, open=(*lane.open, entry)), created=True, superseded=superseded)


def may_open(change: Change) -> bool:
    """Whether the change may be the first of its lane without a look at it: no other attempt makes a success pointless.

    What was changed quietly meanwhile is not looked at either: a success that comes late after it is told all the same.
    """
    return change.told and change.ipn_status == SUCCEEDED


def taking_in(lane: Lane, delivery: Delivery) -> Lane:
    """The lane with a delivery that stood alone until now, ahead of all others."""
    entry = Entry(delivery.id, delivery.transaction_id, delivery.ipn_status)
    known = max(delivery.event_version, lane.versions.get(delivery.transaction_id, 0))
    pays = delivery.transaction_id if delivery.ipn_status == SUCCEEDED else None
    return replace(
        lane,
        open=(entry, *lane.open) if delivery.state in OPEN_STATES else lane.open,
        paid_by=lane.paid_by or pays,
        versions={**lane.versions, delivery.transaction_id: known},
    )


def finish(lane: Lane, delivery_id: str) -> Lane:
    """The lane without that delivery; the next one becomes its head."""
    return replace(lane, open=tuple(entry for entry in lane.open if entry.delivery_id != delivery_id))


def entry_of(lane: Lane, delivery_id: str) -> Entry | None:
    """The open entry of that delivery."""
    return next((entry for entry in lane.open if entry.delivery_id == delivery_id), None)


def _thin_out(
    entries: tuple[Entry, ...], change: Change, paid_by: str | None, *, head_is_sent: bool
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Drop what the change makes pointless; the head on its way is marked instead."""
    kept: list[Entry] = []
    superseded: list[str] = []
    for position, entry in enumerate(entries):
        is_older = change.told and entry.transaction_id == change.transaction_id
        if not is_older and not _is_pointless(entry.transaction_id, entry.ipn_status, paid_by):
            kept.append(entry)
        elif position == 0 and head_is_sent:
            kept.append(replace(entry, outdated=True))
        else:
            superseded.append(entry.delivery_id)
    return tuple(kept), tuple(superseded)


def _is_pointless(transaction_id: str, ipn_status: int, paid_by: str | None) -> bool:
    return paid_by is not None and paid_by != transaction_id and ipn_status in POINTLESS_AFTER_SUCCESS
