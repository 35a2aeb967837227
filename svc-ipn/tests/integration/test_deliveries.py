"""From an event of svc-transaction to the merchant."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from ipn_bench import Bench
from standardwebhooks.webhooks import Webhook

from gateway_contracts.errors import Forbidden, NotFound
from gateway_contracts.events.dispute import DisputeClosedV1, DisputeOpenedV1
from gateway_contracts.events.transaction import (
    TransactionCanceledV1,
    TransactionFailedV1,
    TransactionInitiatedV1,
    TransactionRefundedV1,
    TransactionRestoredV1,
    TransactionSubmittedV1,
    TransactionSucceededV1,
)
from gateway_contracts.requests.ipn import GET_DELIVERY, LIST_DELIVERIES, RESEND, SIGN, DeliveryQuery, DeliveryRef
from gateway_kit.crypto.signing import new_webhook_secret, x_signature
from gateway_testkit.waiting import eventually
from ipn.domain import schedule

pytestmark = pytest.mark.integration


async def state_of(bench: Bench, delivery_id: str) -> str | None:
    row = await bench.deliveries.find_one({"_id": delivery_id})
    return row and row["state"]


async def until(bench: Bench, delivery_id: str, state: str) -> Any:
    async def reached() -> Any:
        row = await bench.deliveries.find_one({"_id": delivery_id})
        return row if row and row["state"] == state else None

    return await eventually(reached)


async def until_waiting(bench: Bench, delivery_id: str, attempts: int) -> None:
    async def reached() -> bool:
        row = await bench.deliveries.find_one({"_id": delivery_id})
        return row is not None and row["state"] == "waiting" and len(row["attempts"]) == attempts

    await eventually(reached)


async def make_due(bench: Bench, delivery_id: str) -> None:
    """Time passes for one delivery."""
    await bench.deliveries.update_one(
        {"_id": delivery_id, "state": "waiting"},
        {"$set": {"next_attempt_at": datetime.now(UTC) - timedelta(seconds=1)}},
    )


def hold_the_first_answer(bench: Bench) -> tuple[asyncio.Event, asyncio.Event]:
    """The merchant has the request when the first is set, and answers when the test sets the second."""
    reached, release = asyncio.Event(), asyncio.Event()

    async def slow() -> web.Response:
        reached.set()
        await release.wait()
        return web.Response()

    bench.merchant.answers["/ipn"] = [slow]
    return reached, release


async def test_a_success_reaches_the_merchant_signed_in_both_ways(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1, transaction="a" * 24)

    row = await until(bench, delivery_id, "delivered")
    [request] = bench.merchant.requests

    assert json.loads(request.body) == {"id": "a" * 24, "externalReference": "order-42", "status": 1}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == delivery_id
    Webhook(bench.secret).verify(request.body, request.headers)
    timestamp = request.headers["x-signature-timestamp"]
    assert request.headers["x-signature-hmac-sha256"] == x_signature(bench.secret, timestamp, request.body)
    assert request.headers["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"
    assert "x-ipn-version" not in request.headers
    assert [attempt["http_status"] for attempt in row["attempts"]] == [200]


async def test_the_url_is_not_stored_in_clear(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1)

    row = await until(bench, delivery_id, "delivered")

    assert "127.0.0.1" not in str(row)


async def test_version_2_carries_its_envelope_and_headers(bench: Bench) -> None:
    await bench.put_site(ipn_version=2)
    await eventually(lambda: bench.runtime.config.site(bench.site_id).ipn_version == 2)

    delivery_id = await bench.change(TransactionSucceededV1, sequence=7)
    row = await until(bench, delivery_id, "delivered")

    [request] = bench.merchant.requests
    assert request.json["sessionPublicId"] == "cs_public"
    assert "cs_public" not in str(row)
    assert request.json["deliveryId"] == delivery_id == request.headers["x-ipn-delivery-id"]
    assert request.json["schemaVersion"] == 2
    assert request.json["eventVersion"] == 7
    assert request.headers["x-ipn-version"] == "2"
    Webhook(bench.secret).verify(request.body, request.headers)


async def test_during_rotation_both_secrets_verify(bench: Bench) -> None:
    newer = new_webhook_secret()
    await bench.put_site(secrets_in_use=[newer, bench.secret])
    await eventually(lambda: len(bench.runtime.config.site(bench.site_id).ipn_secrets["test"]) == 2)

    await until(bench, await bench.change(TransactionSucceededV1), "delivered")

    [request] = bench.merchant.requests
    Webhook(newer).verify(request.body, request.headers)
    Webhook(bench.secret).verify(request.body, request.headers)


async def test_no_notification_without_a_url_or_for_an_initiated_transaction(bench: Bench) -> None:
    await bench.change(TransactionSucceededV1, path=None, checkout="1" * 24)
    await bench.change(TransactionInitiatedV1, checkout="2" * 24)
    await bench.change(TransactionSucceededV1, checkout="3" * 24, manual=True, dispatch_ipn=False)
    # Planned behind them, in the same queue.
    last = await bench.change(TransactionFailedV1, path="/last", checkout="4" * 24, external_reference="order-43")

    await until(bench, last, "delivered")

    assert [request.path for request in bench.merchant.requests] == ["/last"]


async def test_a_hundred_copies_of_one_event_make_one_delivery(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1, copies=100)
    await until(bench, delivery_id, "delivered")
    last = await bench.change(TransactionSucceededV1, path="/last", checkout="d" * 24)
    await until(bench, last, "delivered")

    async def acknowledged() -> bool:
        info = await bench.client.jetstream().consumer_info("TRANSACTIONS", "ipn-on-transactions")
        return not info.num_pending and not info.num_ack_pending

    await eventually(acknowledged)
    assert len(bench.merchant.at("/ipn")) == 1
    assert await bench.deliveries.count_documents({}) == 2


async def test_a_failed_attempt_is_repeated_with_the_same_id_and_body_and_a_fresh_signature(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=500), web.Response(status=302, headers={"Location": "/x"})]
    delivery_id = await bench.change(TransactionSucceededV1)

    for number in (1, 2):
        await until_waiting(bench, delivery_id, attempts=number)
        await make_due(bench, delivery_id)
    row = await until(bench, delivery_id, "delivered")

    first, second, third = bench.merchant.requests
    assert {request.path for request in bench.merchant.requests} == {"/ipn"}
    assert first.body == second.body == third.body
    assert first.headers["webhook-id"] == third.headers["webhook-id"] == delivery_id
    Webhook(bench.secret).verify(third.body, third.headers)
    assert [attempt["http_status"] for attempt in row["attempts"]] == [500, 302, 200]


async def test_the_second_attempt_is_due_when_the_schedule_says(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    delivery_id = await bench.change(TransactionSucceededV1)

    row = await until(bench, delivery_id, "waiting")
    seen_at = datetime.now(UTC)

    first = schedule.DELAYS[0]
    share = schedule.JITTER * first
    assert row["attempts"][0]["at"] + first - share <= row["next_attempt_at"] <= seen_at + first + share


async def test_410_ends_the_delivery(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=410)]
    delivery_id = await bench.change(TransactionSucceededV1)

    await until(bench, delivery_id, "exhausted")


async def test_retry_after_is_obeyed(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=503, headers={"Retry-After": "600"})]
    delivery_id = await bench.change(TransactionSucceededV1)

    row = await until(bench, delivery_id, "waiting")

    assert (row["next_attempt_at"] - row["attempts"][0]["at"]).total_seconds() >= 600


async def test_the_status_is_the_receipt_whatever_becomes_of_the_body(bench: Bench) -> None:
    """A receiver that answers and then works on with the connection open."""
    over = asyncio.Event()

    async def works_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        await over.wait()
        writer.close()

    server = await asyncio.start_server(works_on, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    delivery_id = await bench.change(TransactionSucceededV1, transaction="a" * 24, base=base)
    row = await until(bench, delivery_id, "delivered")
    over.set()
    server.close()

    [attempt] = row["attempts"]
    assert (attempt["http_status"], attempt["error"], attempt["body_fault"]) == (200, None, "timeout")
    asked = DeliveryQuery(transaction_id="a" * 24)
    page = await bench.runtime.rpc.call(LIST_DELIVERIES, asked, actor=bench.actor("transaction:read"))
    assert page.deliveries[0].attempts[0].body_fault == "timeout"


async def test_a_silent_receiver_is_a_failed_attempt(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1, base="http://127.0.0.1:1", path="/")

    row = await until(bench, delivery_id, "waiting")

    assert row["attempts"][0]["error"] == "not_connected"


async def test_the_notifications_of_a_checkout_leave_one_at_a_time(bench: Bench) -> None:
    reached, release = hold_the_first_answer(bench)
    pending = await bench.change(TransactionSubmittedV1, transaction="a" * 24, sequence=2)
    await reached.wait()
    success = await bench.change(TransactionSucceededV1, transaction="a" * 24, sequence=3)
    await until(bench, success, "blocked")
    release.set()
    await until(bench, success, "delivered")

    assert await state_of(bench, pending) == "delivered"
    assert [request.json["status"] for request in bench.merchant.requests] == [0, 1]


async def test_a_success_that_comes_first_needs_no_queue_beside_it(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1)

    row = await until(bench, delivery_id, "delivered")

    assert row["opens"] == row["lane"]
    assert await bench.database.db["lanes"].count_documents({}) == 0


async def test_what_follows_a_success_on_its_way_waits_for_it(bench: Bench) -> None:
    """The first delivery stands alone while it is sent; the next change takes it into the queue meanwhile."""
    reached, release = hold_the_first_answer(bench)
    success = await bench.change(TransactionSucceededV1, transaction="a" * 24, sequence=3)
    await reached.wait()
    refunded = await bench.change(TransactionRefundedV1, transaction="a" * 24, sequence=4)
    await until(bench, refunded, "blocked")
    release.set()
    await until(bench, refunded, "delivered")

    row = await until(bench, success, "delivered")
    assert len(row["attempts"]) == 1
    assert [request.json["status"] for request in bench.merchant.requests] == [1, 3]
    queue = await bench.database.db["lanes"].find_one({"_id": row["lane"]})
    assert queue["open"] == []


async def test_a_success_that_waits_for_its_next_attempt_is_superseded_by_what_follows(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    success = await bench.change(TransactionSucceededV1, transaction="a" * 24, sequence=3)
    await until(bench, success, "waiting")

    refunded = await bench.change(TransactionRefundedV1, transaction="a" * 24, sequence=4)
    await until(bench, refunded, "delivered")

    assert await state_of(bench, success) == "superseded"


async def test_a_success_after_a_quiet_change_is_notified_and_joins_its_queue(bench: Bench) -> None:
    await bench.change(TransactionCanceledV1, transaction="a" * 24, sequence=2, dispatch_ipn=False)
    await eventually(lambda: bench.database.db["lanes"].count_documents({"versions": {"a" * 24: 2}}))
    success = await bench.change(TransactionSucceededV1, transaction="b" * 24, sequence=2)
    await until(bench, success, "delivered")
    canceled = await bench.change(TransactionCanceledV1, transaction="c" * 24, sequence=2)
    last = await bench.change(TransactionRefundedV1, transaction="b" * 24, sequence=3)
    await until(bench, last, "delivered")

    assert await state_of(bench, canceled) is None
    queue = await bench.database.db["lanes"].find_one({})
    assert queue["versions"] == {"a" * 24: 2, "b" * 24: 3, "c" * 24: 2}
    assert queue["paid_by"] == "b" * 24


async def test_a_late_success_after_a_quiet_change_is_notified(bench: Bench) -> None:
    await bench.change(TransactionCanceledV1, transaction="a" * 24, sequence=4, dispatch_ipn=False)
    await eventually(lambda: bench.database.db["lanes"].count_documents({"versions": {"a" * 24: 4}}))

    await until(bench, await bench.change(TransactionSucceededV1, transaction="a" * 24, sequence=3), "delivered")


async def test_a_newer_status_supersedes_one_that_waits_for_its_next_attempt(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    pending = await bench.change(TransactionSubmittedV1, transaction="a" * 24, sequence=2)
    await until(bench, pending, "waiting")

    success = await bench.change(TransactionSucceededV1, transaction="a" * 24, sequence=3)
    await until(bench, success, "delivered")

    assert await state_of(bench, pending) == "superseded"
    assert [request.json["status"] for request in bench.merchant.requests] == [0, 1]


async def test_after_a_success_a_late_cancellation_of_another_attempt_is_not_notified(bench: Bench) -> None:
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]
    failed = await bench.change(TransactionFailedV1, transaction="a" * 24)
    await until(bench, failed, "waiting")
    success = await bench.change(TransactionSucceededV1, transaction="b" * 24)
    await until(bench, success, "delivered")
    canceled = await bench.change(TransactionCanceledV1, transaction="c" * 24)
    last = await bench.change(TransactionFailedV1, path="/last", checkout="d" * 24, external_reference="order-43")
    await until(bench, last, "delivered")

    assert await state_of(bench, failed) == "superseded"
    assert await state_of(bench, canceled) is None


async def test_a_dispute_is_notified_between_the_changes_of_its_transaction(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No service answers here that has credit notes.
    monkeypatch.setattr("ipn.use_cases.find_credit_note.PATIENCE", timedelta(0))
    paid = await bench.change(TransactionSucceededV1, transaction="a" * 24, sequence=3)
    await until(bench, paid, "delivered")
    dispute: dict[str, Any] = {
        "dispute_id": "d" * 24,
        "kind": "chargeback",
        "transaction_status": "succeeded",
        "funds_withdrawn": True,
    }
    for kind, status, sequence in ((DisputeOpenedV1, "open", 4), (DisputeClosedV1, "lost", 6)):
        fields: dict[str, Any] = {**dispute, "status": status, "transaction_sequence": sequence}
        delivery_id = await bench.change(kind, transaction="a" * 24, sequence=1, **fields)
        await until(bench, delivery_id, "delivered")
    quiet: dict[str, Any] = {**dispute, "status": "won", "transaction_sequence": 7, "dispatch_ipn": False}
    unheard = await bench.change(DisputeClosedV1, transaction="a" * 24, sequence=4, **quiet)
    restored = await bench.change(TransactionRestoredV1, transaction="a" * 24, sequence=8)
    await until(bench, restored, "delivered")

    assert await state_of(bench, unheard) is None
    bodies = [request.json for request in bench.merchant.requests]
    assert [body["status"] for body in bodies] == [1, 4, 4, 1]
    assert [body.get("disputeStatus") for body in bodies] == [None, "open", "lost", None]


async def test_outcomes_are_published(bench: Bench) -> None:
    bench.merchant.answers["/gone"] = [web.Response(status=410)]
    delivered = await bench.change(TransactionSucceededV1)
    gone = await bench.change(TransactionSucceededV1, path="/gone", checkout="d" * 24)
    await until(bench, delivered, "delivered")
    await until(bench, gone, "exhausted")

    async def published() -> dict[str, str]:
        rows = await bench.database.db["outbox"].find({"state": "sent"}).to_list()
        found = {row["entity_id"]: row["body"]["type"] for row in rows}
        return found if len(found) == 2 else {}

    assert await eventually(published) == {delivered: "ipn.delivered.v1", gone: "ipn.exhausted.v1"}


async def test_a_slow_merchant_does_not_slow_another(stopped: Bench) -> None:
    never = asyncio.Event()

    async def hang() -> web.Response:
        await never.wait()
        return web.Response()

    stopped.merchant.answers["/slow"] = [hang] * 200
    # Another name for the same machine, so that it counts as another receiver.
    slow = stopped.merchant.url.replace("127.0.0.1", "slow.localhost")
    # More for the slow one than there are places in all, and twice as many places as one receiver gets.
    async with stopped.start(ipn_concurrency=32):
        try:
            for number in range(60):
                await stopped.change(TransactionSucceededV1, base=slow, path="/slow", checkout=f"{number:024x}")
            await eventually(lambda: len(stopped.merchant.at("/slow")) >= 16)
            quick = await stopped.change(TransactionSucceededV1, path="/quick", checkout="f" * 24)

            await until(stopped, quick, "delivered")

            assert len(stopped.merchant.at("/slow")) == 16
        finally:
            never.set()


async def test_what_a_killed_process_had_under_way_is_sent_again_under_the_same_id(stopped: Bench) -> None:
    async with stopped.start():
        delivery_id = await stopped.change(TransactionSucceededV1)
        await until(stopped, delivery_id, "delivered")
    # As it would look, had the process died between the merchant's answer and the record of it.
    await stopped.deliveries.update_one(
        {"_id": delivery_id},
        {"$set": {"state": "sending", "claim": "dead", "lease_until": datetime.now(UTC), "attempts": []}},
    )

    async with stopped.start():
        await until(stopped, delivery_id, "delivered")

    first, second = stopped.merchant.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_deliveries_are_listed_inside_their_tenant(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1, transaction="a" * 24)
    await until(bench, delivery_id, "delivered")
    ask = bench.runtime.rpc.call

    page = await ask(LIST_DELIVERIES, DeliveryQuery(transaction_id="a" * 24), actor=bench.actor("transaction:read"))
    stranger = bench.actor("transaction:read").model_copy(update={"organization_id": "f" * 24})
    other = await ask(LIST_DELIVERIES, DeliveryQuery(), actor=stranger)

    assert page.total == 1
    assert page.deliveries[0].state == "delivered"
    assert page.deliveries[0].url == bench.merchant.url + "/ipn"
    assert [attempt.http_status for attempt in page.deliveries[0].attempts] == [200]
    assert other.total == 0
    with pytest.raises(Forbidden):
        await ask(LIST_DELIVERIES, DeliveryQuery(), actor=bench.actor("invoice:read"))


async def test_deliveries_are_found_by_their_receiver(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1)
    await until(bench, delivery_id, "delivered")
    host = bench.merchant.url.removeprefix("http://")

    async def found(receiver: str) -> list[tuple[str, str | None]]:
        asked = DeliveryQuery(receiver=receiver)
        page = await bench.runtime.rpc.call(LIST_DELIVERIES, asked, actor=bench.actor("transaction:read"))
        return [(one.id, one.site_id) for one in page.deliveries]

    assert await found(host) == await found(bench.merchant.url + "/other") == [(delivery_id, bench.site_id)]
    assert await found("127.0.0.1") == await found("no host") == []


async def test_a_delivery_is_sent_again_on_request(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1)
    await until(bench, delivery_id, "delivered")
    actor = bench.actor("transaction:execute")

    for _ in range(2):  # the same operation twice is one more attempt, not two
        record = await bench.runtime.rpc.call(
            RESEND, DeliveryRef(delivery_id=delivery_id), actor=actor, operation_id="op-1"
        )
        assert record.id == delivery_id
        await eventually(lambda: len(bench.merchant.requests) == 2)
        await until(bench, delivery_id, "delivered")

    first, second = bench.merchant.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    Webhook(bench.secret).verify(second.body, second.headers)
    stranger = actor.model_copy(update={"organization_id": "f" * 24})
    with pytest.raises(NotFound):
        await bench.runtime.rpc.call(RESEND, DeliveryRef(delivery_id=delivery_id), actor=stranger)


async def test_a_resend_that_fails_leaves_the_delivery_as_it_was(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1)
    await until(bench, delivery_id, "delivered")
    bench.merchant.answers["/ipn"] = [web.Response(status=500)]

    await bench.runtime.rpc.call(RESEND, DeliveryRef(delivery_id=delivery_id), actor=bench.actor("transaction:execute"))

    async def recorded() -> bool:
        row = await bench.deliveries.find_one({"_id": delivery_id})
        return row["state"] == "delivered" and len(row["attempts"]) == 2

    await eventually(recorded)


async def test_a_notification_is_signed_for_a_receiver_of_its_owner(bench: Bench) -> None:
    await bench.put_site(ipn_version=2)
    bench.merchant.answers["/ipn"] = [web.Response(status=410)]
    delivery_id = await bench.change(TransactionSucceededV1)
    await until(bench, delivery_id, "exhausted")
    before = await bench.deliveries.find_one({"_id": delivery_id})
    ask, ref = bench.runtime.rpc.call, DeliveryRef(delivery_id=delivery_id)

    signed = await ask(SIGN, ref, actor=bench.actor("transaction:execute"))

    [sent] = bench.merchant.requests
    assert (signed.delivery_id, signed.body.encode()) == (delivery_id, sent.body)
    assert {name.lower() for name in signed.headers} == set(sent.headers) & {name.lower() for name in signed.headers}
    assert signed.headers["X-IPN-Delivery-ID"] == delivery_id
    Webhook(bench.secret).verify(signed.body, {name.lower(): value for name, value in signed.headers.items()})
    # It was no attempt.
    assert await bench.deliveries.find_one({"_id": delivery_id}) == before
    assert len(bench.merchant.requests) == 1
    with pytest.raises(Forbidden):
        await ask(SIGN, ref, actor=bench.actor("transaction:read"))
    stranger = bench.actor("transaction:execute").model_copy(update={"organization_id": "f" * 24})
    live = bench.actor("transaction:execute").model_copy(update={"livemode": True})
    for actor in (stranger, live):
        with pytest.raises(NotFound):
            await ask(SIGN, ref, actor=actor)


async def test_one_notification_is_read_by_its_owner_alone(bench: Bench) -> None:
    delivery_id = await bench.change(TransactionSucceededV1)
    await until(bench, delivery_id, "delivered")
    ask, ref, reader = bench.runtime.rpc.call, DeliveryRef(delivery_id=delivery_id), bench.actor("transaction:read")

    found = await ask(GET_DELIVERY, ref, actor=reader)

    [listed] = (await ask(LIST_DELIVERIES, DeliveryQuery(), actor=reader)).deliveries
    assert found.model_dump(exclude={"attempts"}) == listed.model_dump(exclude={"attempts"})
    assert [attempt.http_status for attempt in found.attempts] == [200]
    with pytest.raises(Forbidden):
        await ask(GET_DELIVERY, ref, actor=bench.actor("invoice:read"))
    for changes in ({"organization_id": "f" * 24}, {"livemode": True}, {"site_id": "f" * 24}):
        with pytest.raises(NotFound):
            await ask(GET_DELIVERY, ref, actor=reader.model_copy(update=changes))
