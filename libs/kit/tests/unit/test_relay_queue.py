"""Rows in memory: lanes share rows, bytes and the way to the bus; aggregates keep their order."""

import pytest

from gateway_kit.mongo.outbox import OutboxRow
from gateway_kit.nats import relay_queue
from gateway_kit.nats.relay_queue import RelayQueue

A, B = "organization-a", "organization-b"


def row(identifier: str, lane: str = A, entity: str | None = None, *, size: int = 1) -> OutboxRow:
    return OutboxRow(
        id=identifier,
        is_config=False,
        subject="tenancy.site_deleted.v1." + lane,
        organization_id=lane,
        entity_id=entity or identifier,
        version=1,
        traceparent=None,
        wire=b"x" * size,
    )


def ids(rows: list[OutboxRow]) -> list[str]:
    return [each.id for each in rows]


def test_a_backlog_of_one_organization_goes_behind_the_first_of_another() -> None:
    queue = RelayQueue()
    for number in range(relay_queue.ROWS_PER_LANE_MAX):
        assert queue.offer(row(f"a{number:05}"))
    assert not queue.offer(row("a-too-many"))

    assert queue.offer(row("b1", B))
    taken = ids(queue.take())

    # B overtakes: at most one of A goes before it.
    assert taken.index("b1") <= 1
    assert len(taken) == relay_queue.WAY_PER_LANE_MAX + 1


def test_rows_on_their_way_leave_places_for_others() -> None:
    queue = RelayQueue()
    for number in range(relay_queue.WAY_MAX):
        queue.offer(row(f"a{number:05}"))
    assert len(queue.take()) == relay_queue.WAY_PER_LANE_MAX

    queue.offer(row("b1", B))

    assert ids(queue.take()) == ["b1"]


def test_one_row_of_an_aggregate_is_on_its_way_and_the_order_is_kept() -> None:
    queue = RelayQueue()
    first, second, other = row("1", entity="e"), row("2", entity="e"), row("3", entity="f")
    for each in (first, second, other):
        queue.offer(each)

    assert ids(queue.take()) == ["1", "3"]
    assert queue.take() == []
    queue.done(first)
    assert ids(queue.take()) == ["2"]


def test_an_older_row_that_was_left_behind_goes_first() -> None:
    queue = RelayQueue()
    for identifier in ("2", "5", "3", "4"):
        queue.offer(row(identifier, entity="e"))

    order = []
    while taken := queue.take():
        order += ids(taken)
        queue.done(taken[0])

    assert order == ["2", "3", "4", "5"]


def test_a_failed_row_holds_up_its_own_aggregate_alone() -> None:
    queue = RelayQueue()
    failing, later, other = row("1", entity="e"), row("2", entity="e"), row("3", entity="f")
    for each in (failing, later):
        queue.offer(each)
    queue.take()

    queue.hold(failing, 10.0)
    queue.offer(other)

    assert ids(queue.take()) == ["3"]
    assert queue.release(9.9) == 10.0
    assert queue.take() == []
    assert queue.release(10.0) is None
    assert ids(queue.take()) == ["1"]
    queue.done(failing)
    assert ids(queue.take()) == ["2"]


def test_large_rows_of_one_organization_leave_room_for_others() -> None:
    queue = RelayQueue()
    megabyte = 1024 * 1024
    number = 0
    while queue.offer(row(f"a{number}", size=megabyte)):
        number += 1

    assert number * megabyte == relay_queue.BYTES_PER_LANE_MAX
    assert queue.offer(row("b", B, size=megabyte))
    assert not queue.is_low(A)


def test_a_row_of_any_size_fits_into_an_empty_lane() -> None:
    queue = RelayQueue()

    assert queue.offer(row("a", size=2 * relay_queue.BYTES_PER_LANE_MAX))


def test_what_is_done_leaves_no_trace() -> None:
    queue = RelayQueue()
    for lane in (A, B):
        for number in range(3):
            queue.offer(row(f"{lane}{number}", lane, "e"))

    while taken := queue.take():
        for each in taken:
            queue.done(each)

    assert len(queue) == 0
    assert queue.count(A) == 0
    assert not queue.has_ready
    assert vars(queue)["_rows"] == {}
    assert not vars(queue)["_bytes"]


@pytest.mark.parametrize("lanes", [1, 20])
def test_every_row_goes_once_whatever_fails_in_between(lanes: int) -> None:
    queue = RelayQueue()
    rows = [row(f"{number:04}", f"lane{number % lanes}", f"e{number % 40}") for number in range(400)]
    for each in rows:
        assert queue.offer(each)
    now, seen = 0.0, []
    failures = {each.id: int(each.id) % 3 for each in rows}

    while len(queue):
        for each in queue.take():
            if failures[each.id]:
                failures[each.id] -= 1
                queue.hold(each, now + 1)
            else:
                seen.append(each.id)
                queue.done(each)
        now += 1
        queue.release(now)

    assert sorted(seen) == [each.id for each in rows]
