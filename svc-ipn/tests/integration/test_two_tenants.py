"""Two merchants of one gateway: what happens to the notifications of one leaves those of the other alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from ipn_bench import Bench
from standardwebhooks.webhooks import Webhook

from gateway_contracts.events.transaction import TransactionFailedV1, TransactionSucceededV1
from gateway_testkit.waiting import eventually
from ipn.adapters.sealer import KeyringSealer
from ipn.domain.delivery import Delivery
from ipn.store.documents import DeliveryDocument

pytestmark = pytest.mark.integration

# Longer than a test may take: nothing gets a place because an attempt of the other merchant was given up.
NEVER_S = 3_600


async def until(bench: Bench, delivery_id: str, state: str) -> Any:
    async def reached() -> Any:
        row = await bench.deliveries.find_one({"_id": delivery_id})
        return row if row and row["state"] == state else None

    return await eventually(reached)


@pytest.fixture
def hanging(stopped: Bench) -> Any:
    """Everything under ``/hang`` is received and never answered while the service runs (`started`)."""

    async def handle() -> web.Response:
        await stopped.merchant.over.wait()
        return web.Response()

    stopped.merchant.answers["/hang"] = [handle] * 5_000
    return stopped


@asynccontextmanager
async def started(bench: Bench, **settings: Any) -> AsyncIterator[None]:
    async with bench.start(ipn_timeout_s=NEVER_S, **settings):
        try:
            yield
        finally:
            # The service waits for its attempts when it ends.
            bench.merchant.over.set()


async def ended(bench: Bench) -> int:
    """Attempts of that merchant that have ended."""
    count = await bench.deliveries.count_documents(
        {"organization_id": bench.organization_id, "attempts": {"$not": {"$size": 0}}}
    )
    return int(count)


def host(bench: Bench, number: int) -> str:
    """Another name of the same receiver: another host, as limits count them."""
    return str(bench.merchant.url.replace("127.0.0.1", f"h{number}.localhost"))


async def test_many_hosts_that_hang_leave_places_for_another_merchant(hanging: Bench) -> None:
    a, b = hanging, await hanging.neighbour()
    async with started(a, ipn_concurrency=16):
        for number in range(60):
            await a.change(TransactionSucceededV1, base=host(a, number), path="/hang", checkout=f"{number:024x}")
        await eventually(lambda: len(a.merchant.at("/hang")) >= 12)

        delivered = await b.change(TransactionSucceededV1, path="/b", checkout="b" * 24)

        await until(b, delivered, "delivered")
        assert await ended(a) == 0
        assert len(a.merchant.at("/hang")) == 12


def overdue(bench: Bench, number: int, *, path: str, base: str, minutes: int) -> Any:
    """The row of a delivery whose time came so long ago."""
    sealer, name = KeyringSealer(bench.keyring), f"dlv_{bench.organization_id}{number}"
    delivery = Delivery(
        id=name,
        organization_id=bench.organization_id,
        site_id=bench.site_id,
        livemode=False,
        lane=name,
        transaction_id="a" * 24,
        ipn_status=1,
        event_version=2,
        dialect=1,
        body=sealer.seal_body(bench.organization_id, name, "{}"),
        url=sealer.seal_url(bench.organization_id, name, base + path),
        target=sealer.target_of(base),
        state="waiting",
        created_at=datetime.now(UTC),
        next_attempt_at=datetime.now(UTC) - timedelta(minutes=minutes),
    )
    return DeliveryDocument.row_of(delivery)


async def test_a_backlog_of_one_merchant_does_not_stand_before_the_retry_of_another(hanging: Bench) -> None:
    a, b = hanging, await hanging.neighbour()
    rows = [overdue(a, n, path="/hang", base=host(a, n), minutes=60) for n in range(2_000)]
    await a.deliveries.insert_many(rows)
    await a.deliveries.insert_one(overdue(b, 1, path="/b", base=a.merchant.url, minutes=1))

    async with started(a):
        await until(b, f"dlv_{b.organization_id}1", "delivered")

        assert await ended(a) == 0
        assert len(a.merchant.at("/hang")) <= 128


async def test_payments_of_a_deleted_site_are_notified_and_delay_no_other(bench: Bench) -> None:
    """A merchant deletes his site and marks its open payments as failed."""
    a, b = bench, await bench.neighbour()
    await a.put_site(deleted=True)
    await eventually(lambda: bench.runtime.config.site(a.site_id) is None)
    names = [
        await a.change(TransactionFailedV1, path="/a", checkout=f"{number:024x}", transaction=f"{number:024x}")
        for number in range(620)
    ]

    delivered = await b.change(TransactionSucceededV1, path="/b", checkout="b" * 24)

    await until(b, delivered, "delivered")
    await eventually(lambda: len(a.merchant.at("/a")) == 620)
    [first] = [request for request in a.merchant.at("/a") if request.headers["webhook-id"] == names[0]]
    Webhook(a.secret).verify(first.body, first.headers)


async def test_changes_of_a_site_that_is_not_known_yet_delay_no_other(bench: Bench) -> None:
    a, b = bench, await bench.neighbour()
    known, a.site_id = a.site_id, "e" * 24
    for number in range(560):
        await a.change(TransactionFailedV1, path="/a", checkout=f"{number:024x}", transaction=f"{number:024x}")

    delivered = await b.change(TransactionSucceededV1, path="/b", checkout="b" * 24)

    await until(b, delivered, "delivered")
    assert a.merchant.at("/a") == []
    a.site_id = known


async def test_a_notification_that_waits_when_its_site_is_deleted_is_still_signed_and_sent(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    delivery_id = await bench.change(TransactionSucceededV1)
    await until(bench, delivery_id, "waiting")
    await bench.put_site(deleted=True)
    await eventually(lambda: bench.runtime.config.site(bench.site_id) is None)

    past = datetime.now(UTC) - timedelta(seconds=1)
    await bench.deliveries.update_one({"_id": delivery_id}, {"$set": {"next_attempt_at": past}})

    await until(bench, delivery_id, "delivered")
    Webhook(bench.secret).verify(bench.merchant.requests[-1].body, bench.merchant.requests[-1].headers)


@pytest.mark.parametrize(
    "value",
    [
        "Thu, 01 Jan 1970 00:00:00 +9999999999999999",
        f"Thu, 01 Jan 2026 00:00:{10**40} GMT",
        f"Thu, {10**40} Jan 2026 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "9" * 400,
        "-" + "9" * 400,
        "NaN",
        "1e400",
    ],
)
async def test_an_absurd_retry_after_neither_loses_the_attempt_nor_the_schedule(bench: Bench, value: str) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=503, headers={"Retry-After": value})]
    delivery_id = await bench.change(TransactionSucceededV1)

    row = await until(bench, delivery_id, "waiting")

    assert [attempt["http_status"] for attempt in row["attempts"]] == [503]
    assert row["next_attempt_at"] - row["attempts"][0]["at"] <= timedelta(hours=24, minutes=1)


async def test_deliveries_of_one_merchant_that_cannot_be_read_leave_the_others_alone(stopped: Bench) -> None:
    """Rows that no longer have the form of a delivery: the sweep of all merchants meets them every second."""
    a, b = stopped, await stopped.neighbour()
    rows = [overdue(a, n, path="/a", base=a.merchant.url, minutes=60) for n in range(40)]
    await a.deliveries.insert_many([{**row, "body": "x"} for row in rows])
    await a.deliveries.insert_one(overdue(b, 1, path="/b", base=a.merchant.url, minutes=1))

    async with a.start():
        await until(b, f"dlv_{b.organization_id}1", "delivered")

        async def set_aside() -> bool:
            return bool(await a.deliveries.count_documents({"state": "set_aside"}) == 40)

        await eventually(set_aside)
    assert a.merchant.at("/a") == []
