"""One notification of a checkout at a time, in order, and none that has become pointless."""

from datetime import UTC, datetime

import pytest

from gateway_contracts.encrypted import EncryptedValue
from ipn.domain.changes import Change
from ipn.domain.delivery import Delivery, State
from ipn.domain.delivery_queue import DeliveryQueue, Entry, finish, may_be_first, plan, taking_in

PENDING, SUCCEEDED, FAILED, CANCELED, REFUNDED = 0, 1, 2, -2, 3


def change(transaction: str, status: int, version: int, *, notified: bool = True) -> Change:
    return Change(f"{transaction}-{version}", transaction, status, version, notified)


def queue_after(*changes: Change, head_is_sent: bool = True) -> tuple[DeliveryQueue, list[str]]:
    queue, superseded = DeliveryQueue(id="checkout"), list[str]()
    for item in changes:
        planned = plan(queue, item, head_is_sent=head_is_sent)
        queue = planned.queue
        superseded += planned.superseded
    return queue, superseded


def statuses(queue: DeliveryQueue) -> list[tuple[str, int, bool]]:
    return [(entry.transaction_id, entry.ipn_status, entry.outdated) for entry in queue.open]


def test_the_first_change_becomes_the_head() -> None:
    queue, superseded = queue_after(change("a", PENDING, 2))

    assert queue.head is not None
    assert queue.head.delivery_id == "dlv_a2"
    assert superseded == []


def test_a_change_that_comes_again_does_nothing() -> None:
    first = plan(DeliveryQueue(id="checkout"), change("a", PENDING, 2))
    again = plan(first.queue, change("a", PENDING, 2))

    assert first.created
    assert not again.created
    assert again.queue is first.queue


def test_an_older_change_after_a_newer_one_is_ignored() -> None:
    queue, _ = queue_after(change("a", SUCCEEDED, 3), change("a", PENDING, 2))

    assert statuses(queue) == [("a", SUCCEEDED, False)]


def test_a_newer_status_supersedes_an_older_one_that_waits() -> None:
    queue, superseded = queue_after(change("a", PENDING, 2), change("a", SUCCEEDED, 3), head_is_sent=False)

    assert statuses(queue) == [("a", SUCCEEDED, False)]
    assert superseded == ["dlv_a2"]


def test_what_is_on_its_way_is_only_marked_and_the_newer_one_waits_behind_it() -> None:
    queue, superseded = queue_after(change("a", PENDING, 2), change("a", SUCCEEDED, 3), head_is_sent=True)

    assert statuses(queue) == [("a", PENDING, True), ("a", SUCCEEDED, False)]
    assert superseded == []


def test_attempts_of_one_checkout_keep_their_order() -> None:
    queue, _ = queue_after(change("a", FAILED, 2), change("b", PENDING, 2))

    assert statuses(queue) == [("a", FAILED, False), ("b", PENDING, False)]


@pytest.mark.parametrize("status", [CANCELED, -1, PENDING, FAILED])
def test_after_a_success_other_attempts_are_not_notified(status: int) -> None:
    queue, superseded = queue_after(
        change("x", PENDING, 1), change("a", status, 2), change("b", SUCCEEDED, 2), change("c", status, 2)
    )

    assert statuses(queue) == [("x", PENDING, True), ("b", SUCCEEDED, False)]
    assert superseded == ["dlv_a2"]


def test_after_a_success_its_own_refund_is_notified() -> None:
    queue, superseded = queue_after(change("a", SUCCEEDED, 2), change("a", REFUNDED, 5), head_is_sent=False)

    assert statuses(queue) == [("a", REFUNDED, False)]
    assert superseded == ["dlv_a2"]


def test_a_refund_of_another_transaction_stays() -> None:
    queue, _ = queue_after(change("a", REFUNDED, 4), change("b", SUCCEEDED, 2))

    assert statuses(queue) == [("a", REFUNDED, False), ("b", SUCCEEDED, False)]


def test_a_quiet_change_is_remembered_and_not_notified() -> None:
    queue, superseded = queue_after(
        change("x", FAILED, 1), change("a", PENDING, 2), change("b", SUCCEEDED, 2, notified=False)
    )

    assert statuses(queue) == [("x", FAILED, True)]
    assert superseded == ["dlv_a2"]
    assert queue.paid_by == "b"


def test_the_next_becomes_head_when_the_first_is_finished() -> None:
    queue, _ = queue_after(change("a", FAILED, 2), change("b", PENDING, 2))

    queue = finish(queue, "dlv_a2")

    assert statuses(queue) == [("b", PENDING, False)]


def a_success(transaction: str, version: int, state: State) -> Delivery:
    return Delivery(
        id=change(transaction, SUCCEEDED, version).delivery_id,
        organization_id="o",
        site_id="s",
        livemode=False,
        lane="checkout",
        transaction_id=transaction,
        ipn_status=SUCCEEDED,
        event_version=version,
        dialect=1,
        body=EncryptedValue(v=1, c=""),
        url=EncryptedValue(v=1, c=""),
        target="shop",
        state=state,
        created_at=datetime(2026, 1, 15, tzinfo=UTC),
        opens="checkout",
        solo=True,
    )


@pytest.mark.parametrize("status", [PENDING, SUCCEEDED, FAILED, CANCELED, REFUNDED])
def test_only_a_success_that_is_notified_may_be_first_a_queue_unseen(status: int) -> None:
    assert may_be_first(change("a", status, 2)) == (status == SUCCEEDED)
    assert not may_be_first(change("a", status, 2, notified=False))


@pytest.mark.parametrize("state", ["sending", "waiting"])
def test_an_open_delivery_that_stood_alone_is_what_planning_would_have_made(state: State) -> None:
    assert (
        taking_in(DeliveryQueue(id="checkout"), a_success("a", 3, state))
        == plan(DeliveryQueue(id="checkout"), change("a", SUCCEEDED, 3)).queue
    )


@pytest.mark.parametrize("state", ["delivered", "exhausted", "superseded"])
def test_a_finished_delivery_that_stood_alone_leaves_its_knowledge(state: State) -> None:
    planned = plan(DeliveryQueue(id="checkout"), change("a", SUCCEEDED, 3))

    assert taking_in(DeliveryQueue(id="checkout"), a_success("a", 3, state)) == finish(planned.queue, "dlv_a3")


def test_taking_in_forgets_nothing_of_the_queue() -> None:
    entry = Entry("dlv_b1", "b", REFUNDED)
    queue = taking_in(
        DeliveryQueue(id="checkout", open=(entry,), paid_by="b", versions={"b": 1, "a": 9}),
        a_success("a", 3, "sending"),
    )

    both = (Entry("dlv_a3", "a", SUCCEEDED), entry)
    assert queue == DeliveryQueue(id="checkout", open=both, paid_by="b", versions={"b": 1, "a": 9})
