"""Notifications of disputes. Receivers of version 2 book each 4 as a chargeback of its own, and each 1 as a payment."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from ipn_bench import Bench

from gateway_contracts.events.dispute import DisputeClosedV1, DisputeOpenedV1, DisputeUpdatedV1
from gateway_contracts.events.transaction import TransactionRefundedV1, TransactionSucceededV1
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

TRANSACTION, ONE, TWO = "a" * 24, "d" * 24, "e" * 24
OPENED = (DisputeOpenedV1, "open")
REVIEW = (DisputeUpdatedV1, "under_review")
LOST, ACCEPTED, WON = ((DisputeClosedV1, status) for status in ("lost", "accepted", "won"))


@pytest_asyncio.fixture
async def version2(bench: Bench) -> Any:
    """The service with a site that has version 2."""
    await bench.put_site(ipn_version=2)
    await eventually(lambda: bench.runtime.config.site(bench.site_id).ipn_version == 2)
    return bench


async def say(
    bench: Bench, news: tuple[Any, str], sequence: int, *, dispute: str = ONE, kind: str = "chargeback", **fields: Any
) -> str:
    """Publish news about a dispute; returns when they are dealt with."""
    event, status = news
    said: str = await bench.change(
        event,
        transaction=TRANSACTION,
        sequence=1,
        dispute_id=dispute,
        kind=kind,
        status=status,
        transaction_status=fields.pop("transaction_status", "succeeded"),
        transaction_sequence=sequence,
        funds_withdrawn=True,
        **fields,
    )
    await settled(bench)
    return said


async def settled(bench: Bench) -> None:
    async def acknowledged() -> bool:
        for name in ("ipn-on-transactions", "ipn-on-disputes"):
            info = await bench.client.jetstream(timeout=60).consumer_info("TRANSACTIONS", name)
            if info.num_pending or info.num_ack_pending:
                return False
        return await bench.deliveries.count_documents({"state": {"$in": ["sending", "blocked"]}}) == 0

    await eventually(acknowledged)


def sent_statuses(bench: Bench) -> list[int]:
    return [request.json["status"] for request in bench.merchant.requests]


@pytest.mark.parametrize(
    ("story", "statuses"),
    [
        ([OPENED, LOST], [4]),
        ([OPENED, ACCEPTED], [4]),
        ([OPENED, REVIEW, LOST], [4]),
        ([OPENED, WON], [4]),
        ([OPENED, WON, LOST], [4]),
        ([OPENED, LOST, WON, LOST], [4]),
        ([LOST], [4]),
        ([ACCEPTED, LOST], [4]),
        ([LOST, WON], [4]),
        ([WON], []),
        # Opened again, as when an inquiry becomes a chargeback after all.
        ([OPENED, OPENED], [4]),
    ],
)
async def test_in_version_2_a_dispute_sends_one_4_at_most(
    version2: Any, story: list[tuple[Any, str]], statuses: list[int]
) -> None:
    for sequence, news in enumerate(story, start=4):
        await say(version2, news, sequence)

    assert sent_statuses(version2) == statuses


async def test_each_of_two_disputes_sends_its_own_4(version2: Any) -> None:
    for sequence, (news, dispute) in enumerate([(OPENED, ONE), (OPENED, TWO), (LOST, ONE), (WON, TWO)], start=4):
        await say(version2, news, sequence, dispute=dispute)

    assert sent_statuses(version2) == [4, 4]


async def test_a_return_by_the_bank_sends_4(version2: Any) -> None:
    await say(version2, LOST, 4, kind="bank_return")
    await say(version2, WON, 5, kind="bank_return", transaction_status="refunded")

    assert sent_statuses(version2) == [4]


async def test_a_dispute_opened_quietly_is_notified_when_it_is_lost(version2: Any) -> None:
    await say(version2, OPENED, 4, dispatch_ipn=False)
    await say(version2, LOST, 5)

    assert sent_statuses(version2) == [4]


async def test_a_4_that_was_never_tried_does_not_count(version2: Any) -> None:
    """It stands behind a payment that the receiver does not take, and a refund supersedes it."""
    version2.merchant.answers["/ipn"] = [web.Response(status=500)]
    await version2.change(TransactionSucceededV1, transaction="f" * 24, sequence=2)
    await settled(version2)
    opened = await say_blocked(version2, 4)
    await version2.change(TransactionRefundedV1, transaction=TRANSACTION, sequence=5)
    await until(version2, opened, "superseded")
    lost = await say_blocked(version2, 6)

    assert (await until(version2, lost, "blocked"))["ipn_status"] == 4


async def test_a_4_that_waits_for_its_next_attempt_stays_when_the_dispute_is_lost(version2: Any) -> None:
    version2.merchant.answers["/ipn"] = [web.Response(status=500)]
    opened = await say(version2, OPENED, 4)
    await say(version2, LOST, 5)

    assert (await until(version2, opened, "waiting"))["event_version"] == 4
    assert await version2.deliveries.count_documents({}) == 1


async def test_version_1_says_each_step(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    # No service issues a credit note here.
    monkeypatch.setattr("ipn.use_cases.find_credit_note.PATIENCE", timedelta(0))
    for sequence, news in enumerate([OPENED, LOST, WON], start=4):
        await say(bench, news, sequence)

    bodies = [request.json for request in bench.merchant.requests]
    assert [(body["status"], body["disputeStatus"]) for body in bodies] == [(4, "open"), (4, "lost"), (1, "won")]


async def until(bench: Bench, delivery_id: str, state: str) -> Any:
    async def reached() -> Any:
        row = await bench.deliveries.find_one({"_id": delivery_id})
        return row if row and row["state"] == state else None

    return await eventually(reached)


async def say_blocked(bench: Bench, sequence: int) -> str:
    """News of the dispute that stay behind what is open in their queue."""
    said: str = await bench.change(
        DisputeOpenedV1 if sequence == 4 else DisputeClosedV1,
        transaction=TRANSACTION,
        sequence=1,
        dispute_id=ONE,
        kind="chargeback",
        status="open" if sequence == 4 else "lost",
        transaction_status="succeeded",
        transaction_sequence=sequence,
        funds_withdrawn=True,
    )
    await until(bench, said, "blocked")
    return said
