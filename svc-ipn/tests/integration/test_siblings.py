"""Checkouts of the same order: once it is paid, the others cause no notifications."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from ipn_bench import Bench

from gateway_contracts.events.transaction import (
    TransactionCanceledV1,
    TransactionChange,
    TransactionFailedV1,
    TransactionRefundedV1,
    TransactionSubmittedV1,
    TransactionSucceededV1,
)
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.ipn import LIST_DELIVERIES, RESEND, DeliveryQuery, DeliveryRef
from gateway_kit.nats.dead_letters import DeadLetters
from gateway_testkit.waiting import eventually
from ipn.domain.changes import IpnVersion
from ipn.domain.delivery import Delivery
from ipn.ports import Sibling
from ipn.store.delivery_store import KernelDeliveryStore
from ipn.use_cases.settle_siblings import is_pointless

pytestmark = pytest.mark.integration

ABANDONED, PAID = "a" * 24, "b" * 24
ENDED = [TransactionCanceledV1, TransactionFailedV1, TransactionSubmittedV1]


async def until(bench: Bench, delivery_id: str, state: str) -> Any:
    async def reached() -> Any:
        row = await bench.deliveries.find_one({"_id": delivery_id})
        return row if row and row["state"] == state else None

    return await eventually(reached)


async def settled(bench: Bench) -> None:
    """All events so far are dealt with."""

    async def acknowledged() -> bool:
        info = await bench.client.jetstream(timeout=60).consumer_info("TRANSACTIONS", "ipn-on-transactions")
        return not info.num_pending and not info.num_ack_pending

    await eventually(acknowledged)


async def pay(bench: Bench, **names: Any) -> None:
    """The order is paid in one checkout, and all of it is written down."""
    paid = await bench.change(TransactionSucceededV1, checkout=PAID, path="/paid", **names)
    await until(bench, paid, "delivered")
    await settled(bench)


async def reason_of(bench: Bench, delivery_id: str) -> str | None:
    page = await bench.runtime.rpc.call(LIST_DELIVERIES, DeliveryQuery(), actor=bench.actor("transaction:read"))
    [record] = [record for record in page.deliveries if record.id == delivery_id]
    return record.reason if record.state == "superseded" else record.state


@pytest.mark.parametrize("ipn_version", [1, 2])
@pytest.mark.parametrize("ended", ENDED)
async def test_a_paid_order_is_not_canceled_by_a_checkout_that_was_left(
    bench: Bench, ended: type[TransactionChange], ipn_version: IpnVersion
) -> None:
    await bench.put_site(ipn_version=ipn_version)
    await eventually(lambda: bench.runtime.config.site(bench.site_id).ipn_version == ipn_version)
    await pay(bench)

    late = await bench.change(ended, checkout=ABANDONED)

    await until(bench, late, "superseded")
    assert await reason_of(bench, late) == "reference_paid"
    assert [request.path for request in bench.merchant.requests] == ["/paid"]


@pytest.mark.parametrize("ended", ENDED)
async def test_what_waits_for_its_next_attempt_is_superseded_by_the_payment(
    bench: Bench, ended: type[TransactionChange]
) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    waiting = await bench.change(ended, checkout=ABANDONED)
    await until(bench, waiting, "waiting")

    await pay(bench)

    await until(bench, waiting, "superseded")
    assert await reason_of(bench, waiting) == "reference_paid"
    queue = await bench.database.db["lanes"].find_one({"_id": ABANDONED})
    assert queue["open"] == []


async def test_one_in_flight_is_not_recalled_and_gets_no_second_attempt(bench: Bench) -> None:
    reached, release = asyncio.Event(), asyncio.Event()

    async def slow() -> web.Response:
        reached.set()
        await release.wait()
        return web.Response(status=500)

    bench.merchant.answers["/ipn"] = [slow]
    canceled = await bench.change(TransactionCanceledV1, checkout=ABANDONED)
    await reached.wait()
    await pay(bench)
    await eventually(lambda: bench.database.db["lanes"].count_documents({"_id": ABANDONED, "open.outdated": True}))
    release.set()

    await until(bench, canceled, "superseded")
    assert await reason_of(bench, canceled) == "reference_paid"
    assert len(bench.merchant.at("/ipn")) == 1


@pytest.mark.parametrize(
    ("abandoned", "paid"),
    [
        ((None, "INV-1"), (None, "INV-1")),
        (("try-1", "INV-1"), ("try-2", "INV-1")),
        ((None, "42"), ("42", None)),
        (("42", None), (None, "42")),
    ],
)
async def test_an_order_is_known_by_its_invoice_number_too(
    bench: Bench, abandoned: tuple[str | None, str | None], paid: tuple[str | None, str | None]
) -> None:
    await pay(bench, external_reference=paid[0], invoice_number=paid[1])

    late = await bench.change(
        TransactionCanceledV1, checkout=ABANDONED, external_reference=abandoned[0], invoice_number=abandoned[1]
    )

    await until(bench, late, "superseded")


async def test_a_payment_without_notification_counts_as_well(bench: Bench) -> None:
    """Paid by a checkout without a URL, or quietly by an operator: the order is paid all the same."""
    await bench.change(TransactionSucceededV1, checkout=PAID, path=None)
    await bench.change(TransactionSucceededV1, checkout="c" * 24, external_reference="order-43", dispatch_ipn=False)
    await settled(bench)

    for reference, checkout in (("order-42", "1" * 24), ("order-43", "2" * 24)):
        late = await bench.change(TransactionCanceledV1, checkout=checkout, external_reference=reference)
        await until(bench, late, "superseded")
    assert bench.merchant.requests == []


async def test_other_orders_sites_and_modes_are_notified_as_before(bench: Bench) -> None:
    await pay(bench)
    other_site = await bench.neighbour()
    delivery_ids = [
        await bench.change(TransactionCanceledV1, checkout="1" * 24, external_reference="order-43"),
        # An invoice may have the number of another order.
        await bench.change(
            TransactionCanceledV1, checkout="2" * 24, external_reference="order-44", invoice_number="order-42"
        ),
        await other_site.change(TransactionCanceledV1, checkout="3" * 24),
    ]

    for delivery_id in delivery_ids:
        await until(bench, delivery_id, "delivered")


async def test_money_of_another_checkout_of_a_paid_order_is_notified(bench: Bench) -> None:
    await pay(bench)
    twice = await bench.change(TransactionSucceededV1, transaction="d" * 24, checkout=ABANDONED, sequence=2)
    await until(bench, twice, "delivered")
    refunded = await bench.change(TransactionRefundedV1, transaction="d" * 24, checkout=ABANDONED, sequence=3)
    await until(bench, refunded, "delivered")

    assert [request.json["status"] for request in bench.merchant.requests] == [1, 1, 3]


async def test_what_stood_behind_a_superseded_one_goes_on(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    canceled = await bench.change(TransactionCanceledV1, checkout=ABANDONED, transaction="1" * 24)
    await until(bench, canceled, "waiting")
    behind = await bench.change(TransactionRefundedV1, checkout=ABANDONED, transaction="2" * 24)
    await until(bench, behind, "blocked")

    await pay(bench)

    await until(bench, behind, "delivered")
    assert (await until(bench, canceled, "superseded"))["attempts"] != []


async def test_more_siblings_than_one_transaction_takes_are_all_superseded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipn.use_cases.settle_siblings.SIBLINGS_MAX", 2)
    bench.merchant.answers["/ipn"] = [web.Response(status=500) for _ in range(5)]
    waiting = [await bench.change(TransactionFailedV1, checkout=new_object_id()) for _ in range(5)]
    for delivery_id in waiting:
        await until(bench, delivery_id, "waiting")

    await pay(bench)

    for delivery_id in waiting:
        await until(bench, delivery_id, "superseded")


async def test_what_is_sent_again_by_hand_is_sent(bench: Bench) -> None:
    await pay(bench)
    late = await bench.change(TransactionCanceledV1, checkout=ABANDONED)
    await until(bench, late, "superseded")

    await bench.runtime.rpc.call(RESEND, DeliveryRef(delivery_id=late), actor=bench.actor("transaction:execute"))

    await until(bench, late, "delivered")


async def test_a_payment_that_is_written_while_a_sibling_is_planned_is_seen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payment looks for open siblings before this one is committed."""
    seen, committed = asyncio.Event(), asyncio.Event()

    async def paused(delivery: Delivery, **ports: Any) -> bool:
        if delivery.orders:
            committed.set()
            await seen.wait()
        return await is_pointless(delivery, **ports)

    async def nothing_open(*_: Any, **__: Any) -> list[Sibling]:
        return []

    monkeypatch.setattr("ipn.app.is_pointless", paused)
    monkeypatch.setattr(KernelDeliveryStore, "open_of_orders", nothing_open)
    canceled = await bench.change(TransactionCanceledV1, checkout=ABANDONED)
    await committed.wait()
    await pay(bench)
    seen.set()

    await until(bench, canceled, "superseded")
    assert await reason_of(bench, canceled) == "reference_paid"
    assert bench.merchant.at("/ipn") == []


async def test_a_delivery_that_is_redriven_after_the_payment_is_superseded(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    canceled = await bench.change(TransactionCanceledV1, checkout=ABANDONED)
    row = await until(bench, canceled, "waiting")
    past = datetime.now(UTC) - timedelta(seconds=1)
    await bench.deliveries.update_one({"_id": canceled}, {"$set": {"body": row["url"], "next_attempt_at": past}})
    await until(bench, canceled, "set_aside")
    await pay(bench)
    await bench.deliveries.update_one({"_id": canceled}, {"$set": {"body": row["body"]}})

    letters = DeadLetters(bench.client.jetstream(timeout=60), bench.runtime.rpc)
    [letter] = [letter async for letter in letters.all("svc-ipn") if letter.reference == canceled]
    await letters.redrive(letter)

    await until(bench, canceled, "superseded")
    assert await reason_of(bench, canceled) == "reference_paid"
