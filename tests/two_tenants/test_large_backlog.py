"""A large backlog of one merchant, all of it sound: another merchant's webhook that came last does not wait for the
rest."""

import secrets
from typing import Any

import pytest

from gateway_testkit.backlog import all_of, info_of, is_served
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Payment, Two
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

INSTALLATION: dict[str, Any] = {}

PROVIDER_EVENTS = "transaction-on-provider-events"
BACKLOG = 1_200
# What the service may have in its hands before it sees a message of another tenant.
BEFORE_MAX = 800


async def test_b_overtakes_the_backlog_of_a(two: Two, installation: Installation) -> None:
    payment = await two.b.begin()
    await installation.stop("svc-transaction")
    statuses = await all_of(range(BACKLOG), lambda _: _of_another_system(two), at_once=32)
    assert set(statuses) == {200}
    await two.b.confirm(payment)

    await installation.start("svc-transaction")

    await is_served(two.b, payment)
    handled_at = await handling_of(installation, payment)

    async def is_through() -> bool:
        info = await info_of(installation, PROVIDER_EVENTS)
        backlog = await installation.database("svc-transaction")["backlog"].count_documents({})
        return info.num_pending == 0 and info.num_ack_pending == 0 and backlog == 0

    await eventually(is_through)
    inbox = installation.database("svc-transaction")["inbox"]
    mine = {"_id": {"$regex": f"^{PROVIDER_EVENTS}:"}}
    assert await inbox.count_documents(mine) == BACKLOG + 1
    assert await inbox.count_documents(mine | {"handled_at": {"$lt": handled_at}}) <= BEFORE_MAX


async def _of_another_system(two: Two) -> int:
    """A genuine webhook about a payment that A's other shop took with the same account."""
    intent = {
        "id": f"pi_{secrets.token_hex(8)}",
        "object": "payment_intent",
        "status": "succeeded",
        "amount": 4900,
        "amount_received": 4900,
        "currency": "eur",
        "metadata": {},
    }
    return (await two.a.webhook("payment_intent.succeeded", intent)).status_code


async def handling_of(installation: Installation, payment: Payment) -> Any:
    """When the event of this payment was handled."""
    db = installation.database("svc-transaction")
    row = await db["transactions"].find_one({"_id": payment.transaction_id})
    assert row is not None
    [event_id] = {entry["event_id"] for entry in row["timeline"] if entry["to_status"] == "succeeded"}
    handled = await db["inbox"].find_one({"_id": f"{PROVIDER_EVENTS}:{event_id}"})
    assert handled is not None
    return handled["handled_at"]
