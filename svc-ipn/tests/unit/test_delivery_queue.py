"""One notification of a checkout at a time, in order, and none that has become pointless."""

from datetime import UTC, datetime

import pytest

from gateway_contracts.encrypted import EncryptedValue
from ipn.domain.changes import Change
from ipn.domain.delivery import Delivery, State
from ipn.domain.delivery_queue import Entry, Lane, finish, may_open, plan, taking_in

PENDING, SUCCEEDED, FAILED, CANCELED, REFUNDED = 0, 1, 2, -2, 3


def change(transaction: str, status: int, version: int, *, notified: bool = True) -> Change:
    return Change(f"{transaction}-{version}", transaction, status, version, notified)


def lane_after(*changes: Change, head_is_sent: bool = True) -> tuple[Lane, list[str]]:
    lane, superseded = Lane(id="checkout"), []
    for item in changes:
        planned = plan(lane, item, head_is_sent=head_is_sent)
        lane = planned.lane
        superseded += planned.superseded
    return lane, superseded


def statuses(lane: Lane) -> list[tuple[str, int, bool]]:
    return [(entry.transaction_id, entry.ipn_status, entry.outdated) for entry in lane.open]


def test_the_first_change_becomes_the_head() -> None:
    lane, superseded = lane_after(change("a", PENDING, 2))

    assert lane.head is not None
    assert lane.head.delivery_id == "dlv_a2"
    assert superseded == []


def test_a_change_that_comes_again_does_nothing() -> None:
    first = plan(Lane(id="checkout"), change("a", PENDING, 2))
    again = plan(first.lane, change("a", PENDING, 2))

    assert first.created
    assert not again.created
    assert again.lane is first.lane


def test_an_older_change_after_a_newer_one_is_ignored() -> None:
    lane, _ = lane_after(change("a", SUCCEEDED, 3), change("a", PENDING, 2))

    assert statuses(lane) == [("a", SUCCEEDED, False)]


def test_a_newer_status_supersedes_an_older_one_that_waits() -> None:
    lane, superseded = lane_after(change("a", PENDING, 2), change("a", SUCCEEDED, 3), head_is_sent=False)

    assert statuses(lane) == [("a", SUCCEEDED, False)]
    assert superseded == ["dlv_a2"]


def test_what_is_on_its_way_is_only_marked_and_the_newer_one_waits_behind_it() -> None:
    lane, superseded = lane_after(change("a", PENDING, 2), change("a", SUCCEEDED, 3), head_is_sent=True)

    assert statuses(lane) == [("a", PENDING, True), ("a", SUCCEEDED, False)]
    assert superseded == []


def test_attempts_of_one_checkout_keep_their_order() -> None:
    lane, _ = lane_after(change("a", FAILED, 2), change("b", PENDING, 2))

    assert statuses(lane) == [("a", FAILED, False), ("b", PENDING, False)]


@pytest.mark.parametrize("status", [CANCELED, -1, PENDING, FAILED])
def test_after_a_success_other_attempts_are_not_notified(status: int) -> None:
    lane, superseded = lane_after(
        change("x", PENDING, 1), change("a", status, 2), change("b", SUCCEEDED, 2), change("c", status, 2)
    )

    assert statuses(lane) == [("x", PENDING, True), ("b", SUCCEEDED, False)]
    assert superseded == ["dlv_a2"]


def test_after_a_success_its_own_refund_is_notified() -> None:
    lane, superseded = lane_after(change("a", SUCCEEDED, 2), change("a", REFUNDED, 5), head_is_sent=False)

    assert statuses(lane) == [("a", REFUNDED, False)]
    assert superseded == ["dlv_a2"]


def test_a_refund_of_another_transaction_stays() -> None:
    lane, _ = lane_after(change("a", REFUNDED, 4), change("b", SUCCEEDED, 2))

    assert statuses(lane) == [("a", REFUNDED, False), ("b", SUCCEEDED, False)]


def test_a_quiet_change_is_remembered_and_not_notified() -> None:
    lane, superseded = lane_after(
        change("x", FAILED, 1), change("a", PENDING, 2), change("b", SUCCEEDED, 2, notified=False)
    )

    assert statuses(lane) == [("x", FAILED, True)]
    assert superseded == ["dlv_a2"]
    assert lane.paid_by == "b"


def test_the_next_becomes_head_when_the_first_is_finished() -> None:
    lane, _ = lane_after(change("a", FAILED, 2), change("b", PENDING, 2))

    lane = finish(lane, "dlv_a2")

    assert statuses(lane) == [("b", PENDING, False)]


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
def test_only_a_success_that_is_notified_may_open_a_lane_unseen(status: int) -> None:
    assert may_open(change("a", status, 2)) == (status == SUCCEEDED)
    assert not may_open(change("a", status, 2, notified=False))


@pytest.mark.parametrize("state", ["sending", "waiting"])
def test_an_open_delivery_that_stood_alone_is_what_planning_would_have_made(state: State) -> None:
    assert (
        taking_in(Lane(id="checkout"), a_success("a", 3, state))
        == plan(Lane(id="checkout"), change("a", SUCCEEDED, 3)).lane
    )


@pytest.mark.parametrize("state", ["delivered", "exhausted", "superseded"])
def test_a_finished_delivery_that_stood_alone_leaves_its_knowledge(state: State) -> None:
    planned = plan(Lane(id="checkout"), change("a", SUCCEEDED, 3))

    assert taking_in(Lane(id="checkout"), a_success("a", 3, state)) == finish(planned.lane, "dlv_a3")


def test_taking_in_forgets_nothing_of_the_lane() -> None:
    entry = Entry("dlv_b1", "b", REFUNDED)
    lane = taking_in(
        Lane(id="checkout", open=(entry,), paid_by="b", versions={"b": 1, "a": 9}), a_success("a", 3, "sending")
    )

    both = (Entry("dlv_a3", "a", SUCCEEDED), entry)
    assert lane == Lane(id="checkout", open=both, paid_by="b", versions={"b": 1, "a": 9})
