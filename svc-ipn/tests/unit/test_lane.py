"""One notification of a checkout at a time, in order, and none that has become pointless."""

import pytest

from ipn.domain.changes import Change
from ipn.domain.lane import Lane, finish, plan

PENDING, SUCCEEDED, FAILED, CANCELED, REFUNDED = 0, 1, 2, -2, 3


def change(transaction: str, status: int, version: int, *, told: bool = True) -> Change:
    return Change(f"{transaction}-{version}", transaction, status, version, told)


def lane_after(*changes: Change, head_is_sent: bool = True) -> tuple[Lane, list[str]]:
    lane, superseded = Lane("checkout"), []
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
    first = plan(Lane("checkout"), change("a", PENDING, 2))
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
def test_after_a_success_other_attempts_are_not_told(status: int) -> None:
    lane, superseded = lane_after(
        change("x", PENDING, 1), change("a", status, 2), change("b", SUCCEEDED, 2), change("c", status, 2)
    )

    assert statuses(lane) == [("x", PENDING, True), ("b", SUCCEEDED, False)]
    assert superseded == ["dlv_a2"]


def test_after_a_success_its_own_refund_is_told() -> None:
    lane, superseded = lane_after(change("a", SUCCEEDED, 2), change("a", REFUNDED, 5), head_is_sent=False)

    assert statuses(lane) == [("a", REFUNDED, False)]
    assert superseded == ["dlv_a2"]


def test_a_refund_of_another_transaction_stays() -> None:
    lane, _ = lane_after(change("a", REFUNDED, 4), change("b", SUCCEEDED, 2))

    assert statuses(lane) == [("a", REFUNDED, False), ("b", SUCCEEDED, False)]


def test_a_quiet_change_is_remembered_and_not_told() -> None:
    lane, superseded = lane_after(
        change("x", FAILED, 1), change("a", PENDING, 2), change("b", SUCCEEDED, 2, told=False)
    )

    assert statuses(lane) == [("x", FAILED, True)]
    assert superseded == ["dlv_a2"]
    assert lane.paid_by == "b"


def test_the_next_becomes_head_when_the_first_is_finished() -> None:
    lane, _ = lane_after(change("a", FAILED, 2), change("b", PENDING, 2))

    lane = finish(lane, "dlv_a2")

    assert statuses(lane) == [("b", PENDING, False)]
